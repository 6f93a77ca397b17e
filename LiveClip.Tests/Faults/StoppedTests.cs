using System.Diagnostics;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>
/// A process that stands still and goes on, as when its machine was suspended or had no processor left: the server, and the encoder.
/// <c>stopped.sh</c> stops the server for 30 s, too, while the encoder sends more than the network holds.
/// </summary>
public sealed class StoppedTests(LiveServer server) : IClassFixture<LiveServer>
{
    private const int PicturesPerSecond = 30;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("LIVECLIP_LONG") is not null;
    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 60, Gop = 30, BFrames = 0 };

    /// <summary>12 Mbit/s, filled up: in 30 s four times what the buffers of a connection take.</summary>
    private static readonly TestMedia Heavy = Source with
    {
        Seconds = 80,
        X264Params = "nal-hrd=cbr:bitrate=12000:vbv-maxrate=12000:vbv-bufsize=12000",
    };

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(40);

    /// <summary>Within which all goes on.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    /// <summary>What is listed ends that far behind now: a segment, and one that is open.</summary>
    private static readonly TimeSpan Listed = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_server_that_stood_still_has_every_picture_and_the_right_time()
    {
        var media = IsLong ? Heavy : Source;
        await media.FlvAsync();
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        var began = DateTimeOffset.UtcNow;
        await using var publisher = await stream.PublishAsync(media);
        await stream.PlaylistWithAsync(segments: 1);
        foreach (var seconds in IsLong ? (int[])[2, 10, 30] : [2, 10])
        {
            server.Process.Freeze();
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
            }
            finally
            {
                server.Process.Continue();
            }

            await IsUpToDateAsync(stream);
            Assert.False(publisher.Completion.IsCompleted);
        }

        // ffmpeg forgets its goodbye when it is stopped while it still sends what it could not.
        await HasAsync(stream, DateTimeOffset.UtcNow + TimeSpan.FromSeconds(2));
        await publisher.StopAsync();
        var playlist = await stream.EndedAsync();
        ListedTime.IsContinuous(playlist);
        Assert.InRange(playlist.Segments[0].ProgramDateTime!.Value, began, began + TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(playlist.Segments, segment => segment.Gap || segment.Discontinuity);

        var pictures = Assert.Single(await stream.RecordedFramesAsync());
        AreAll(pictures);
        Assert.InRange(pictures.Count, (IsLong ? 42 : 12) * PicturesPerSecond, int.MaxValue);
    }

    [Fact]
    public async Task An_encoder_that_stood_still_goes_on_where_it_was_or_behind_a_gap()
    {
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var encoder = await stream.PublishAsync(Source);
        await stream.PlaylistWithAsync(segments: 1);
        encoder.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        encoder.Continue();
        await IsUpToDateAsync(stream);

        encoder.Freeze();
        var frozen = Stopwatch.GetTimestamp();
        await stream.BecomesAsync("disconnected");
        Assert.InRange(Stopwatch.GetElapsedTime(frozen).TotalSeconds, 5, 15);
        var before = await stream.PlaylistAsync("?dvrMode=true");
        encoder.Continue();
        await Eventually.EndsAsync(encoder.Completion, Bound);

        await using var returned = await stream.PublishAsync(Source);
        await IsUpToDateAsync(stream);
        await returned.StopAsync();
        var playlist = await stream.EndedAsync();
        ListedTime.IsContinuous(playlist);
        Assert.Equal(before.Recorded.Select(segment => segment with { Parts = [] }), playlist.Recorded.Take(before.Recorded.Count));
        Assert.Single(playlist.Segments, segment => segment.Discontinuity);
        Assert.InRange(
            playlist.Segments.Where(segment => segment.Gap).Sum(segment => segment.Duration), 8, 40);

        var runs = await stream.RecordedFramesAsync();
        Assert.Equal(2, runs.Count);
        Assert.All(runs, AreAll);
        Assert.InRange(runs[0].Count - (double)before.Recorded.Sum(segment => segment.Duration) * PicturesPerSecond, -2, 2);
    }

    private static void AreAll(IReadOnlyList<int> pictures) => Assert.Equal(Enumerable.Range(0, pictures.Count), pictures);

    private static async Task IsUpToDateAsync(TestStream stream)
    {
        await Eventually.TrueAsync(async () => await stream.StatusAsync() == "active", Soon, "the encoder");
        await Eventually.TrueAsync(
            async () => ListedTime.End(await stream.PlaylistAsync()) > DateTimeOffset.UtcNow - Listed, Soon, "what the encoder sends now");
    }

    private static Task HasAsync(TestStream stream, DateTimeOffset moment) => Eventually.TrueAsync(
        async () => ListedTime.End(await stream.PlaylistAsync()) > moment, Soon, "what the encoder has sent since");
}
