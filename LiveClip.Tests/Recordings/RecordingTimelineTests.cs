using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using Xunit;
using static LiveClip.Tests.Recordings.Timelines;

namespace LiveClip.Tests.Recordings;

public class RecordingTimelineTests
{
    /// <summary>Away from 10 to 25, and from 31 to 40.</summary>
    private static readonly RecordingTimeline Interrupted = Of(false, (0, 10), (25, 31), (40, 50));

    [Theory]
    [InlineData(0, 50, 26)]
    [InlineData(0, 10, 10)]
    [InlineData(2, 7, 5)]
    [InlineData(5, 30, 10)]
    [InlineData(10, 25, 0)]
    [InlineData(12, 20, 0)]
    [InlineData(12, 41, 7)]
    [InlineData(45, 90, 5)]
    public void Playing_time_leaves_the_gaps_out(int start, int end, int expected) =>
        Assert.Equal(expected * Second, Interrupted.PlayingTime(start * Second, end * Second));

    [Theory]
    [InlineData(0, 5, 5)]
    [InlineData(0, 10, 10)]
    [InlineData(0, 11, 26)]
    [InlineData(5, 12, 41)]
    [InlineData(12, 1, 26)] // begins in a gap
    [InlineData(0, 26, 50)]
    [InlineData(0, 99, 50)] // as far as there is anything
    public void After_tells_where_a_length_has_been_played(int start, int length, int expected) =>
        Assert.Equal(expected * Second, Interrupted.After(start * Second, length * Second));

    [Theory]
    [InlineData(0, 10, "")]
    [InlineData(2, 27, "10-25")]
    [InlineData(12, 45, "12-25 31-40")] // begins in a gap
    [InlineData(27, 35, "31-35")] // ends in one
    [InlineData(12, 20, "12-20")]
    public void Gaps_are_where_there_are_no_pictures(int start, int end, string expected) => Assert.Equal(
        expected,
        string.Join(' ', Interrupted.GapsWithin(start * Second, end * Second).Select(gap => $"{gap.Start / Second}-{gap.End / Second}")));

    [Fact]
    public void Gap_numbers_lie_between_segments_or_behind_the_last_one_while_the_encoder_is_away()
    {
        var timeline = Of(true, (0, 10));
        var segments = timeline.Segments.Where(segment => segment.Number != 102).ToList();
        timeline = timeline with { Segments = segments, Lost = new HashSet<long> { 103 } };

        Assert.Equal([102, 103], Enumerable.Range(95, 20).Where(number => timeline.IsGap(number)));
        // Three target durations and a bit.
        timeline = timeline with { GapEnd = (16 * Second) + 9_000 };
        Assert.Equal([102, 103, 105, 106, 107, 108], Enumerable.Range(95, 20).Where(number => timeline.IsGap(number)));
        timeline.Recording.KeptFrom = 103;
        Assert.Equal([103, 105, 106, 107, 108], Enumerable.Range(95, 20).Where(number => timeline.IsGap(number)));
        Assert.DoesNotContain(Enumerable.Range(0, 200), number => (timeline with { Segments = [] }).IsGap(number));
    }

    [Fact]
    public void A_run_that_follows_right_behind_another_is_a_gap_of_no_length_and_a_lost_segment_is_one()
    {
        Assert.Equal([new ClipGap(10 * Second, 10 * Second)], Of(false, (0, 10), (10, 20)).GapsWithin(5 * Second, 15 * Second));
        Assert.Empty(Of(false, (0, 10), (10, 20)).GapsWithin(0, 10 * Second));

        var timeline = Of(false, (0, 20));
        ClipGap[] lost = [new(4 * Second, 6 * Second)];
        Assert.Equal(lost, (timeline with { Lost = new HashSet<long> { 102 } }).GapsWithin(0, 20 * Second));
        Assert.Equal(lost, (timeline with { Segments = [.. timeline.Segments.Where(s => s.Number != 102)] }).GapsWithin(0, 20 * Second));
    }

    [Fact]
    public void The_future_is_settled_up_to_where_nothing_can_come_any_more()
    {
        Assert.Equal(50 * Second, (Interrupted with { OnAir = true }).Settled);
        Assert.Equal(60 * Second, (Interrupted with { OnAir = true, GapEnd = 60 * Second }).Settled);
        Assert.Equal(long.MaxValue, Interrupted.Settled);
    }

