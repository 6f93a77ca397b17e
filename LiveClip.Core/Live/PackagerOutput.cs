using LiveClip.Core.Catalog;

namespace LiveClip.Core.Live;

/// <summary>What the packager has finished, in the order in which it is to be written.</summary>
public abstract record PackagerOutput;

/// <summary>A run has begun: its init segment comes before its first fragment.</summary>
public sealed record RunStarted(Run Run) : PackagerOutput;

/// <summary>A movie fragment is whole.</summary>
/// <param name="Number">Of the segment that it belongs to.</param>
/// <param name="Index">0 for the first fragment of its segment.</param>
/// <param name="Part">Its number in the run, from 1 on: the partial segment that it is for viewers.</param>
/// <param name="Start">Presentation time of its first picture on the recording's timeline, 1/90,000 s.</param>
/// <param name="NewestPicture">
/// Where, on the timeline, the pictures received so far end without a hole: what can be clipped up to here.
/// </param>
public sealed record FragmentFinished(
    int Run, long Number, int Index, int Part, long Start, long Duration, bool StartsWithSync, long NewestPicture,
    ReadOnlyMemory<byte> Bytes)
    : PackagerOutput;

/// <summary>A segment is whole.</summary>
public sealed record SegmentClosed(RecordedSegment Segment) : PackagerOutput;

/// <summary>A run's encoder clock has drifted: from here on another UTC belongs to its timeline.</summary>
public sealed record AnchorSet(int Run, WallClockAnchor Anchor) : PackagerOutput;

/// <summary>No pictures are coming: behind the last segment a gap is listed.</summary>
/// <param name="End">Where what is listed of it ends on the timeline, 1/90,000 s.</param>
/// <param name="NextNumber">The first segment number that is still free behind it.</param>
public sealed record GapListed(long End, long NextNumber) : PackagerOutput;

/// <summary>EXT-X-TARGETDURATION is known from here on.</summary>
public sealed record TargetDurationFixed(int Seconds) : PackagerOutput;
