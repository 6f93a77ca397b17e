
namespace LiveClip.Core.Clips;

/// <summary>Where the bytes of one of a clip's samples come from: from a segment as they are, or made when it is their turn.</summary>
/// <param name="Stored">Null for one that is made.</param>
/// <param name="Make">Called once, in the order of the file.</param>
/// <param name="ExpectedSize">Exact for one that is stored.</param>
internal readonly record struct ClipSource(SourceSample? Stored, Func<ValueTask<ReadOnlyMemory<byte>>>? Make, int ExpectedSize)
{
    public static ClipSource Of(SourceSample stored) => new(stored, null, stored.Sample.Size);

    public static ClipSource Of(int expectedSize, Func<ValueTask<ReadOnlyMemory<byte>>> make) => new(null, make, expectedSize);
}

/// <summary>One picture of a clip.</summary>
/// <param name="Time">When it is shown on its run's own clock, 1/90,000 s.</param>
internal sealed record ClipPicture(long Time, bool IsSync, ClipSource Source);

/// <summary>A part of a plan, ready to be laid on the clip's clock.</summary>
/// <param name="Start">On the run's own clock, 1/90,000 s.</param>
/// <param name="End">Of the last picture.</param>
/// <param name="Pictures">In decode order; none where there is only sound.</param>
internal sealed record ClipPiece(SourceRun Run, long Start, long End, IReadOnlyList<ClipPicture> Pictures);
