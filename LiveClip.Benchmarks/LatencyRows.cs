using System.Globalization;

namespace LiveClip.Benchmarks;

/// <summary>How far viewers are behind what an encoder sends. A row of a table for each way of looking at it.</summary>
internal sealed class LatencyRows(Uri rtmp, MediaLoop media, int warmUp, int seconds)
{
    private readonly PictureTimes _pictures = new();

    /// <summary>Until the part that a picture is in is listed: by one viewer who waits for each playlist.</summary>
    public async Task ListedAsync(Uri http)
    {
        using var api = new LiveClipApi(http);
        var (_, key, playbackId) = await api.CreatePlayableStreamAsync();
        using var publisher = PublishingSocket.Connect(rtmp, key);
        var load = new IngestLoad(media, [publisher], _pictures);
        load.Start();
        var times = new ViewerTimes(_pictures);
        using var viewers = new ViewerLoad(http, playbackId, times);
        // A first segment is there after that.
        load.Run(TimeSpan.FromSeconds(5));
        viewers.Start(1);
        Watch(load, viewers, warmUp);
        times.Forget();
        Watch(load, viewers, seconds);
        Row("LiveClip", "listed as a part", times.PicturesListed);
    }

    /// <summary>Until a picture is on a canvas in Chromium, which plays with hls.js.</summary>
    /// <param name="http">LiveClip's; null for a server that takes any name and has its playlists at <paramref name="playlist"/>.</param>
    public async Task ShownAsync(string name, Uri? http, string playlist, string hlsScript, string chromium)
    {
        var key = "stream";
        if (http is not null)
        {
            using var api = new LiveClipApi(http);
            (_, key, var playbackId) = await api.CreatePlayableStreamAsync();
            playlist = new Uri(http, $"/{playbackId}.m3u8").ToString();
        }

        using var publisher = PublishingSocket.Connect(rtmp, key);
        var load = new IngestLoad(media, [publisher], _pictures);
        load.Start();
        load.Run(TimeSpan.FromSeconds(8));
        using var canvas = new CanvasTimes(_pictures, media.Media.Count(message => message.IsPicture), hlsScript);
        canvas.Start(chromium, new Uri(playlist));
        load.Run(TimeSpan.FromSeconds(warmUp));
        canvas.Take();
        load.Run(TimeSpan.FromSeconds(seconds));
        Row(name, "on a canvas in Chromium", canvas.Take());
    }

    private static void Watch(IngestLoad load, ViewerLoad viewers, int seconds)
    {
        var publishing = new Thread(() => load.Run(TimeSpan.FromSeconds(seconds)));
        publishing.Start();
        viewers.Run(() => publishing.IsAlive);
    }

    private static void Row(string name, string what, List<double> times)
    {
        var sorted = times.Order().ToList();
        var figures = sorted.Count == 0
            ? "– | – | – | –"
            : string.Create(CultureInfo.InvariantCulture, $"{At(50):F0} | {At(95):F0} | {At(99):F0} | {sorted[^1]:F0}");
        Console.WriteLine($"| {name} | {what} | {sorted.Count} | {figures} |");

        double At(int percent) => sorted[sorted.Count * percent / 100];
    }
}