    [Theory]
    [InlineData(0, 2, 1)]
    [InlineData(1, 3, 2)]
    [InlineData(2, 4, 1)]
    [InlineData(9, 26, 2)]
    [InlineData(11, 24, 0)]
    [InlineData(49, 99, 1)]
    [InlineData(-5, 99, 13)]
    public void Segments_are_found_by_their_place(int start, int end, int count) =>
        Assert.Equal(count, Interrupted.Within(start * Second, end * Second).Count());

    [Theory]
    [InlineData(50, 5, 45)]
    [InlineData(50, 10, 40)]
    [InlineData(50, 11, 30)]
    [InlineData(45, 12, 9)]
    [InlineData(35, 1, 30)] // ends in a gap
    [InlineData(50, 99, 0)]
    public void Before_tells_where_a_length_that_ends_there_begins(int end, int length, int expected) =>
        Assert.Equal(expected * Second, Interrupted.Before(end * Second, length * Second));

    [Theory]
    [InlineData(5, true, 5)]
    [InlineData(27, false, 27)]
    [InlineData(15, true, 25)] // inside a gap: the next picture
    [InlineData(15, false, 10)] // the end of the one before
    [InlineData(10, true, 25)]
    [InlineData(60, true, 60)] // behind the end: for the caller to refuse
    [InlineData(-5, true, -5)]
    public void A_wall_clock_time_has_a_place(int seconds, bool isInPoint, int expected) =>
        Assert.Equal(expected * Second, Interrupted.At(Noon.AddSeconds(seconds), isInPoint));

    [Fact]
    public void A_wall_clock_time_in_a_far_millennium_is_no_place_of_today()
    {
        Assert.True(Interrupted.At(DateTimeOffset.MaxValue, isInPoint: false) > 200_000_000_000 * Second);
        Assert.True(Interrupted.At(DateTimeOffset.MinValue, isInPoint: true) < -60_000_000_000 * Second);
    }

    [Fact]
    public void Where_the_wall_clock_was_set_back_the_later_place_counts()
    {
        var timeline = Of(false, (0, 10), (25, 35));
        var setBack = timeline with { Runs = [timeline.Runs[0], Moved(timeline.Runs[1], Noon.AddSeconds(5))] };
        Assert.Equal(27 * Second, setBack.At(Noon.AddSeconds(7), isInPoint: true));
        Assert.Equal(4 * Second, setBack.At(Noon.AddSeconds(4), isInPoint: true));

        // What only the earlier run has is there and not behind the end of the later one.
        var back = timeline with { Runs = [timeline.Runs[0], Moved(timeline.Runs[1], Noon.AddSeconds(-5))] };
        Assert.Equal(8 * Second, back.At(Noon.AddSeconds(8), isInPoint: true));
    }

    [Fact]
    public void Each_anchor_counts_up_to_the_next_one()
    {
        var timeline = Of(false, (0, 100));
        var run = timeline.Runs[0];
        run.Add(new(40 * Second, Noon.AddSeconds(40.05)));
        run.Add(new(80 * Second, Noon.AddSeconds(79.99)));

        Assert.Equal(Noon.AddSeconds(39), run.WallClockAt(39 * Second));
        Assert.Equal(Noon.AddSeconds(50.05), run.WallClockAt(50 * Second));
        Assert.Equal(Noon.AddSeconds(89.99), run.WallClockAt(90 * Second));
        Assert.Equal(40 * Second, timeline.At(Noon.AddSeconds(40.02), isInPoint: true)); // between two clocks
        Assert.Equal(45 * Second, timeline.At(Noon.AddSeconds(45.05), isInPoint: true));
        Assert.Equal(80 * Second, timeline.At(Noon.AddSeconds(79.99), isInPoint: true)); // on both: the later place
    }

    [Fact]
    public void What_a_rolling_window_has_let_go_of_is_not_counted_as_the_beginning()
    {
        var shortened = Interrupted with { Segments = [.. Interrupted.Segments.Where(segment => segment.Start >= 27 * Second)] };
        Assert.Equal(27 * Second, shortened.Start);
        Assert.Equal(27 * Second, shortened.Before(50 * Second, 99 * Second));
    }

    private static Core.Catalog.Run Moved(Core.Catalog.Run run, DateTimeOffset wallClock) => new()
    {
        RecordingId = run.RecordingId,
        Number = run.Number,
        TimelineStart = run.TimelineStart,
        WallClock = wallClock,
        Init = run.Init,
        Codecs = run.Codecs,
    };
}
