using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Turns what was asked for into a range of a recording's timeline, in this order: the numbers, the start, the length cap, the end.
/// </summary>
internal static class RangeResolver
{
    /// <param name="cap">Longest playing time, 1/90,000 s.</param>
    /// <param name="pictures">The pictures of a run around a place of the timeline.</param>
    public static ResolvedRange Resolve(
        ClipRange range, RecordingTimeline timeline, long cap, Func<int, long, IReadOnlyList<Picture>> pictures)
    {
        var (start, end, keepEnd) = range switch
        {
            TimelineRange seconds => Points(seconds),
            WallClockRange wall => Points(wall, timeline),
            LastRange last => Points(last, timeline),
            PictureRange shown => Points(shown, timeline, pictures),
            _ => throw new NotSupportedException($"no points for {range.GetType().Name}"),
        };
        var resolved = Limit(start, end, keepEnd, FieldsOf(range), timeline, cap);

        // Before the recording's start there is no place to name: that less is there than was asked for, only the reason can say.
        return range is LastRange asked && timeline.PlayingTime(start, end) < Timescale.Video.FromSeconds(asked.Seconds)
            ? resolved with { TrimReason = resolved.TrimReason ?? TrimReason.RecordingStart }
            : resolved;
    }

    /// <summary>What the request calls its two ends.</summary>
    private static (string Start, string End) FieldsOf(ClipRange range) => range switch
    {
        WallClockRange => ("startTime", "endTime"),
        LastRange => ("last", "last"),
        PictureRange => ("in", "out"),
        _ => ("start", "end"),
    };

    private static (long Start, long End, bool KeepEnd) Points(TimelineRange range)
    {
        Require(double.IsFinite(range.Start) && range.Start >= 0, "start", "must be a number of seconds that is not negative");
        Require(double.IsFinite(range.End) && range.End > range.Start, "end", "must be greater than start");
        Require(range.End <= TimeSpan.FromDays(365).TotalSeconds, "end", "lies more than a year behind the start of the recording");
        return (Timescale.Video.FromSeconds(range.Start), Timescale.Video.FromSeconds(range.End), false);
    }

    private static (long Start, long End, bool KeepEnd) Points(WallClockRange range, RecordingTimeline timeline)
    {
        Require(range.End > range.Start, "endTime", "must be later than startTime");
        var (start, end) = (timeline.At(range.Start, isInPoint: true), timeline.At(range.End, isInPoint: false));
        Require(end > start, "endTime", "lies in the same gap as startTime: the encoder was away");
        return (start, end, false);
    }

    private static (long Start, long End, bool KeepEnd) Points(LastRange range, RecordingTimeline timeline)
    {
        Require(
            double.IsFinite(range.Seconds) && range.Seconds is > 0 and <= 86_400, "last", "must be a number of seconds from 0 to 86400");
        var end = timeline.NewestPicture;
        return (timeline.Before(end, Timescale.Video.FromSeconds(range.Seconds)), end, true);
    }

    /// <summary>Both pictures are in the clip, so it ends where the picture after the second one begins.</summary>
    private static (long Start, long End, bool KeepEnd) Points(
        PictureRange range, RecordingTimeline timeline, Func<int, long, IReadOnlyList<Picture>> pictures)
    {
        var start = Named("in", range.In, timeline, pictures).PresentationTime;
        var last = Named("out", range.Out, timeline, pictures);
        Require(last.PresentationTime >= start, "out", "must not be earlier than in");
        return (start, last.PresentationTime + last.Duration, false);
    }

    private static Picture Named(
        string field, ShownPicture shown, RecordingTimeline timeline, Func<int, long, IReadOnlyList<Picture>> pictures)
    {
        var run = timeline.FindRun(shown.Run);
        Require(run is not null && shown.Time90K >= 0, field, $"there is no run {shown.Run} with a picture at {shown.Time90K}");
        var point = run!.TimelineStart + shown.Time90K;
        var around = pictures(shown.Run, point).OrderBy(picture => picture.PresentationTime).ToList();
        var index = around.FindLastIndex(picture => picture.PresentationTime <= point + (picture.Duration / 2));
        Require(
            index >= 0 && point < around[index].PresentationTime + (around[index].Duration * 3 / 2),
            field,
            $"run {shown.Run} has no picture at {shown.Time90K}");
        // The time on screen: in decode order a picture's own duration is that of its place in the file.
        return index + 1 < around.Count
            ? around[index] with { Duration = around[index + 1].PresentationTime - around[index].PresentationTime }
            : around[index];
    }

    private static ResolvedRange Limit(
        long start, long end, bool keepEnd, (string Start, string End) fields, RecordingTimeline timeline, long cap)
    {
        var recorded = timeline.NewestPicture;
        Require(
            (start >= timeline.Start || timeline.HoldsBehind(start, end)) && start < recorded,
            fields.Start,
            $"lies outside the recording, which has {Seconds(timeline.Start)} to {Seconds(recorded)}");

        var (from, to, reason) = (start, end, (TrimReason?)null);
        if (timeline.PlayingTime(start, Math.Min(end, recorded)) + Math.Max(0, end - recorded) > cap)
        {
            (from, to) = keepEnd ? (timeline.Before(end, cap), end) : (start, CappedEnd(start, cap, timeline));
            reason = TrimReason.MaxLength;
        }

        if (to > recorded && !timeline.OnAir)
        {
            (to, reason) = (recorded, TrimReason.RecordingEnd);
        }

        Require(timeline.PlayingTime(from, to) > 0, fields.Start, "lies in a gap, and so does the end: the encoder was away");
        return new ResolvedRange(start, end, from, to) { TrimReason = reason, IsAhead = to > timeline.Settled };
    }

    /// <summary>Behind the newest picture the timeline has no gaps yet: time plays as it passes.</summary>
    private static long CappedEnd(long start, long cap, RecordingTimeline timeline)
    {
        var there = timeline.PlayingTime(start, timeline.NewestPicture);
        return cap <= there ? timeline.After(start, cap) : timeline.NewestPicture + cap - there;
    }

    private static string Seconds(long ticks) => string.Create(CultureInfo.InvariantCulture, $"{Timescale.Video.ToSeconds(ticks):0.###} s");

    private static void Require(bool condition, string field, string message)
    {
        if (!condition)
        {
            throw new RangeRefused(new ClipRefusal(ClipRefusalReason.Invalid, field, message));
        }
    }
}

/// <summary>Leaves the resolver from any depth; <see cref="ClipQueue"/> answers with it.</summary>
internal sealed class RangeRefused(ClipRefusal refusal) : Exception(refusal.Message)
{
    public ClipRefusal Refusal => refusal;
}

/// <summary>On the recording's timeline, 1/90,000 s.</summary>
internal sealed record ResolvedRange(long RequestedStart, long RequestedEnd, long Start, long End)
{
    public TrimReason? TrimReason { get; init; }

    /// <summary>Pictures of it are still to come.</summary>
    public bool IsAhead { get; init; }
}
