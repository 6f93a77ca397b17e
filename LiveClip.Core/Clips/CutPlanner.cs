namespace LiveClip.Core.Clips;

/// <summary>
/// Decides which pictures a clip holds. It begins with the last sync sample that is shown at or before the in point and ends with the
/// first decode-order prefix, at or after the out point, whose pictures have no hole in display order: cutting earlier would break
/// pictures that are predicted from dropped ones, and no decoder would say so.
/// </summary>
public static class CutPlanner
{
    /// <summary>RTMP's milliseconds put pictures up to half a millisecond off n/fps: a point that near to a picture names it.</summary>
    internal const long Tolerance = 180;

    /// <param name="start">In point, 1/90,000 s on the timeline.</param>
    /// <param name="end">Out point: the first picture that is not asked for.</param>
    /// <param name="runs">The runs that the range touches, in order; each reaches a second or to its end behind the out point.</param>
    /// <returns>Null when no picture lies in the range.</returns>
    public static CutPlan? Plan(long start, long end, IReadOnlyList<PictureRun> runs)
    {
        var parts = new List<CopiedPart>();
        var frames = 0;
        foreach (var run in runs)
        {
            var (from, to) = (Snap(start, run.Pictures), Math.Min(Snap(end, run.Pictures), run.End));
            if (PlanRun(from, to, run, isFirst: parts.Count == 0) is not { } part)
            {
                continue;
            }

            parts.Add(part);
            frames += Enumerable.Range(part.First, part.Count).Count(i => run.Pictures[i].PresentationTime >= part.Start);
        }

        return parts.Count == 0 ? null : new CutPlan(parts, frames);
    }

    /// <summary>The presentation time of the picture that the point names, else the point itself.</summary>
    public static long Snap(long point, IReadOnlyList<Picture> pictures)
    {
        if (pictures.Count == 0)
        {
            return point;
        }

        var nearest = pictures.MinBy(picture => Math.Abs(picture.PresentationTime - point));
        var off = Math.Abs(nearest.PresentationTime - point);
        return off <= Math.Min(Tolerance, nearest.Duration / 4) ? nearest.PresentationTime : point;
    }

    private static CopiedPart? PlanRun(long start, long end, PictureRun run, bool isFirst)
    {
        var pictures = run.Pictures;
        if (!pictures.Any(picture => picture.PresentationTime + picture.Duration > start && picture.PresentationTime < end))
        {
            return null;
        }

        var first = isFirst ? LastSyncAt(start, pictures) : FirstSync(pictures);
        if (first < 0)
        {
            return null;
        }

        var from = pictures[first].PresentationTime;
        var count = CountUpTo(end, pictures, first);
        var last = Enumerable.Range(first, count).Select(i => pictures[i]).MaxBy(picture => picture.PresentationTime);
        return new CopiedPart(run.Run, first, count, from, EndOf(last, run));
    }

    private static int LastSyncAt(long point, IReadOnlyList<Picture> pictures)
    {
        for (var i = pictures.Count - 1; i >= 0; i--)
        {
            if (pictures[i].IsSync && pictures[i].PresentationTime <= point)
            {
                return i;
            }
        }

        return FirstSync(pictures);
    }

    private static int FirstSync(IReadOnlyList<Picture> pictures)
    {
        var i = 0;
        while (i < pictures.Count && !pictures[i].IsSync)
        {
            i++;
        }

        return i < pictures.Count ? i : -1;
    }

    /// <summary>
    /// The smallest number of pictures that holds all that are asked for and has no hole: what comes later is shown later. Their order
    /// decides and not their spacing, which milliseconds and changing frame rates make uneven.
    /// </summary>
    private static int CountUpTo(long end, IReadOnlyList<Picture> pictures, int first)
    {
        var needed = first;
        for (var i = first; i < pictures.Count; i++)
        {
            if (pictures[i].PresentationTime < end)
            {
                needed = i;
            }
        }

        var latest = pictures.Skip(first).Take(needed - first + 1).Max(picture => picture.PresentationTime);
        var earliestBehind = EarliestBehind(pictures);
        for (var i = needed; i < pictures.Count; i++)
        {
            latest = Math.Max(latest, pictures[i].PresentationTime);
            if (earliestBehind[i] > latest)
            {
                return i - first + 1;
            }
        }

        return pictures.Count - first;
    }

    /// <summary>For each picture, the presentation time of the first one on screen among those that are decoded after it.</summary>
    private static long[] EarliestBehind(IReadOnlyList<Picture> pictures)
    {
        var earliest = new long[pictures.Count];
        earliest[^1] = long.MaxValue;
        for (var i = pictures.Count - 2; i >= 0; i--)
        {
            earliest[i] = Math.Min(earliest[i + 1], pictures[i + 1].PresentationTime);
        }

        return earliest;
    }

    private static long EndOf(Picture last, PictureRun run)
    {
        var next = run.Pictures.Where(picture => picture.PresentationTime > last.PresentationTime)
            .Select(picture => (long?)picture.PresentationTime).Min();
        return Math.Min(next ?? last.PresentationTime + last.Duration, Math.Max(run.End, last.PresentationTime + 1));
    }
}
