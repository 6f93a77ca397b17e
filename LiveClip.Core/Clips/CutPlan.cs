namespace LiveClip.Core.Clips;

/// <summary>One coded picture as the planner sees it; all times on the recording's timeline, 1/90,000 s.</summary>
/// <param name="IsSync">Decoding can begin with it, though pictures that are shown before it may then be missing.</param>
/// <param name="IsReference">Others may be predicted from it; of pictures shown before the out point nobody asks.</param>
public readonly record struct Picture(long DecodeTime, long PresentationTime, long Duration, bool IsSync, bool IsReference = true);

/// <summary>The pictures of one run, in decode order; sound where a run has no pictures.</summary>
/// <param name="End">Where its last picture ends; what is shown later has lost pictures that come before it.</param>
public sealed record PictureRun(int Run, IReadOnlyList<Picture> Pictures, long End = long.MaxValue)
{
    /// <summary>These are packets of sound: any can be the first, and an edit list cuts inside them.</summary>
    public bool IsSound { get; init; }
}

/// <summary>A piece of a clip: the pictures of one run that are shown from <paramref name="Start"/> to <paramref name="End"/>.</summary>
/// <param name="First">Index of a sync sample, in decode order, in its run's list.</param>
/// <param name="Count">How many from there on hold the piece; of them, those shown before or after it are left out.</param>
/// <param name="Start">Presentation time of the first picture.</param>
/// <param name="End">End of the last picture.</param>
/// <param name="Frames">How many pictures are shown.</param>
public abstract record CutPart(int Run, int First, int Count, long Start, long End, int Frames)
{
    public bool Shows(Picture picture) => Shows(picture.PresentationTime);

    public bool Shows(long presentationTime) => presentationTime >= Start && presentationTime < End;
}

/// <summary>Pictures that go into the clip with their coded data untouched; it begins with the sync sample.</summary>
public sealed record CopiedPart(int Run, int First, int Count, long Start, long End, int Frames)
    : CutPart(Run, First, Count, Start, End, Frames);

/// <summary>Pictures that are decoded from the sync sample on and encoded anew: they depend on some that the clip leaves out.</summary>
public sealed record EncodedPart(int Run, int First, int Count, long Start, long End, int Frames)
    : CutPart(Run, First, Count, Start, End, Frames);

/// <summary>The decision what a clip's file holds: its parts in the order in which they are shown.</summary>
public sealed record CutPlan(IReadOnlyList<CutPart> Parts)
{
    public long DeliveredStart => Parts[0].Start;

    public long DeliveredEnd => Parts[^1].End;

    public int FramesCopied => Parts.OfType<CopiedPart>().Sum(part => part.Frames);

    public int FramesEncoded => Parts.OfType<EncodedPart>().Sum(part => part.Frames);

    public int Frames => FramesCopied + FramesEncoded;

    /// <summary>Whether ffmpeg has to be started for it.</summary>
    public bool NeedsEncoder => Parts.Any(part => part is EncodedPart);

    /// <summary>The same pictures, all of them encoded anew.</summary>
    public CutPlan Whole() => new([.. Parts.GroupBy(part => part.Run).Select(run =>
    {
        var (first, end) = (run.Min(part => part.First), run.Max(part => part.First + part.Count));
        return new EncodedPart(run.Key, first, end - first, run.First().Start, run.Last().End, run.Sum(part => part.Frames));
    })]);
}
