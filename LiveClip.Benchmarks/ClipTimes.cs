using System.Diagnostics;
using System.Globalization;

namespace LiveClip.Benchmarks;

/// <summary>
/// How long it takes to cut 30 s out of a recording: what has to be encoded decides, so there is a row for each of its kinds, at random
/// places, and one for what ffmpeg does with a file of the same media.
/// </summary>
internal sealed class ClipTimes(LiveClipApi api, int minutes, int rounds, int serverId)
{
    private const int Seconds = 30;
    private const int FramesPerSecond = 30;
    private const int Gop = 60;
    private const int ExactRounds = 3;
    private const int PlaylistRounds = 200;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    // The same places each time.
    private readonly Random _random = new(4);
    private string _streamId = "";
    private string _playlist = "";
    private long _mostMemory;

    /// <summary>Publishes so much media as fast as the server takes it, and waits until all of it can be clipped.</summary>
    public async Task RecordAsync(Uri rtmp, MediaLoop media)
    {
        (_streamId, var key) = await api.CreateStreamAsync();
        using var publisher = PublishingSocket.Connect(rtmp, key);
        foreach (var header in media.Headers)
        {
            await SendAsync(publisher, header, 0);
        }

        var length = (minutes * 60_000L) + 10_000;
        for (var round = 0L; round * media.Length < length; round++)
        {
            foreach (var message in media.Media)
            {
                await SendAsync(publisher, message, (uint)((round * media.Length) + message.Timestamp));
            }
        }

        while (await api.TryClipAsync(_streamId, (minutes * 60) - 1, minutes * 60) is null)
        {
            await Task.Delay(Poll);
        }
    }

    public async Task MeasureAsync(string file)
    {
        var output = Path.ChangeExtension(file, "cut.mp4");
        var copied = Median(await TimesAsync(rounds, () => FfmpegAsync(["-c", "copy"], file, output)));
        var exact = Median(await TimesAsync(
            ExactRounds, () => FfmpegAsync(["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "aac"], file, output)));

        // The first of each kind warm up.
        _ = await TimesAsync(rounds / 4, () => ClipAsync(Frame(), Frame()));
        var idle = _mostMemory = ProcessUsage.OwnMemory(serverId);
        Row("nothing to encode", await TimesAsync(rounds, () => ClipAsync(0, 0)), copied, exact);
        Row("random out point", await TimesAsync(rounds, () => ClipAsync(0, Frame())), copied, exact);
        Row("random in and out points", await TimesAsync(rounds, () => ClipAsync(Frame(), Frame())), copied, exact);
        Row("instant playlist, first byte", await TimesAsync(PlaylistRounds, FirstByteAsync), copied, exact);
        Row("`ffmpeg -c copy`, inexact", [copied], copied, exact);
        Row("`ffmpeg`, exact re-encode", [exact], copied, exact);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {minutes} min | most memory above idle, of {3 * rounds} clips | {(_mostMemory - idle) / 1048576.0:F0} MiB | | | |"));
    }

    private static async Task SendAsync(PublishingSocket publisher, ChunkedMessage message, uint timestamp)
    {
        if (publisher.TrySend(message, timestamp))
        {
            return;
        }

        while (!publisher.TryFinish())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    private static async Task<List<double>> TimesAsync(int count, Func<Task<double>> once)
    {
        var times = new List<double>();
        for (var i = 0; i < count; i++)
        {
            times.Add(await once());
        }

        return times;
    }

    private int Frame() => 1 + _random.Next(Gop - 1);

    /// <summary>From the request until the server says that it was ready, in milliseconds; both clocks are this machine's.</summary>
    private async Task<double> ClipAsync(int inFrame, int outFrame)
    {
        var gop = _random.Next((minutes * 60 / 2) - (Seconds / 2) - 2);
        var first = (gop * Gop) + inFrame;
        var last = ((gop + (Seconds / 2)) * Gop) + outFrame - (inFrame > outFrame ? 0 : Gop * Math.Sign(outFrame));
        var asked = DateTimeOffset.UtcNow;
        var clip = await api.TryClipAsync(_streamId, first / (double)FramesPerSecond, last / (double)FramesPerSecond)
            ?? throw new InvalidOperationException("The server refused a clip.");
        var id = clip.GetProperty("clipId").GetString()!;
        _playlist = clip.GetProperty("playlistUrl").GetString()!;
        while (true)
        {
            clip = await api.ClipAsync(id);
            if (clip.GetProperty("readyAt").GetString() is { } ready)
            {
                _mostMemory = Math.Max(_mostMemory, ProcessUsage.OwnMemory(serverId));
                return (DateTimeOffset.Parse(ready, CultureInfo.InvariantCulture) - asked).TotalMilliseconds;
            }

            if (clip.GetProperty("status").GetString() == "failed")
            {
                throw new InvalidOperationException($"A clip failed: {clip.GetProperty("error").GetString()}");
            }

            await Task.Delay(Poll);
        }
    }

    private async Task<double> FirstByteAsync()
    {
        var started = Stopwatch.GetTimestamp();
        await api.FirstByteAsync(_playlist);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task<double> FfmpegAsync(string[] codecs, string file, string output)
    {
        var start = (_random.Next((minutes * 60) - Seconds - 2) + (Frame() / (double)FramesPerSecond)).ToString("F3", CultureInfo.InvariantCulture);
        var started = Stopwatch.GetTimestamp();
        using var ffmpeg = Process.Start(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-ss", start, "-i", file, "-t", $"{Seconds}", .. codecs, "-movflags", "+faststart", "-y", output]);
        await ffmpeg.WaitForExitAsync();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private void Row(string what, List<double> times, double copied, double exact) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {minutes} min | {what} | {Median(times):F1} | {times.Min():F1} … {times.Max():F1} | {Median(times) / copied:F3} | "
        + $"{Median(times) / exact:F4} |"));

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
