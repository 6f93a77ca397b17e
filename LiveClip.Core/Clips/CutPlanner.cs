namespace LiveClip.Core.Clips;

/// <summary>
/// Decides how the pictures of a clip come into its file, so that it shows exactly those from the in point to the out point: copied as
/// they are from the first sync sample on, and encoded anew where they depend on pictures that are not in the clip – before that sync
/// sample, and at the end where a picture that is shown earlier is predicted from one that is shown later.
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
        List<CutPart> parts =
        [
            .. runs.SelectMany(run => run.IsSound
                ? PlanSound(start, Math.Min(end, run.End), run)
                : PlanPictures(Snap(start, run.Pictures), Math.Min(Snap(end, run.Pictures), run.End), run)),
        ];
        return parts.Count == 0 ? null : new CutPlan(parts);
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

    private static IEnumerable<CutPart> PlanSound(long start, long end, PictureRun run)
    {
        var packets = run.Pictures;
        var first = IndexOf(packets, 0, packet => packet.PresentationTime + packet.Duration > start);
        var count = first < 0 ? 0 : packets.Skip(first).TakeWhile(packet => packet.PresentationTime < end).Count();
        if (count > 0)
        {
            var last = packets[first + count - 1];
            yield return new CopiedPart(
                run.Run,
                first,
                count,
                Math.Max(start, packets[first].PresentationTime),
                Math.Min(end, last.PresentationTime + last.Duration),
                count);
        }
    }

    private static IEnumerable<CutPart> PlanPictures(long start, long end, PictureRun run)
    {
        var pictures = run.Pictures;
        var from = DecodingStart(pictures, start);
        if (from < 0)
        {
            yield break;
        }

        // Where the run begins later than the in point, with its first sync sample.
        var shown = FirstShown(pictures, Math.Max(start, pictures[from].PresentationTime));
        if (shown >= end)
        {
            yield break;
        }

        var key = IndexOf(pictures, from, picture => picture.IsSync && picture.PresentationTime >= shown);
        if (key < 0 || pictures[key].PresentationTime >= end)
        {
            yield return Encoded(run, shown, end);
            yield break;
        }

        if (pictures[key].PresentationTime > shown)
        {
            yield return Encoded(run, shown, pictures[key].PresentationTime);
        }

        var (last, tail) = CleanPrefix(pictures, key, end);
        yield return new CopiedPart(
            run.Run,
            key,
            last - key + 1,
            pictures[key].PresentationTime,
            tail ?? EndOf(run, end),
            Count(pictures, key, last, pictures[key].PresentationTime, tail ?? end));
        if (tail is { } behind)
        {
            yield return Encoded(run, behind, end);
        }
    }

    /// <summary>
    /// The last sync sample that is shown at or before the point. One that is shown later is of no use even if it is decoded earlier:
    /// the point is then among its leading pictures, which are predicted from the group before.
    /// </summary>
    /// <returns>The first sync sample where there is none; -1 where there is none at all.</returns>
    private static int DecodingStart(IReadOnlyList<Picture> pictures, long point)
    {
        for (var i = pictures.Count - 1; i >= 0; i--)
        {
            if (pictures[i].IsSync && pictures[i].PresentationTime <= point)
            {
                return i;
            }
        }

        return IndexOf(pictures, 0, picture => picture.IsSync);
    }

    private static long FirstShown(IReadOnlyList<Picture> pictures, long point)
    {
        var first = long.MaxValue;
        foreach (var picture in pictures)
        {
            first = picture.PresentationTime >= point ? Math.Min(first, picture.PresentationTime) : first;
        }

        return first;
    }

    private static EncodedPart Encoded(PictureRun run, long start, long end)
    {
        var pictures = run.Pictures;
        var from = DecodingStart(pictures, start);
        var last = from;
        for (var i = from; i < pictures.Count; i++)
        {
            last = pictures[i].PresentationTime >= start && pictures[i].PresentationTime < end ? i : last;
        }

        return new EncodedPart(
            run.Run, from, last - from + 1, start, EndOf(run, end), Count(pictures, from, last, start, end));
    }

    /// <summary>
    /// How far, in decode order, the pictures shown before the out point can be copied: up to the last place where none of them is
    /// missing in between, and none has been predicted from a picture that is shown later. Order decides and not spacing, which
    /// milliseconds and changing frame rates make uneven.
    /// </summary>
    /// <returns>The last picture, and the presentation time of the first one that has to be encoded; null when that is none.</returns>
    private static (int Last, long? Tail) CleanPrefix(IReadOnlyList<Picture> pictures, int key, long end)
    {
        var zero = pictures[key].PresentationTime;
        var earliestBehind = EarliestBehind(pictures, zero, end);
        var (clean, newest) = (key, zero);
        for (var i = key; i < pictures.Count; i++)
        {
            var time = pictures[i].PresentationTime;
            if (time >= end && pictures[i].IsReference)
            {
                break;
            }

            if (time < zero || time >= end)
            {
                continue;
            }

            newest = Math.Max(newest, time);
            clean = earliestBehind[i] > newest ? i : clean;
        }

        return (clean, earliestBehind[clean] == long.MaxValue ? null : earliestBehind[clean]);
    }

    /// <summary>For each picture, the first one on screen from zero to end among those that are decoded after it.</summary>
    private static long[] EarliestBehind(IReadOnlyList<Picture> pictures, long zero, long end)
    {
        var earliest = new long[pictures.Count];
        earliest[^1] = long.MaxValue;
        for (var i = pictures.Count - 2; i >= 0; i--)
        {
            var time = pictures[i + 1].PresentationTime;
            earliest[i] = time >= zero && time < end ? Math.Min(earliest[i + 1], time) : earliest[i + 1];
        }

        return earliest;
    }

    /// <summary>Where the last picture before the out point ends: where the next one is shown.</summary>
    private static long EndOf(PictureRun run, long end)
    {
        var (last, next) = (default(Picture), long.MaxValue);
        foreach (var picture in run.Pictures)
        {
            if (picture.PresentationTime >= end)
            {
                next = Math.Min(next, picture.PresentationTime);
            }
            else if (picture.PresentationTime >= last.PresentationTime)
            {
                last = picture;
            }
        }

        var itself = next < long.MaxValue ? next : last.PresentationTime + last.Duration;
        return Math.Min(itself, Math.Max(run.End, last.PresentationTime + 1));
    }

    private static int Count(IReadOnlyList<Picture> pictures, int first, int last, long start, long end)
    {
        var count = 0;
        for (var i = first; i <= last; i++)
        {
            count += pictures[i].PresentationTime >= start && pictures[i].PresentationTime < end ? 1 : 0;
        }

        return count;
    }

    private static int IndexOf(IReadOnlyList<Picture> pictures, int from, Predicate<Picture> match)
    {
        for (var i = from; i < pictures.Count; i++)
        {
            if (match(pictures[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
