using System.Text.Json;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>What a finished clip was asked to be and what it is, to the picture, and what its making took.</summary>
/// <param name="Requested">The points that were asked for.</param>
/// <param name="Delivered">The first picture, and the end of the last one.</param>
/// <param name="FirstPicture">When the first picture is shown on the recording's timeline, 1/90,000 s, as the encoder sent it.</param>
/// <param name="LastPicture">The same of the last.</param>
/// <param name="FrameRate">The constant rate that the file has, such as 30000/1001; null where the pictures keep their own times.</param>
/// <param name="Joints">Where in the file one part meets the next.</param>
/// <param name="Gaps">Where the encoder was away: of these the file holds nothing.</param>
/// <param name="AudioOffset">How much later the first sound heard begins than the first picture, seconds; null without sound.</param>
public sealed record CutReport(
    CutSpan Requested,
    CutSpan Delivered,
    long FirstPicture,
    long LastPicture,
    int FramesCopied,
    int FramesEncoded,
    string? FrameRate,
    IReadOnlyList<CutJoint> Joints,
    IReadOnlyList<CutGap> Gaps,
    double? AudioOffset,
    CutTimes Milliseconds)
{
    /// <summary>As it is stored.</summary>
    public static CutReport? Parse(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<CutReport>(json, JsonSerializerOptions.Web);

    public override string ToString() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    internal static CutReport Of(ClipJob job, CutPlan plan, RenderedClip rendered, CutTimes times)
    {
        var (clip, timeline) = (job.Clip, job.Timeline);
        var (first, last) = EndsOf(plan, job.Source);
        return new CutReport(
            CutSpan.Of(timeline, clip.RequestedStart, clip.RequestedEnd),
            CutSpan.Of(timeline, plan.DeliveredStart, plan.DeliveredEnd),
            first,
            last,
            plan.FramesCopied,
            plan.FramesEncoded,
            rendered.Tracks.Grid is { Rate: var rate } ? $"{rate.Numerator}/{rate.Denominator}" : null,
            CutJoint.Of(plan),
            CutGap.Of(plan, timeline),
            rendered.Tracks.Sound is { Track: var sound } ? CutPoint.SecondsOf(sound.EditDelay) : null,
            times);
    }

    private static (long First, long Last) EndsOf(CutPlan plan, SampleSource source)
    {
        var run = source.RunOf(plan.Parts[^1]);
        var times = run.Lead.Select(picture => run.OnTimeline(picture.Sample.PresentationTime));
        return (plan.DeliveredStart, times.Where(time => time < plan.DeliveredEnd).Max());
    }
}

/// <summary>A range of a recording.</summary>
public sealed record CutSpan(CutPoint In, CutPoint Out)
{
    internal static CutSpan Of(RecordingTimeline timeline, long start, long end) =>
        new(CutPoint.Of(timeline, start), CutPoint.Of(timeline, end));
}

/// <summary>A point of a recording.</summary>
/// <param name="Ticks">On its timeline, 1/90,000 s.</param>
/// <param name="Utc">The wall clock there; null where nothing was recorded.</param>
public sealed record CutPoint(long Ticks, DateTimeOffset? Utc)
{
    internal static CutPoint Of(RecordingTimeline timeline, long ticks) =>
        new(ticks, timeline.Runs.LastOrDefault(run => run.Number == 0 || run.TimelineStart <= ticks)?.WallClockAt(ticks));

    /// <summary>To the microsecond.</summary>
    internal static double SecondsOf(long ticks) => Math.Round(Timescale.Video.ToSeconds(ticks), 6);
}

/// <summary>Where in a file one part meets the next.</summary>
/// <param name="Seconds">Of playing time, as the source's time stamps have it.</param>
/// <param name="Kind"><c>encoded-copied</c>, <c>copied-encoded</c>, or <c>run</c>, where the encoder came back.</param>
public sealed record CutJoint(double Seconds, string Kind)
{
    internal static IReadOnlyList<CutJoint> Of(CutPlan plan)
    {
        var joints = new List<CutJoint>();
        var played = 0L;
        foreach (var (part, next) in plan.Parts.Zip(plan.Parts.Skip(1)))
        {
            played += part.End - part.Start;
            var kind = part.Run != next.Run ? "run" : part is EncodedPart ? "encoded-copied" : "copied-encoded";
            joints.Add(new CutJoint(CutPoint.SecondsOf(played), kind));
        }

        return joints;
    }
}

/// <summary>A stretch of the recording inside a clip of which the clip has nothing; seconds on the timeline.</summary>
public sealed record CutGap(double Start, double End, double Seconds)
{
    internal static IReadOnlyList<CutGap> Of(CutPlan plan, RecordingTimeline timeline) =>
    [
        .. plan.Parts.Zip(plan.Parts.Skip(1))
            .Where(pair => pair.First.Run != pair.Second.Run && pair.Second.Start > timeline.EndOf(timeline.FindRun(pair.First.Run)!))
            .Select(pair => new CutGap(
                CutPoint.SecondsOf(pair.First.End),
                CutPoint.SecondsOf(pair.Second.Start),
                CutPoint.SecondsOf(pair.Second.Start - pair.First.End))),
    ];
}

/// <summary>What each step of a clip's making took, milliseconds; encoding and copying go on at the same time.</summary>
/// <param name="Wait">From the request on, also for an end that had yet to come; null for a later version of a clip.</param>
public sealed record CutTimes(double? Wait, double Plan, double Encode, double Copy, double Verify);
