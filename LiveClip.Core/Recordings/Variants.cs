using LiveClip.Core.Catalog;
using LiveClip.Core.Hls;
using LiveClip.Core.Live;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Recordings;

/// <summary>Says what a player will get of a recording: of the codec configuration that it has now.</summary>
public sealed class Variants(SegmentStore store)
{
    /// <param name="uri">Of the media playlist, relative to the multivariant playlist's own address.</param>
    public MultivariantPlaylist Of(RecordingTimeline timeline, string uri)
    {
        var segments = timeline.Listed.ToList();
        var newest = segments[^1];
        // A sync sample alone, where an encoder was cut off, is no peak that a player has to be ready for.
        var usual = segments.Where(segment => segment.Duration >= Segmenter.MinSegment / 2).DefaultIfEmpty(newest);
        var run = timeline.FindRun(newest.Run)!;
        return new MultivariantPlaylist(
            uri,
            usual.Max(segment => BitRate(segment.Length, segment.Duration)),
            BitRate(segments.Sum(segment => segment.Length), segments.Sum(segment => segment.Duration)),
            run.Codecs)
        {
            Resolution = run.Width > 0 ? (run.Width, run.Height) : null,
            FrameRate = run.Width > 0 ? FrameRateOf(newest) : null,
        };
    }

    private static long BitRate(long bytes, long ticks) => Math.Max(1, bytes * 8 * MediaSegment.TicksPerSecond / Math.Max(1, ticks));

    private double? FrameRateOf(RecordedSegment segment)
    {
        using var bytes = store.Open(segment.RecordingId, segment.Run, segment.Number);
        var pictures = bytes?.Index.Fragments.SelectMany(fragment => fragment.Samples).Where(sample => sample.TrackId == VideoTrack.TrackId).ToList();
        return pictures is { Count: > 0 } && pictures.Sum(picture => (long)picture.Duration) is var length and > 0
            ? pictures.Count * (double)Timescale.Video.TicksPerSecond / length
            : null;
    }
}
