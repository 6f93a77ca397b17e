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

    /// <summary>A delta update leaves out what ends further than this from the end, in target durations: the least that is allowed.</summary>
    private const int SkippedTargetDurations = 6;

    /// <summary>Parts are listed of segments that end no further than this from the end, in target durations.</summary>
    private const int PartsTargetDurations = 3;

    /// <summary>By so much a part may look longer than it is: its own first time and the next one's are rounded to milliseconds.</summary>
    private const long Rounding = 360;

    /// <param name="prefix">What stands before <c>{run}/{number}.m4s</c> in the addresses, relative to the playlist's own.</param>
    /// <param name="older">Of this recording's playlist with that prefix, from one time to the next; null to write all of it.</param>
    public static MediaPlaylist Of(RecordingTimeline timeline, string prefix, PlaylistForm form, OlderSegments? older = null)
    {
        var targetDuration = timeline.TargetDuration ?? 10;
        var isWhole = form.HasFlag(PlaylistForm.Whole) || !timeline.OnAir;
        var inParts = form.HasFlag(PlaylistForm.Parts) && timeline.OnAir;
        var newestFirst = isWhole ? NewestFirst(timeline, targetDuration) : [.. LastMinute(NewestFirst(timeline, targetDuration))];
        var first = isWhole ? FirstOf(timeline) : newestFirst.LastOrDefault();
        var end = newestFirst.FirstOrDefault()?.End ?? 0;
        var isDelta = inParts && form.HasFlag(PlaylistForm.Delta);
        // A whole playlist is what a delta update leaves out, which is kept as text, and that update.
        var known = isDelta || older is not null ? end - (SkippedTargetDurations * targetDuration * 90_000L) : long.MinValue;
        var places = newestFirst.TakeWhile(place => place.End > known).Reverse().ToList();
        var before = newestFirst.ElementAtOrDefault(places.Count) ?? first;
        WrittenSegments? written = null;
        if (!isDelta && places.Count > 0 && places[0].Number > first!.Number)
        {
            written = older!.Write(
                first.Number,
                places[0].Number,
                timeline.Lost,
                from => OlderFrom(timeline, from, newestFirst.Skip(places.Count), prefix));
            if (written is null)
            {
                return Of(timeline, prefix, form);
            }
        }

        var segments = new List<MediaSegment>(places.Count);
        foreach (var place in places)
        {
            var parts = inParts && place.End > end - (PartsTargetDurations * targetDuration * 90_000L)
                ? timeline.InMemory.FirstOrDefault(segment => segment.Number == place.Number)
                : null;
            segments.Add(SegmentOf(timeline, place, prefix, place.Discontinuity != before!.Discontinuity, parts));
            before = place;
        }

        return new MediaPlaylist
        {
            TargetDuration = targetDuration,
            MediaSequence = first?.Number ?? Math.Max(timeline.Recording.FirstSegmentNumber, timeline.Recording.KeptFrom),
            // A run that began was listed, and their numbers have no holes: as many have left the list as there are before its first.
            DiscontinuitySequence = timeline.Recording.FirstDiscontinuity + (first?.Discontinuity ?? 0),
            Type = timeline.OnAir ? null : MediaPlaylistType.Vod,
            // Of all that were ever listed, not of these: what is said of a live playlist may be taken back, and not come and go.
            IndependentSegments = timeline.IsIndependent && written is not { AreIndependent: false } && places.TrueForAll(place => place.IsIndependent),
            LowLatency = inParts ? LowLatencyOf(targetDuration) : null,
            Skipped = isDelta && places.Count > 0 ? places[0].Number - first!.Number : 0,
            Written = written,
            Segments = segments,
            Open = inParts && timeline.Open is { } open ? OpenOf(timeline, open, prefix, before) : null,
            NextPart = inParts && timeline.NextPart is { } next ? $"{prefix}{next.Run}/p{next.Number}.m4s" : null,
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

    private static IEnumerable<(MediaSegment Segment, bool IsIndependent)> OlderFrom(
        RecordingTimeline timeline, long from, IEnumerable<Place> newestFirst, string prefix)
    {
        Place? before = null;
        // With the one in front of them.
        foreach (var place in newestFirst.TakeWhile(place => place.Number >= from - 1).Reverse())
        {
            if (place.Number >= from)
            {
                var discontinuity = before is not null && place.Discontinuity != before.Discontinuity;
                yield return (SegmentOf(timeline, place, prefix, discontinuity, parts: null), place.IsIndependent);
            }

            before = place;
        }
    }

    private static MediaSegment SegmentOf(RecordingTimeline timeline, Place place, string prefix, bool discontinuity, LiveSegment? parts) =>
        place.Segment is { } segment
            ? SegmentOf(segment, timeline.FindRun(segment.Run)!, prefix, discontinuity, timeline.Lost.Contains(segment.Number)) with
            {
                Parts = parts is null ? [] : PartsOf(parts, prefix),
            }
            : new MediaSegment($"{prefix}{place.Run}/{place.Number}.m4s", $"{prefix}{place.Run}/init.mp4", place.Duration)
            {
                Discontinuity = discontinuity,
                Gap = true,
            };

    private static MediaSegment OpenOf(RecordingTimeline timeline, LiveSegment open, string prefix, Place? before) =>
        new($"{prefix}{open.Run}/{open.Number}.m4s", $"{prefix}{open.Run}/init.mp4", 0)
        {
            Discontinuity = before is not null && before.Discontinuity != open.Run,
            ProgramDateTime = timeline.FindRun(open.Run)!.WallClockAt(open.Start),
            Parts = PartsOf(open, prefix),
        };

    /// <summary>Up to one that is longer than parts may be: a picture that lasts that long. The rest is had with its segment.</summary>
    private static IReadOnlyList<MediaPart> PartsOf(LiveSegment segment, string prefix) =>
    [
        .. segment.Fragments.TakeWhile(fragment => fragment.Duration <= Segmenter.PartTarget + Rounding).Select(fragment => new MediaPart(
            $"{prefix}{fragment.Run}/p{fragment.Part}.m4s", Math.Min(fragment.Duration, Segmenter.PartTarget), fragment.StartsWithSync)),
    ];

    /// <summary>Both kinds of players stay as close to the end as they may (RFC 8216bis §4.4.3.8).</summary>
    private static LowLatency LowLatencyOf(int targetDuration) =>
        new(Segmenter.PartTarget / 90_000m, 3 * Segmenter.PartTarget / 90_000m, 3 * targetDuration, SkippedTargetDurations * targetDuration);

    private static Place? FirstOf(RecordingTimeline timeline) =>
        timeline.Listed.FirstOrDefault() is { } first ? PlaceOf(first) : null;

    private static Place PlaceOf(RecordedSegment segment) =>
        new(segment.Number, segment.Run, segment.Run, segment.Start, segment.Duration, segment);

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
            yield return PlaceOf(all[i]);
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
    private sealed record Place(long Number, int Run, long Discontinuity, long Start, long Duration, RecordedSegment? Segment)
    {
        public long End => Start + Duration;

        /// <summary>Nothing of it has to be decoded with the help of what lies in front of it.</summary>
        public bool IsIndependent => Segment is not { StartsWithSync: false };
    }
}

/// <summary>What of a recording on air a playlist lists; one that is over is always whole.</summary>
[Flags]
public enum PlaylistForm
{
    /// <summary>The last minute, in whole segments.</summary>
    None = 0,

    /// <summary>The whole recording.</summary>
    Whole = 1,

    /// <summary>The newest segments by their parts too, and how to wait for the next one.</summary>
    Parts = 2,

    /// <summary>Without the segments that whoever asks knows already.</summary>
    Delta = 4,
}
