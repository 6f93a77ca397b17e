using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using Xunit;
using static LiveClip.Tests.Recordings.Timelines;

namespace LiveClip.Tests.Clips;

public class RangeResolverTests
{
    private const long Cap = 30 * Second;

    /// <summary>On air; away from 40 to 50.</summary>
    private static readonly RecordingTimeline OnAir = Of(true, (0, 40), (50, 100));
    private static readonly RecordingTimeline Over = OnAir with { OnAir = false };

    public static TheoryData<string, ClipRange, double, double, double, double> Resolved => new()
    {
        // range -> requested start and end, start and end
        { "as asked for", new TimelineRange(10, 20), 10, 20, 10, 20 },
        { "up to the newest picture", new TimelineRange(80, 100), 80, 100, 80, 100 },
        { "the cap keeps the start", new TimelineRange(5, 39), 5, 39, 5, 35 },
        { "the cap counts playing time", new TimelineRange(25, 65), 25, 65, 25, 65 },
        { "and leaves the gap out of it", new TimelineRange(20, 70), 20, 70, 20, 60 },
        { "exactly the cap", new TimelineRange(60, 90), 60, 90, 60, 90 },
        { "the newest", new LastRange(15), 85, 100, 85, 100 },
        { "the newest, of which the cap keeps the end", new LastRange(45), 55, 100, 70, 100 },
        { "the newest across a gap", new LastRange(55), 35, 100, 70, 100 },
        { "a capped end that has been received, though what was asked for has not", new TimelineRange(60, 200), 60, 200, 60, 90 },
        { "wall clock", new WallClockRange(Noon.AddSeconds(12), Noon.AddSeconds(13.5)), 12, 13.5, 12, 13.5 },
        { "wall clock out of a gap", new WallClockRange(Noon.AddSeconds(45), Noon.AddSeconds(55)), 50, 55, 50, 55 },
        { "wall clock into a gap", new WallClockRange(Noon.AddSeconds(35), Noon.AddSeconds(45)), 35, 40, 35, 40 },
    };

    public static TheoryData<string, ClipRange, ClipRefusalReason, string> Refused => new()
    {
        { "not a number", new TimelineRange(double.NaN, 5), ClipRefusalReason.Invalid, "start" },
        { "negative", new TimelineRange(-1, 5), ClipRefusalReason.Invalid, "start" },
        { "endless", new TimelineRange(1, double.PositiveInfinity), ClipRefusalReason.Invalid, "end" },
        { "backwards", new TimelineRange(5, 4), ClipRefusalReason.Invalid, "end" },
        { "empty", new TimelineRange(5, 5), ClipRefusalReason.Invalid, "end" },
        { "numbers come before places", new TimelineRange(500, 400), ClipRefusalReason.Invalid, "end" },
        { "start behind what there is", new TimelineRange(100, 105), ClipRefusalReason.Invalid, "start" },
        { "start comes before end", new TimelineRange(150, 500), ClipRefusalReason.Invalid, "start" },
        { "last nothing", new LastRange(0), ClipRefusalReason.Invalid, "last" },
        { "last not a number", new LastRange(double.NaN), ClipRefusalReason.Invalid, "last" },
        { "last too much", new LastRange(86_401), ClipRefusalReason.Invalid, "last" },
        { "wall clock backwards", new WallClockRange(Noon.AddSeconds(5), Noon), ClipRefusalReason.Invalid, "endTime" },
        { "wall clock before everything", new WallClockRange(Noon.AddSeconds(-5), Noon.AddSeconds(5)), ClipRefusalReason.Invalid, "startTime" },
        { "wall clock inside one gap", new WallClockRange(Noon.AddSeconds(42), Noon.AddSeconds(48)), ClipRefusalReason.Invalid, "endTime" },
        { "inside a gap", new TimelineRange(42, 48), ClipRefusalReason.Invalid, "start" },
        { "a run that is not there", Marks(7, 0, 0, 0), ClipRefusalReason.Invalid, "in" },
        { "a picture that is not there", Marks(0, 0, 0, 60 * Second), ClipRefusalReason.Invalid, "out" },
        { "marks the wrong way round", Marks(0, Second, 0, 0), ClipRefusalReason.Invalid, "out" },
        { "marks in the wrong runs", Marks(1, 0, 0, Second), ClipRefusalReason.Invalid, "out" },
    };

