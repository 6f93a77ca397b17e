using System.Globalization;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>A real encoder: ffmpeg that publishes a file over RTMP, its coded pictures and sound untouched.</summary>
public sealed class FfmpegPublisher : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    private readonly ChildProcess _ffmpeg;
    private bool _stopped;

    private FfmpegPublisher(ChildProcess ffmpeg)
    {
        _ffmpeg = ffmpeg;
        Completion = CompleteAsync();
    }

    /// <summary>Ends when the whole file is published or the publisher was stopped or killed; fails when ffmpeg ended by itself otherwise.</summary>
    public Task Completion { get; }

    /// <summary>
    /// Publishes to an address such as <c>rtmp://127.0.0.1:1935/live/key</c>: at the pace of the media or as fast as the server takes it;
    /// from the sync sample at or before <paramref name="startAt"/>; once or over and over, with times that go on.
    /// </summary>
    public static async Task<FfmpegPublisher> StartAsync(
        string file, Uri rtmpUrlWithKey, bool realTime = true, TimeSpan? startAt = null, bool loop = false)
    {
        string[] pace = realTime ? ["-re"] : [];
        string[] repeat = loop ? ["-stream_loop", "-1"] : [];
        string[] seek = startAt is { } time ? ["-ss", time.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture)] : [];
        return new FfmpegPublisher(await ChildProcess.StartAsync(
            "ffmpeg",
            [
                "-nostdin", "-hide_banner", "-v", "error", .. pace, .. repeat, .. seek, "-i", file,
                "-c", "copy", "-f", "flv", "-flvflags", "no_duration_filesize", rtmpUrlWithKey.ToString(),
            ]));
    }

    /// <summary>Ends the broadcast as the Stop button of an encoder does: with RTMP's own goodbye.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        _ffmpeg.Interrupt();
        await Eventually.EndsAsync(Completion, StopTimeout, "ffmpeg's publishing after SIGINT");
    }

    /// <summary>Ends it as a crash does: the system closes the connection.</summary>
    public void Kill()
    {
        _stopped = true;
        _ffmpeg.Kill();
    }

    /// <summary>Ends it as a lost network does: nothing comes any more, and the connection still looks alive.</summary>
    public void Freeze()
    {
        _stopped = true;
        _ffmpeg.Freeze();
    }

    /// <summary>Goes on after <see cref="Freeze"/>; whether its connection is still there, it finds out itself.</summary>
    public void Continue() => _ffmpeg.Continue();

    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        await _ffmpeg.DisposeAsync();
    }

    private async Task CompleteAsync()
    {
        var exitCode = await _ffmpeg.Exited;
        Assert.True(exitCode == 0 || _stopped, $"ffmpeg's publishing ended with {exitCode}: {_ffmpeg.Transcript}");
    }
}
