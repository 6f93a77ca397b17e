using LiveClip.Core.Catalog;
using LiveClip.Core.Hls;

namespace LiveClip.Core.Recordings;

/// <summary>The HLS media playlist of a recording: its live edge, or the whole of it.</summary>
public static class RecordingPlaylist
{
    /// <summary>What a viewer without DVR can go back by, 1/90,000 s.</summary>
    private const long LiveEdge = 60 * 90_000;

    /// <param name="prefix">What stands before <c>{run}/{number}.m4s</c> in the addresses, relative to the playlist's own.</param>
    /// <param name="whole">The whole recording, else the last minute; a recording that is over is always whole.</param>
    public static MediaPlaylist Of(RecordingTimeline timeline, string prefix, bool whole)
    {
        var all = timeline.Listed.ToList();
        var first = whole || !timeline.OnAir || all.Count == 0 ? 0 : FirstWithin(all, all[^1].End - LiveEdge);
        var runs = timeline.Runs.ToDictionary(run => run.Number);
        var recording = timeline.Recording;
        return new MediaPlaylist
        {
            TargetDuration = timeline.TargetDuration ?? 10,
            MediaSequence = all.Count > 0 ? all[first].Number : recording.FirstSegmentNumber,
            DiscontinuitySequence = recording.FirstDiscontinuity + (all.Count > 0 ? all[first].Run : 0),
            Type = timeline.OnAir ? null : MediaPlaylistType.Vod,
            IndependentSegments = all.All(segment => segment.StartsWithSync),
            Segments = [.. Enumerable.Range(first, all.Count - first).SelectMany(i =>
                (i > first ? Missing(all[i - 1], all[i], prefix) : []).Append(SegmentOf(
                    all[i], runs[all[i].Run], prefix, i > first && all[i - 1].Run != all[i].Run, timeline.Lost.Contains(all[i].Number))))],
            Ended = !timeline.OnAir,
        };
    }

    internal static MediaSegment SegmentOf(RecordedSegment segment, Run run, string prefix, bool discontinuity, bool gap) =>
        new($"{prefix}{segment.Run}/{segment.Number}.m4s", $"{prefix}{segment.Run}/init.mp4", segment.Duration)
        {
            Discontinuity = discontinuity,
            ProgramDateTime = run.WallClockAt(segment.Start),
            Gap = gap,
        };

    /// <summary>
    /// Numbers that the catalog never heard of, because the disk did not take their segments: each is listed as a gap, for a media
    /// sequence number is a segment's place in the list.
    /// </summary>
    private static IEnumerable<MediaSegment> Missing(RecordedSegment before, RecordedSegment after, string prefix)
    {
        var count = after.Number - before.Number - 1;
        for (var number = before.Number + 1; number < after.Number; number++)
        {
            var duration = Math.Min((after.Start - before.End) / count, before.Duration);
            yield return new MediaSegment($"{prefix}{before.Run}/{number}.m4s", $"{prefix}{before.Run}/init.mp4", duration) { Gap = true };
        }
    }

    private static int FirstWithin(List<RecordedSegment> segments, long start)
    {
        var first = segments.Count - 1;
        while (first > 0 && segments[first - 1].Start >= start)
        {
            first--;
        }

        return first;
    }
}
