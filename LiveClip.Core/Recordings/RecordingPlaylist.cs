using LiveClip.Core.Catalog;
using LiveClip.Core.Hls;
using LiveClip.Core.Live;

namespace LiveClip.Core.Recordings;

/// <summary>
/// The HLS media playlist of a recording: its live edge, or the whole of it. Gaps are listed, so that the player's time is the timeline;
/// each run is a discontinuity.
/// </summary>
public static class RecordingPlaylist
{
    /// <summary>What a viewer without DVR can go back by, 1/90,000 s.</summary>
    private const long LiveEdge = 60 * 90_000;

    /// <param name="prefix">What stands before <c>{run}/{number}.m4s</c> in the addresses, relative to the playlist's own.</param>
    /// <param name="whole">The whole recording, else the last minute; a recording that is over is always whole.</param>
    public static MediaPlaylist Of(RecordingTimeline timeline, string prefix, bool whole)
    {
        var targetDuration = timeline.TargetDuration ?? 10;
        var newestFirst = NewestFirst(timeline, targetDuration);
        var listed = (whole || !timeline.OnAir ? newestFirst : LastMinute(newestFirst)).Reverse().ToList();
        var runs = timeline.Runs.ToDictionary(run => run.Number);
        var recording = timeline.Recording;
        return new MediaPlaylist
        {
            TargetDuration = targetDuration,
            MediaSequence = listed.Count > 0 ? listed[0].Number : Math.Max(recording.FirstSegmentNumber, recording.KeptFrom),
            // A run that began was listed, and their numbers have no holes: as many have left the list as there are before its first.
            DiscontinuitySequence = recording.FirstDiscontinuity + (listed.Count > 0 ? listed[0].Discontinuity : 0),
            Type = timeline.OnAir ? null : MediaPlaylistType.Vod,
            IndependentSegments = listed.TrueForAll(place => place.Segment is not { StartsWithSync: false }),
            Segments = [.. listed.Select((place, i) =>
            {
                var discontinuity = i > 0 && place.Discontinuity != listed[i - 1].Discontinuity;
                return place.Segment is { } segment
                    ? SegmentOf(segment, runs[segment.Run], prefix, discontinuity, timeline.Lost.Contains(segment.Number))
                    : GapOf(place, prefix, discontinuity);
            })],
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

    private static MediaSegment GapOf(Place gap, string prefix, bool discontinuity) =>
        new($"{prefix}{gap.Run}/{gap.Number}.m4s", $"{prefix}{gap.Run}/init.mp4", gap.Duration) { Discontinuity = discontinuity, Gap = true };

    /// <summary>Reads no further back than it is asked for.</summary>
    private static IEnumerable<Place> NewestFirst(RecordingTimeline timeline, int targetDuration)
    {
        var all = timeline.Segments;
        if (timeline.GapEnd is { } end && all.Count > 0)
        {
            var count = Gap.Count(end - all[^1].End, targetDuration);
            foreach (var gap in GapsBehind(all[^1], count, end, all[^1].Run, targetDuration))
            {
                yield return gap;
            }
        }

        var kept = timeline.Recording.KeptFrom;
        for (var i = all.Count - 1; i >= 0 && all[i].Number >= kept; i--)
        {
            yield return new Place(all[i].Number, all[i].Run, all[i].Run, all[i].Start, all[i].Duration, all[i]);
            if (i > 0 && all[i - 1].Number >= kept)
            {
                // Numbers without a segment: no encoder was there, or the disk did not take it. Each is listed, for a media sequence
                // number is a place in the list.
                var count = all[i].Number - all[i - 1].Number - 1;
                foreach (var gap in GapsBehind(all[i - 1], count, all[i].Start, all[i].Run - 1, targetDuration))
                {
                    yield return gap;
                }
            }
        }
    }

    /// <param name="lastRun">
    /// That the last of those numbers belong to: a run between two others is a discontinuity also when all its segments were lost.
    /// </param>
    private static IEnumerable<Place> GapsBehind(RecordedSegment before, long count, long end, int lastRun, int targetDuration)
    {
        var start = before.End;
        var gaps = new List<Place>();
        foreach (var duration in Gap.Durations(end - start, count, targetDuration))
        {
            var number = before.Number + 1 + gaps.Count;
            var discontinuity = Math.Max(before.Run, lastRun - (count - 1 - gaps.Count));
            gaps.Add(new Place(number, before.Run, discontinuity, start, duration, null));
            start += duration;
        }

        return Enumerable.Reverse(gaps);
    }

    private static IEnumerable<Place> LastMinute(IEnumerable<Place> newestFirst)
    {
        long? from = null;
        foreach (var place in newestFirst)
        {
            from ??= place.Start + place.Duration - LiveEdge;
            if (place.Start < from)
            {
                yield break;
            }

            yield return place;
        }
    }

    /// <param name="Run">Whose init segment counts there.</param>
    /// <param name="Discontinuity">How many there are before it in the recording.</param>
    /// <param name="Segment">Null for a gap.</param>
    private sealed record Place(long Number, int Run, long Discontinuity, long Start, long Duration, RecordedSegment? Segment);
}
