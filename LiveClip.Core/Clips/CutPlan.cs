namespace LiveClip.Core.Clips;

/// <summary>One coded picture as the planner sees it; all times on the recording's timeline, 1/90,000 s.</summary>
public readonly record struct Picture(long DecodeTime, long PresentationTime, long Duration, bool IsSync);

/// <summary>The pictures of one run, in decode order.</summary>
/// <param name="End">Where its last picture ends; what is shown later has lost pictures that come before it.</param>
public sealed record PictureRun(int Run, IReadOnlyList<Picture> Pictures, long End = long.MaxValue);

/// <summary>Pictures that go into the clip with their coded data untouched.</summary>
/// <param name="First">Index of the first one, in decode order, in its run's list: a sync sample.</param>
/// <param name="Count">How many, in decode order; those shown before <paramref name="Start"/> are left out.</param>
/// <param name="Start">Presentation time of the first picture.</param>
/// <param name="End">End of the last picture.</param>
public sealed record CopiedPart(int Run, int First, int Count, long Start, long End);

/// <summary>The decision what a clip's file holds: its parts, one a run, and what is delivered for what was requested.</summary>
public sealed record CutPlan(IReadOnlyList<CopiedPart> Parts, int Frames)
{
    public long DeliveredStart => Parts[0].Start;

    public long DeliveredEnd => Parts[^1].End;
}
