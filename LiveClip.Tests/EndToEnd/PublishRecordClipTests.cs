using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>From a real encoder to a clip's file, with the server as a black box.</summary>
public sealed class PublishRecordClipTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(60);

    /// <summary>Short and small, with sync samples often: for what is about connections and not about pictures.</summary>
    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 12, Gop = 30 };

    [Fact]
    public async Task A_clip_holds_the_same_pictures_on_air_and_afterwards()
    {
        var source = TestMedia.Default;
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await stream.PublishAsync(source);

        var onAir = await stream.ClipAsync(5, 12);
        Assert.Equal("active", await stream.StatusAsync());
        await ClipFile.HoldsAsync(onAir, source, 5, 12);

        await Eventually.EndsAsync(publisher.Completion, Publishing);
        await stream.EndedAsync();
        var afterwards = await stream.ClipAsync(5, 12);
        await ClipFile.HoldsAsync(afterwards, source, 5, 12);
        Assert.Equal(onAir.GetProperty("delivered").ToString(), afterwards.GetProperty("delivered").ToString());
    }

    [Fact]
    public async Task Clips_at_any_place_hold_their_pictures()
    {
        var source = Small with { Seconds = 8, X264Params = "open-gop=1", BFrames = 3 };
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(source);

        foreach (var (start, end) in ((double, double)[])[(0, 0.5), (59 / 30.0, 61 / 30.0), (4, 6), (7.11, 7.16), (7.5, 8)])
        {
            await ClipFile.HoldsAsync(await stream.ClipAsync(start, end), source, start, end);
        }
    }

    [Fact]
    public async Task Stopping_the_encoder_ends_the_recording_at_once()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await stream.PublishAsync(Small);
        Assert.False((await stream.PlaylistWithAsync(segments: 1)).Ended);

        await publisher.StopAsync();

        await Eventually.TrueAsync(async () => (await stream.PlaylistAsync()).Ended, AtOnce);
        Assert.Equal("idle", await stream.StatusAsync());
    }

    [Fact]
    public async Task An_encoder_that_is_lost_may_come_back_into_the_same_recording()
    {
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var lost = await stream.PublishAsync(Small);
        var before = await stream.PlaylistWithAsync(segments: 1);

        lost.Kill();

        await stream.BecomesAsync("disconnected");
        Assert.False((await stream.PlaylistAsync()).Ended);

        await using var back = await stream.PublishAsync(Small with { Seconds = 3, FirstNumber = 5000 }, realTime: false);
        await Eventually.EndsAsync(back.Completion, Publishing);
        var whole = await stream.EndedAsync();
        var discontinuity = Assert.Single(whole.Segments, segment => segment.Discontinuity);
        Assert.Equal(before.MediaSequence, whole.MediaSequence);
        Assert.Equal(before.Segments[0].Address, whole.Segments[0].Address);
        Assert.NotEqual(whole.Segments[0].Map, discontinuity.Map);

        var runs = await stream.RecordedFramesAsync();
        Assert.Equal(2, runs.Count);
        KeepsWhatCame(runs[0]);
        Assert.Equal(Enumerable.Range(5000, 90), runs[1]);
    }

    [Fact]
    public async Task The_newest_publisher_takes_over_from_one_that_is_still_connected()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var first = await stream.PublishAsync(Small);
        await stream.PlaylistWithAsync(segments: 1);

        await using var second = await stream.PublishAsync(Small with { FirstNumber = 5000 });

        await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EndsAsync(first.Completion, AtOnce));
        await Eventually.TrueAsync(async () => (await stream.PlaylistAsync()).Segments.Any(segment => segment.Discontinuity), Publishing);
        Assert.Equal("active", await stream.StatusAsync());
        await second.StopAsync();
        await stream.EndedAsync();
        var runs = await stream.RecordedFramesAsync();
        Assert.Equal(2, runs.Count);
        KeepsWhatCame(runs[0]);
        Assert.InRange(runs[1].Count, 30, 12 * 30);
        Assert.Equal(5000, runs[1][0]);
        KeepsWhatCame([.. runs[1].Select(number => number - 5000)]);
    }

    /// <summary>Where a publish breaks off among B-frames, pictures before its last one never came.</summary>
    private static void KeepsWhatCame(IReadOnlyList<int> numbers)
    {
        var kept = numbers.TakeWhile((number, i) => number == i).Count();
        Assert.InRange(kept, numbers.Count - Small.BFrames, numbers.Count);
        Assert.InRange(numbers[^1], kept - 1, kept + Small.BFrames);
    }

    [Fact]
    public async Task A_stream_without_recording_is_clipped_on_air_and_has_nothing_to_play_afterwards()
    {
        var stream = await TestStream.CreateAsync(server.Process, enableRecording: false);
        await using var publisher = await stream.PublishAsync(Small);
        await ClipFile.HoldsAsync(await stream.ClipAsync(1, 2), Small, 1, 2);

        await publisher.StopAsync();

        await stream.BecomesAsync("idle");
        await Eventually.TrueAsync(async () => await stream.FindPlaylistAsync() is null, AtOnce);
        await ClipFile.HoldsAsync(await stream.ClipAsync(1, 2), Small, 1, 2);
    }
}
