namespace LiveClip.Core.Live;

/// <summary>
/// How a gap of the timeline is listed: by one segment per target duration and a shorter one at its end, each with a media sequence
/// number. The same rule places them while the gap grows and finds them again by the numbers between two segments. Times in 1/90,000 s.
/// </summary>
public static class Gap
{
    /// <summary>A joint rather than a gap: two runs that follow each other meet to the millisecond, not to the tick.</summary>
    public const long Shortest = 4_500;

    /// <summary>
    /// Two hours of the shortest target duration: a server that was down for days makes no list of days. Behind such a gap the player's
    /// time is no longer the timeline.
    /// </summary>
    public const int MostSegments = 3_600;

    /// <summary>How many numbers a gap takes.</summary>
    public static int Count(long length, int targetDuration)
    {
        var (whole, rest) = Math.DivRem(Math.Max(length, 0), targetDuration * 90_000L);
        return (int)Math.Min(whole + (rest >= Shortest ? 1 : 0), MostSegments);
    }

    /// <summary>
    /// What each of those numbers lasts. Another count than the gap's own means that segments were lost: what they lasted nobody knows
    /// any more, and they share the length evenly.
    /// </summary>
    public static IEnumerable<long> Durations(long length, long count, int targetDuration)
    {
        var target = targetDuration * 90_000L;
        if (count != Count(length, targetDuration))
        {
            var share = Math.Clamp(length / Math.Max(count, 1), 0, Segmenter.Longest(targetDuration));
            return Enumerable.Range(0, (int)Math.Min(count, int.MaxValue)).Select(_ => share);
        }

        return Enumerable.Range(0, (int)count).Select(i => Math.Min(target, length - (i * target)));
    }
}
