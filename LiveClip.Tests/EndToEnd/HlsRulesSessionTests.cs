using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>
/// A long broadcast as fast as its viewers can follow: encoders that vanish and come back, a gap, a killed server. Every playlist that
/// anybody reads obeys RFC 8216bis, and everything that is listed can be had.
/// </summary>
public sealed class HlsRulesSessionTests(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>
    /// So far the encoder is ahead of the slowest viewer, seconds: with the 6 s whose parts are listed, and a segment that each of them may
    /// have begun with, less than the 12 s that memory holds.
    /// </summary>
    private const double Lead = 4;

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    private static readonly TestMedia Source = new() { Width = 160, Height = 90, FrameRate = (15, 1), Gop = 30, BFrames = 0, Seconds = 16 };

    private readonly TempFolder _data = new();
    private readonly ConcurrentDictionary<Uri, Task> _fetched = new();
    private readonly List<HlsViewer> _viewers = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private Task[] _watching = [];
    private ServerProcess _server = default!;

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartAsync(_data.FullPath);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _data.Dispose();
    }

    private double SeenByAll => _viewers.Min(viewer => viewer.SeenUpTo);

    [Fact]
    public async Task An_hour_with_reconnects_a_gap_and_a_killed_server_breaks_no_rule()
    {
        var asked = Environment.GetEnvironmentVariable("LIVECLIP_HOURS");
        Assert.SkipUnless(asked is not null, "an hour at sixty times its pace takes a machine of its own: hls-session.sh runs it");
        var hours = double.Parse(asked, CultureInfo.InvariantCulture);
        var third = TimeSpan.FromHours(hours / 3);
        var stream = await TestStream.CreateAsync(_server, enableDvrMode: true);
        var started = Stopwatch.GetTimestamp();

        var first = await PublishAsync(stream, TimeSpan.FromSeconds(4));
        await stream.PlaylistWithAsync(segments: 1);
        _viewers.AddRange(Enum.GetValues<HlsViewing>().Select(kind => new HlsViewer(_http, stream.Media, kind, _fetched)));
        _watching = [.. _viewers.Select(viewer => viewer.FollowAsync(TestContext.Current.CancellationToken))];
        // Away until two target durations of a gap are listed.
        await VanishAsync(first, after: 4);
        await WhileWatchingAsync(Eventually.TrueAsync(() => _viewers.All(viewer => viewer.Follower.Known?.Segments.Count(segment => segment.Gap) >= 2), Bound));

        var second = await PublishAsync(stream, third);
        await WhileWatchingAsync(second.Sent);
        await VanishAsync(second, after: SeenByAll);

        // Killed while it records: this one is never sent whole.
        var broken = await PublishAsync(stream, third);
        await WhileWatchingAsync(Eventually.TrueAsync(() => SeenByAll > 1.9 * third.TotalSeconds, Bound));
        await _server.KillAsync();
        await broken.DisposeAsync();
        await _server.RestartAsync();

        var last = await PublishAsync(stream, third * 1.2);
        await WhileWatchingAsync(last.Sent);
        await last.StopAsync();
        await last.DisposeAsync();
        await Eventually.EndsAsync(Task.WhenAll(_watching), Bound);

        foreach (var viewer in _viewers)
        {
            output.WriteLine(
                $"{viewer.Kind}: {viewer.SeenUpTo:F0} s, {viewer.Follower.Readings} playlists, {viewer.Follower.Deltas} delta updates, "
                + $"{viewer.Compared} compared, {viewer.Segments} segments, {viewer.Parts} parts, {viewer.Failures} failures, {viewer.Follower.Faults.Count} faults");
        }

        output.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        var whole = _viewers[0].Follower.Known!;
        Assert.All(_viewers, viewer => Assert.Equal(whole.Text, viewer.Follower.Known!.Text));
        Assert.Equal((true, 0L), (whole.Ended, whole.MediaSequence));
        Assert.True(whole.Segments[^1].DiscontinuityNumber >= 3 && _viewers[0].Compared > 0, whole.Text);
        Assert.All(_viewers, viewer => Assert.InRange(viewer.SeenUpTo, hours * 3600, (double)whole.Length + 1));
        var faults = _viewers.SelectMany(viewer => viewer.Follower.Faults.Select(fault => $"{viewer.Kind}: {fault}"));
        Assert.Empty(faults.Take(10));
    }

    /// <summary>A viewer that fails says why at once.</summary>
    private async Task WhileWatchingAsync(Task task) => await Eventually.EndsAsync(await Task.WhenAny([task, .. _watching]), Bound);

    private async Task<LoopPublisher> PublishAsync(TestStream stream, TimeSpan length)
    {
        var before = _viewers.Count > 0 ? SeenByAll : 0;
        return await LoopPublisher.StartAsync(
            await Source.FlvAsync(), stream.Ingest, TimeSpan.FromSeconds(Source.Seconds), length,
            (time, cancellationToken) => WaitAsync(before + time.TotalSeconds - Lead, cancellationToken));
    }

    private async Task WaitAsync(double seconds, CancellationToken cancellationToken)
    {
        while (_viewers.Count > 0 && SeenByAll < seconds)
        {
            await Task.Delay(1, cancellationToken);
        }
    }

    /// <summary>The encoder is gone as soon as everybody has seen that much.</summary>
    private async Task VanishAsync(LoopPublisher publisher, double after)
    {
        await WhileWatchingAsync(Eventually.TrueAsync(() => SeenByAll >= after - 3, Bound));
        publisher.Reset();
        await publisher.DisposeAsync();
    }
}
