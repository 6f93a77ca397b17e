using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using LiveClip.Core.Storage;

namespace LiveClip.Core.Clips;

/// <summary>Finds the range of a recording that is asked for, or what stands against it.</summary>
public sealed class RangeFinder(SegmentStore segments, DiskWatch disk)
{
    /// <summary>What else it takes to make a clip: its row, its poster.</summary>
    private const long RoomBeside = 1 << 20;

    internal static readonly ClipRefusal NoSpace = new(
        ClipRefusalReason.NoSpace, "streamId", "the server's disk is full: make some room, then ask for the clip again");

    /// <param name="maxSeconds">Longest playing time; what is longer is trimmed.</param>
    internal FoundRange Find(ClipRange range, RecordingTimeline timeline, int maxSeconds)
    {
        try
        {
            var cap = maxSeconds * (long)Run.TicksPerSecond;
            return new FoundRange(
                RangeResolver.Resolve(range, timeline, cap, (run, point) => PicturesAround(timeline, run, point)), null);
        }
        catch (RangeRefused refused)
        {
            return new FoundRange(null, refused.Refusal);
        }
    }

    /// <summary>The same for a clip, whose pictures will be copied, and which may not want gaps.</summary>
    internal FoundRange FindForClip(ClipRange range, RecordingTimeline timeline, int maxSeconds, OnGap onGap)
    {
        var found = Find(range, timeline, maxSeconds);
        if (found.Range is not { } there)
        {
            return found;
        }

        if (onGap == OnGap.Reject && GapsOf(there, timeline) is [var gap, ..])
        {
            return new FoundRange(null, new ClipRefusal(ClipRefusalReason.Invalid, "onGap", DescribeGap(gap)));
        }

        return timeline.LengthOf(there.Start, there.End) + RoomBeside > disk.Now.FreeBytes ? new FoundRange(null, NoSpace) : found;
    }

    /// <summary>As far as they are known: of a range that lies ahead more may follow.</summary>
    internal static IReadOnlyList<ClipGap> GapsOf(ResolvedRange range, RecordingTimeline timeline) =>
        timeline.GapsWithin(range.Start, Math.Min(range.End, timeline.Settled));

    internal static string DescribeGap(ClipGap gap) => string.Create(
        CultureInfo.InvariantCulture,
        $"there are no pictures from {Timescale.Video.ToSeconds(gap.Start):0.###} s to {Timescale.Video.ToSeconds(gap.End):0.###} s: the encoder was away or changed its settings");

    private IReadOnlyList<Picture> PicturesAround(RecordingTimeline timeline, int run, long point)
    {
        try
        {
            using var source = SampleSource.Open(timeline, segments, point, point + 1);
            return source.Runs.FirstOrDefault(candidate => candidate.Run.Number == run)?.ToPictures().Pictures ?? [];
        }
        catch (Exception error) when (error is ClipException or IOException)
        {
            // What is no longer there has no picture that could be named.
            return [];
        }
    }
}

/// <summary>The range, or why there is none.</summary>
internal sealed record FoundRange(ResolvedRange? Range, ClipRefusal? Refusal);
