using LiveClip.Core.Hls;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// The instant answer to a clip request: a playlist over the recorded segments, its start snapped down and its end snapped up to
/// segment boundaries, that says where the clip itself begins. Nothing is copied, no file is read.
/// </summary>
public static class ClipPlaylist
{
    /// <param name="prefix">What stands before <c>{run}/{number}.m4s</c>, relative to the playlist's own address.</param>
    /// <param name="isGrowing">More will follow: what is listed once may not change, so that the open segment is left out.</param>
    /// <returns>Null when the segments are gone, or the first one is still open.</returns>
    public static MediaPlaylist? Of(RecordingTimeline timeline, long start, long end, string prefix, bool isGrowing = false)
    {
        var runs = timeline.Runs.ToDictionary(run => run.Number);
        var segments = timeline.Within(start, end).ToList();
        var listed = segments.Select((segment, i) => RecordingPlaylist.SegmentOf(
            segment, runs[segment.Run], prefix, i > 0 && segments[i - 1].Run != segment.Run, timeline.Lost.Contains(segment.Number))).ToList();

        // The segment that is still growing: its finished fragments are a file of their own.
        if (!isGrowing && timeline.Open is { } open && open.Start < end && open.End > start)
        {
            var run = runs[open.Run];
            listed.Add(new MediaSegment($"{prefix}{open.Run}/{open.Number}.m4s", $"{prefix}{open.Run}/init.mp4", open.End - open.Start)
            {
                Discontinuity = segments.Count > 0 && segments[^1].Run != open.Run,
                ProgramDateTime = run.WallClockAt(open.Start),
                ByteLength = open.Length,
            });
        }

        if (listed.Count == 0)
        {
            return null;
        }

        var first = segments.Count > 0 ? segments[0].Start : timeline.Open!.Start;
        return new MediaPlaylist
        {
            TargetDuration = Math.Max(timeline.TargetDuration ?? 10, MediaPlaylist.LeastTargetDuration(listed.Max(s => s.Duration))),
            Type = isGrowing ? null : MediaPlaylistType.Vod,
            IndependentSegments = segments.All(segment => segment.StartsWithSync),
            StartOffset = Math.Max(0, Timescale.Video.ToSeconds(start - first)),
            Segments = listed,
            Ended = !isGrowing,
        };
    }
}