    [Theory]
    [MemberData(nameof(Resolved))]
    public void A_range_is_found(string what, ClipRange range, double requestedStart, double requestedEnd, double start, double end)
    {
        var resolved = Resolve(range, OnAir);
        TrimReason? reason = requestedStart != start || requestedEnd != end ? TrimReason.MaxLength : null;
        Assert.True(
            new ResolvedRange(Ticks(requestedStart), Ticks(requestedEnd), Ticks(start), Ticks(end)) { TrimReason = reason } == resolved,
            $"{what}: {resolved}");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_makes_no_sense_is_refused_by_field(string what, ClipRange range, ClipRefusalReason reason, string field)
    {
        var refusal = Assert.Throws<RangeRefused>(() => Resolve(range, OnAir)).Refusal;
        Assert.True((reason, field) == (refusal.Reason, refusal.Field), $"{what}: {refusal}");
        Assert.NotEmpty(refusal.Message);
    }

    [Fact]
    public void An_end_that_has_not_been_received_yet_lies_ahead_on_air_and_is_trimmed_afterwards()
    {
        var range = new TimelineRange(90, 110);
        Assert.Equal(new ResolvedRange(Ticks(90), Ticks(110), Ticks(90), Ticks(110)) { IsAhead = true }, Resolve(range, OnAir));
        Assert.Equal(
            new ResolvedRange(Ticks(90), Ticks(110), Ticks(90), Ticks(100)) { TrimReason = TrimReason.RecordingEnd }, Resolve(range, Over));

        // The cap comes first; what is to come plays as long as it lasts.
        Assert.Equal(
            new ResolvedRange(Ticks(80), Ticks(200), Ticks(80), Ticks(110)) { TrimReason = TrimReason.MaxLength, IsAhead = true },
            Resolve(new TimelineRange(80, 200), OnAir));
        Assert.Equal(Ticks(100), Resolve(new TimelineRange(80, 200), Over).End);
    }

    [Fact]
    public void Nothing_lies_ahead_where_the_encoder_is_known_to_have_been_away()
    {
        var away = OnAir with { GapEnd = Ticks(120) };
        Assert.False(Resolve(new TimelineRange(90, 120), away).IsAhead);
        Assert.True(Resolve(new TimelineRange(95, 121), away).IsAhead);
    }

    [Theory]
    [InlineData(90, false)] // all that plays: 100 s with a gap of 10
    [InlineData(91, true)]
    public void More_seconds_than_there_are_give_all_there_is_and_say_so(double seconds, bool trimmed)
    {
        var resolved = Resolve(new LastRange(seconds), OnAir, cap: Ticks(1_000));
        Assert.Equal(
            (0, Ticks(100), trimmed ? TrimReason.RecordingStart : (TrimReason?)null), (resolved.Start, resolved.End, resolved.TrimReason));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1_499, 0)] // nearer to the picture that is on screen than to the next
    [InlineData(1_501, 3_000)]
    [InlineData(2_900, 3_000)]
    public void A_shown_picture_is_the_nearest_one_and_the_out_picture_is_inside(long time, long picture)
    {
        var resolved = Resolve(Marks(1, time, 1, time + 30_000), OnAir);
        Assert.Equal((50 * Second) + picture, resolved.RequestedStart);
        Assert.Equal((50 * Second) + picture + 30_000 + 3_000, resolved.RequestedEnd);
    }

    private static PictureRange Marks(int inRun, long inTime, int outRun, long outTime) =>
        new(new ShownPicture(inRun, inTime), new ShownPicture(outRun, outTime));

    private static long Ticks(double seconds) => (long)(seconds * Second);

    /// <summary>30 pictures a second wherever there is anything.</summary>
    private static ResolvedRange Resolve(ClipRange range, RecordingTimeline timeline, long cap = Cap) =>
        RangeResolver.Resolve(range, timeline, cap, (number, point) =>
        {
            var run = timeline.FindRun(number)!;
            var first = Math.Max(run.TimelineStart, point - (point % 3_000) - 30_000);
            return [.. Enumerable.Range(0, 20).Select(i => first + (i * 3_000)).Where(time => time < timeline.EndOf(run))
                .Select(time => new Picture(time, time, 3_000, true))];
        });
}
