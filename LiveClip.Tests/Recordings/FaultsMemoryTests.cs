using LiveClip.Core.Ingest;
using LiveClip.Core.Live;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Recordings;

/// <summary>What encoders do for very long, or in very large pieces: what the server holds of it is bounded.</summary>
public sealed class FaultsMemoryTests
{
    private static readonly FaultsStream Usual = new() { Bytes = 1_000 };

    [Fact] // R18; without a disk, which would have 1,800 segments to flush
    public void Sound_alone_for_an_hour_is_cut_by_time_and_little_of_it_is_held()
    {
        var time = new ManualTimeProvider();
        var samples = new FlvSamples(() => 1, time, kind => Assert.Fail($"{kind}"));
        var packaged = new PackagedRecording();
        foreach (var message in (Usual with { Pictures = null, Seconds = 3_600 }).Encode())
        {
            if (samples.Read(message.ToRtmp()) is { } sample)
            {
                packaged.Packager.Accept(sample);
            }
        }

        packaged.Packager.CloseRun();
        Assert.Equal(168_750, packaged.Names(AudioTrack.TrackId).Count);
        var segments = packaged.Segments;
        Assert.All(segments, segment => Assert.InRange(segment.Duration, 1, 2.1 * 10 * 90_000));
        // A minute of the hour: six target durations of 10 s, in pieces of 1.9 s or more.
        var most = (LiveWindow.KeptTargetDurations * 10 / 1.9) + 2;
        Assert.InRange(segments.Count(segment => packaged.Window.Find(segment.Number) is not null), 1, most);
    }

    [Fact] // R19
    public async Task Twenty_minutes_without_a_sync_sample_are_recorded_and_little_of_them_is_held()
    {
        var (recorded, held) = await RecordAsync((Usual with { Gop = 1_000_000, Seconds = 1_200 }).Encode());

        Assert.Equal(30_000, recorded.Of(VideoTrack.TrackId).Count());
        Assert.Equal(56_250, recorded.Of(AudioTrack.TrackId).Count());
        Assert.Single(recorded.Timeline.Runs);
        Assert.All(recorded.Timeline.Segments, segment => Assert.InRange(segment.Duration, 1, 2 * 10 * 90_000));
        Assert.InRange(held, 1, LiveWindow.MostBytes);
    }

    [Fact]
    public async Task Pictures_that_never_begin_are_not_held_while_they_are_waited_for()
    {
        var messages = (Usual with { Sound = null, Gop = 1_000_000, Seconds = 1_200 }).Encode();
        messages.RemoveAll(message => message.IsSync);
        var (recorded, held) = await RecordAsync(messages);
        Assert.Empty(recorded.Samples);
        Assert.Equal(0, held);
    }

    [Theory]
    [InlineData(1_000, 1_000)]
    [InlineData(2 << 20, 8)] // 16 MiB
    public void Stamps_that_stand_still_are_not_waited_for_without_bound(int bytes, int pictures)
    {
        var samples = new FlvSamples(() => 1, new ManualTimeProvider(), _ => { });
        var packaged = new PackagedRecording();
        foreach (var message in (Usual with { Sound = null, Bytes = bytes, Seconds = pictures / 25.0 }).Encode())
        {
            Assert.Empty(packaged.Runs);
            if (samples.Read((message with { Stamp = 0 }).ToRtmp()) is { } sample)
            {
                packaged.Packager.Accept(sample);
            }
        }

        Assert.Single(packaged.Runs);
    }

    [Fact] // R20
    public async Task A_stream_of_25_Mbps_with_groups_of_20_s_holds_no_more_than_the_window_may()
    {
        var (recorded, held) = await RecordAsync((Usual with { Bytes = 125_000, Gop = 500, Seconds = 60 }).Encode());

        Assert.Equal(1_500, recorded.Of(VideoTrack.TrackId).Count());
        // And the segment that is open: 10 s of 25 Mbps.
        Assert.InRange(held, 1, LiveWindow.MostBytes + (32 << 20));
    }

    /// <summary>And the most that the live window held on the way.</summary>
    private static async Task<(FaultsRecording Recorded, long Held)> RecordAsync(List<FaultsMessage> messages)
    {
        await using var server = await FaultsServer.StartAsync();
        var encoder = await server.ConnectAsync();
        var held = 0L;
        foreach (var batch in messages.Chunk(1_000))
        {
            await encoder.SendAsync(batch);
            held = Math.Max(held, server.HeldByWindow());
        }

        await encoder.SayGoodbyeAsync();
        Assert.DoesNotContain(server.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
        return (await server.ReadBackAsync(), held);
    }
}
