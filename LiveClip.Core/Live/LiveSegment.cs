using LiveClip.Core.Catalog;

namespace LiveClip.Core.Live;

/// <summary>A segment in memory; the newest one may still be growing by whole fragments.</summary>
/// <param name="Closed">Null while it is open.</param>
public sealed record LiveSegment(long Number, int Run, long Start, IReadOnlyList<FragmentFinished> Fragments, RecordedSegment? Closed)
{
    public bool StartsWithSync => Fragments[0].StartsWithSync;

    /// <summary>Where its finished fragments end on the timeline.</summary>
    public long End => Closed?.End ?? Fragments[^1].Start + Fragments[^1].Duration;

    public long Length => Fragments.Sum(fragment => (long)fragment.Bytes.Length);

    /// <summary>Its finished fragments, as they stand in the file, for whoever reads them slowly.</summary>
    public Stream OpenRead() => new FragmentStream(Fragments);

    /// <summary>A copy of its finished fragments, as they stand in the file.</summary>
    public ReadOnlyMemory<byte> ToMemory()
    {
        var bytes = new byte[Length];
        var position = 0;
        foreach (var fragment in Fragments)
        {
            fragment.Bytes.CopyTo(bytes.AsMemory(position));
            position += fragment.Bytes.Length;
        }

        return bytes;
    }
}
