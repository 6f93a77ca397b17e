using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Live;

public class DriftTests
{
    private static readonly SyntheticEncoder Encoder = new() { Fps = 0.5, Gop = 1, Sound = null };

    [Theory]
    [InlineData(500)]
    [InlineData(-500)]
    [InlineData(20)]
    [InlineData(0)]
    public void After_a_day_the_wall_clock_of_each_picture_is_that_of_its_arrival(int millionths)
    {
        var packaged = new PackagedRecording();
        var start = packaged.Time.GetUtcNow();
        var delays = new Random(7);
        var arrivals = new List<DateTimeOffset>();
        foreach (var sample in Encoder.Encode(seconds: 86_400))
        {
            var due = Timescale.Video.ToTimeSpan(sample.DecodeTime * (1_000_000 + millionths) / 1_000_000);
            // What happens on the way only delays, and not every sample.
            var delay = TimeSpan.FromMilliseconds(arrivals.Count % 3 == 2 ? delays.Next(400) : delays.Next(10));
            arrivals.Add(start + due);
            packaged.Accept(sample with { Arrival = (due + delay).Ticks });
        }

        packaged.Packager.CloseRun();
        var run = Assert.Single(packaged.Runs);
        var off = arrivals.Select((arrival, i) => (run.WallClockAt(i * 180_000L) - arrival).TotalMilliseconds).ToList();
        Assert.InRange(off.Min(), -100, 100);
        Assert.InRange(off.Max(), -100, 100);
        Assert.InRange(off[0], -50, 50);

        // Each step is small, the anchors are few, and files alone tell them: what a fragment was given then is what the run says now.
        var anchors = run.Anchors ?? [];
        Assert.InRange(anchors.Count, millionths == 0 ? 0 : Math.Abs(millionths) * 86_400 / 100_000, (Math.Abs(millionths) * 86_400 / 18_000) + 60);
        Assert.Equal(anchors, packaged.Outputs.OfType<AnchorSet>().Select(set => set.Anchor));
        foreach (var anchor in anchors)
        {
            var before = run.WallClockAt(anchor.Timeline - 1);
            Assert.InRange((anchor.WallClock - before).TotalMilliseconds, -100, 100);
        }

        var rebuilt = RecordingIndex.ReadRun(run.Init);
        foreach (var fragment in packaged.Fragments)
        {
            var found = SegmentIndex.Scan(fragment.Bytes).Fragments;
            Assert.Equal(run.WallClockAt(found[0].Identity.TimelineStart), found[0].Identity.WallClock);
            RecordingIndex.AddAnchors(rebuilt, [new SegmentFile(fragment.Number, found, fragment.Bytes.Length)]);
        }

        Assert.Equal(anchors, rebuilt.Anchors ?? []);
    }

    [Fact]
    public void A_step_of_the_wall_clock_changes_nothing_and_cuts_nothing()
    {
        var packaged = new PackagedRecording();
        var start = packaged.Time.GetUtcNow();
        foreach (var sample in Encoder.Encode(seconds: 600))
        {
            packaged.Accept(sample);
            if (sample.DecodeTime == 300 * 90_000)
            {
                packaged.Time.StepUtc(TimeSpan.FromHours(-1));
            }
        }

        packaged.Packager.CloseRun();
        var run = Assert.Single(packaged.Runs);
        Assert.Null(run.Anchors);
        Assert.Equal(start.AddSeconds(598), run.WallClockAt(598 * 90_000));
    }

    [Fact]
    public void A_publisher_ahead_of_real_time_sets_no_anchors()
    {
        var packaged = new PackagedRecording();
        foreach (var sample in Encoder.Encode(seconds: 600))
        {
            packaged.Accept(sample with { Arrival = sample.Arrival / 2 });
        }

        Assert.Null(packaged.Runs[0].Anchors);
    }

    [Fact]
    public void A_gap_begins_where_a_drifted_run_ends()
    {
        // A clock that is fast by a thousandth: after an hour its media is 3.6 s ahead of the run's beginning.
        var packaged = new PackagedRecording();
        foreach (var sample in Encoder.Encode(seconds: 3_600))
        {
            packaged.Accept(sample with { Arrival = sample.Arrival * 999 / 1_000 });
        }

        packaged.Packager.CloseRun();
        packaged.Time.Advance(TimeSpan.FromSeconds(13));
        packaged.Packager.Wait();
        var end = packaged.Segments[^1].End;
        Assert.Equal(end + (10 * 90_000), packaged.Outputs.OfType<GapListed>().Single().End);
    }

    [Fact]
    public void Less_than_the_tolerance_is_jitter_and_one_window_is_one_step()
    {
        var meter = new DriftMeter();
        Feed(0, 20, 1_799);
        Assert.False(meter.TryStep());
        Feed(20, 40, 50_000);
        Assert.True(meter.TryStep());
        Assert.Equal(8_100, meter.Delay);
        Assert.False(meter.TryStep());
        Feed(40, 60, -180_000 + 8_100 - 1);
        Assert.False(meter.TryStep());
        Feed(60, 80, -50_000);
        Assert.True(meter.TryStep());
        Assert.Equal(0, meter.Delay);

        void Feed(int from, int to, long delay)
        {
            for (var second = from; second < to; second++)
            {
                meter.Add((second * 90_000L) - delay, second * 90_000L);
            }
        }
    }
}
