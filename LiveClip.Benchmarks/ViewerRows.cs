using System.Globalization;

namespace LiveClip.Benchmarks;

/// <summary>One stream in real time: without viewers, with them, and with some of them that stop reading. A row of a table for each.</summary>
internal sealed class ViewerRows(Uri http, int serverId, int warmUp, int seconds)
{
    /// <summary>By then the server has given up whoever reads nothing.</summary>
    private const int SettlingSeconds = 10;

    private readonly PictureTimes _pictures = new();

    public async Task MeasureAsync(Uri rtmp, MediaLoop media, int count, int stopped)
    {
        using var api = new LiveClipApi(http);
        var (_, key, playbackId) = await api.CreatePlayableStreamAsync();
        using var publisher = PublishingSocket.Connect(rtmp, key);
        var load = new IngestLoad(media, [publisher], _pictures);
        load.Start();
        load.Run(TimeSpan.FromSeconds(warmUp));
        var times = new ViewerTimes(_pictures);
        using var viewers = new ViewerLoad(http, playbackId, times);
        Row("none", times, load, viewers);

        var publishing = Publish(load, warmUp + 2);
        viewers.Start(count);
        viewers.Run(() => publishing.IsAlive);
        times.Forget();
        Row($"{count}", times, load, viewers);

        publishing = Publish(load, SettlingSeconds);
        viewers.Stop(stopped);
        viewers.Run(() => publishing.IsAlive);
        times.Forget();
        Row($"{count - stopped}, and {stopped} that stopped reading", times, load, viewers);
    }

    private static Thread Publish(IngestLoad load, int seconds)
    {
        var thread = new Thread(() => load.Run(TimeSpan.FromSeconds(seconds)));
        thread.Start();
        return thread;
    }

    private void Row(string name, ViewerTimes times, IngestLoad load, ViewerLoad viewers)
    {
        IReadOnlyList<double> lags = [];
        var (before, ownBefore) = (ProcessUsage.Read(serverId), Environment.CpuUsage.TotalTime);
        var publishing = new Thread(() => lags = load.Run(TimeSpan.FromSeconds(seconds)));
        publishing.Start();
        viewers.Run(() => publishing.IsAlive);
        var (after, ownAfter) = (ProcessUsage.Read(serverId), Environment.CpuUsage.TotalTime);
        var answers = string.Join(", ", times.Answers.Select(answer => $"{answer.Value} × {answer.Key}"))
            + (times.Broken > 0 ? $", {times.Broken} connections broken" : "");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Figures(times.AfterPicture)} | {Figures(times.AfterFirst)} | {Figures(times.Parts)} | {times.LateParts} | {answers} | "
            + $"{(after.Cpu - before.Cpu).TotalSeconds / seconds * 100:F1} | {after.Memory / 1048576.0:F0} | {Figures(lags)} | "
            + $"{(ownAfter - ownBefore).TotalSeconds / seconds * 100:F0} |"));
    }

    private static string Figures(IReadOnlyList<double> times)
    {
        if (times.Count == 0)
        {
            return "–";
        }

        var sorted = times.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Count / 2]:F1} / {sorted[sorted.Count * 99 / 100]:F1} / {sorted[^1]:F1}");
    }
}
