using LiveClip.Core.Catalog;

namespace LiveClip.Core.Live;

/// <summary>A recording on air at one moment.</summary>
/// <param name="InMemory">The newest segments with their bytes; the last one may still be growing by whole fragments.</param>
/// <param name="Lost">Numbers of segments that are neither in memory nor on disk.</param>
public sealed record LiveSnapshot(
    Recording Recording,
    IReadOnlyList<Run> Runs,
    IReadOnlyList<RecordedSegment> Segments,
    IReadOnlyList<LiveSegment> InMemory,
    IReadOnlySet<long> Lost,
    int? TargetDuration,
    long NewestPicture)
{
    /// <summary>How many parts ahead of the newest one may be asked for: three seconds (RFC 8216bis §6.2.5.2, Advance Part Limit).</summary>
    private const int PartsAhead = (int)((3 * 90_000L) + Segmenter.PartTarget - 1) / (int)Segmenter.PartTarget;

    private const int SegmentsAhead = 2;

    /// <summary>Where the gap ends that is listed behind the last segment; null while there is none.</summary>
    public long? GapEnd { get; init; }

    /// <summary>The part that is being filled; null while no encoder is there.</summary>
    public PartName? NextPart { get; init; }

    /// <summary>No segment of the recording begins with anything else than a sync sample.</summary>
    public bool IsIndependent { get; init; } = true;

    /// <summary>The segment that is still growing, when it has a finished fragment.</summary>
    public LiveSegment? Open => InMemory is [.., { Closed: null } open] ? open : null;

    /// <summary>The media sequence number of the last segment in the playlist, or of the gap behind it.</summary>
    public long LastNumber => Segments is [.., var last]
        ? last.Number + (GapEnd is { } end ? Gap.Count(end - last.End, TargetDuration ?? 10) : 0)
        : Recording.FirstSegmentNumber - 1;

    /// <summary>Whether the playlist has come to that place (RFC 8216bis §6.2.5.2).</summary>
    public bool Holds(PlaylistPosition position)
    {
        if (position.Segment > LastNumber)
        {
            return position.Part < PartsOf(position.Segment);
        }

        // Behind a segment's last part there is the next one's first.
        return position.Part is not { } part || part < PartsOf(position.Segment) || Holds(new(position.Segment + 1, 0));
    }

    /// <summary>Whether nobody who has read the playlist can ask for that yet.</summary>
    public bool IsTooFarAhead(PlaylistPosition position) =>
        position.Segment > LastNumber + SegmentsAhead || position.Part - PartsOf(position.Segment) >= PartsAhead;

    /// <summary>Null when it is not there (any more), or not yet.</summary>
    public FragmentFinished? Find(PartName part) => InMemory
        .Where(segment => segment.Run == part.Run && segment.Fragments[0].Part <= part.Number)
        .LastOrDefault()?.Fragments.FirstOrDefault(fragment => fragment.Part == part.Number);

    private int PartsOf(long number) =>
        InMemory.LastOrDefault(segment => segment.Number == number)?.Fragments.Count ?? (number <= LastNumber ? int.MaxValue : 0);
}

/// <summary>How far a viewer wants the playlist to have come before it is answered (RFC 8216bis §6.2.5.2).</summary>
/// <param name="Segment">The media sequence number, _HLS_msn.</param>
/// <param name="Part">Which part of it, 0 being the first, _HLS_part; null is the whole segment.</param>
public sealed record PlaylistPosition(long Segment, int? Part);

/// <summary>Names a part of a recording (RFC 8216bis §4.4.4.9): <see cref="FragmentFinished.Part"/> of that run.</summary>
public sealed record PartName(int Run, int Number);
