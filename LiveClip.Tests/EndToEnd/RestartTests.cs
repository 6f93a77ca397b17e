using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>The server goes down in the middle of a broadcast, killed or stopped, and comes back over the same data.</summary>
public sealed class RestartTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(60);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 5, Gop = 30 };

    [Fact]
    public async Task After_a_kill_the_recording_is_there_and_goes_on_when_the_encoder_returns()
    {
        var source = Small with { Seconds = 20 };
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var publisher = await stream.PublishAsync(source);
        await stream.PlaylistWithAsync(segments: 2);
        var newest = await stream.NewestPictureAsync();
        var before = await stream.PlaylistAsync();

        await server.Process.KillAsync();
        await server.Process.RestartAsync();

        Assert.Equal("disconnected", await stream.StatusAsync());
        await ClipFile.HoldsAsync(await stream.ClipAsync(1, 3.5), source, 1, 3.5);
        var waiting = await stream.PlaylistAsync();
        Assert.False(waiting.Ended);
        Assert.Equal(before.MediaSequence, waiting.MediaSequence);
        Assert.Equal(Addresses(before), Addresses(waiting).Take(before.Segments.Count));
        Assert.InRange(waiting.Recorded.Sum(segment => (double)segment.Duration), newest - 0.1, 20);

        await ComesBackAsync(stream, source, waiting);
    }

    [Fact]
    public async Task A_stop_loses_nothing_that_was_received()
    {
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var publisher = await SilentPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() > 4, Publishing);

        await server.Process.StopAsync();
        await server.Process.RestartAsync();

        Assert.Equal("disconnected", await stream.StatusAsync());
        var waiting = await stream.PlaylistAsync();
        Assert.False(waiting.Ended);
        Assert.Equal(5, waiting.Recorded.Sum(segment => (double)segment.Duration), 0.0015);
        await ClipFile.HoldsAsync(await stream.ClipAsync(3, 5), Small, 3, 5);

        await ComesBackAsync(stream, Small, waiting);
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_a_publish_loses_no_picture_that_was_sent_before_it()
    {
        var source = Small with { Seconds = 60, BFrames = 0 };
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var publisher = await SteppedPublisher.StartAsync(await source.FlvAsync(), stream.Ingest);
        await publisher.SendAsync(pictures: 90);
        await stream.PlaylistWithAsync(segments: 1);
        // Somebody who does not read must not cost the time that the pictures need.
        using var stuck = await SlowViewer.ConnectAsync(server.Process.Http);
        await stuck.AskAsync([(await stream.PlaylistAsync()).Segments[0].Address!], times: 200);

        var rest = SendOneByOneAsync(publisher);
        await Eventually.TrueAsync(() => publisher.Pictures > 110, Publishing);
        var sent = publisher.Pictures;
        await server.Process.StopAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EndsAsync(rest, Publishing));
        await server.Process.RestartAsync();

        var recorded = Assert.Single(await stream.RecordedFramesAsync());
        Assert.InRange(recorded.Count, sent, publisher.Pictures);
        Assert.Equal(Enumerable.Range(0, recorded.Count), recorded);
    }

    [Fact]
    public async Task A_clip_that_was_ready_before_is_ready_after()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(Small);
        var clip = await stream.ClipAsync(1, 3);

        await server.Process.KillAsync();
        await server.Process.RestartAsync();

        Assert.Equal("idle", await stream.StatusAsync());
        Assert.True((await stream.PlaylistAsync()).Ended);
        await ClipFile.HoldsAsync(await stream.ReadyAsync(clip), Small, 1, 3);
    }

    private static async Task SendOneByOneAsync(SteppedPublisher publisher)
    {
        while (true)
        {
            await publisher.SendAsync(pictures: 1);
        }
    }

    /// <summary>The encoder returns: the recording goes on as a new run, later on the timeline by as much as it came later.</summary>
    private static async Task ComesBackAsync(TestStream stream, TestMedia source, HlsPlaylist waiting)
    {
        var returning = Small with { FirstNumber = 5000 };
        await using (var back = await stream.PublishAsync(returning, realTime: false))
        {
            await Eventually.EndsAsync(back.Completion, Publishing);
        }
        var whole = await stream.EndedAsync();

        Assert.Equal(waiting.MediaSequence, whole.MediaSequence);
        Assert.Equal(Addresses(waiting), Addresses(whole).Take(waiting.Segments.Count));
        var discontinuity = Assert.Single(whole.Segments, segment => segment.Discontinuity);
        Assert.Equal(discontinuity, whole.Recorded[waiting.Recorded.Count]);

        var runs = await stream.RecordedFramesAsync();
        Assert.Equal(2, runs.Count);
        var kept = runs[0].TakeWhile((number, i) => number == i).Count();
        Assert.InRange(kept, runs[0].Count - source.BFrames, runs[0].Count);
        Assert.Equal(Enumerable.Range(5000, returning.PictureCount), runs[1]);

        // What was pushed faster than real time may end on the timeline after the next run has arrived: then that one joins its end.
        var arrived = (discontinuity.ProgramDateTime!.Value - whole.Segments[0].ProgramDateTime!.Value).TotalSeconds;
        var end = (double)waiting.Recorded.Sum(segment => segment.Duration);
        var runStart = Math.Max(arrived, end);
        await ClipFile.HoldsAsync(await stream.ClipAsync(runStart + 1.5, runStart + 4), returning, runStart + 1.5, runStart + 4, runStart);
        await AcrossTheGapAsync(stream, source, end, runStart);
    }

    private static IEnumerable<Uri?> Addresses(HlsPlaylist playlist) => playlist.Segments.Select(segment => segment.Address);

    /// <summary>A clip over the gap plays both sides of it and leaves the gap out.</summary>
    private static async Task AcrossTheGapAsync(TestStream stream, TestMedia source, double end, double runStart)
    {
        var clip = await stream.ClipAsync(end - 1, runStart + 1);

        using var folder = new TempFolder();
        var numbers = await DecodedVideo.FrameNumbersAsync(await ClipFile.DownloadAsync(clip, folder));
        var before = numbers.TakeWhile(number => number < 5000).ToList();
        var after = numbers.Skip(before.Count).ToList();
        Assert.Equal((int)Math.Round((end - 1) * 30) / source.Gop * source.Gop, before[0]);
        Assert.InRange(before[^1], (end * 30) - 1 - source.BFrames, (end * 30) + source.BFrames);
        Assert.Equal(Enumerable.Range(5000, after.Count), after);
        Assert.InRange(after.Count, 30, 33);
        Assert.Equal((end - (before[0] / 30.0)) + (after.Count / 30.0), clip.GetProperty("duration").GetDouble(), 0.04);
    }
}
