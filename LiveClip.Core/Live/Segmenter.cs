using LiveClip.Core.Hls;

namespace LiveClip.Core.Live;

/// <summary>
/// Decides where a movie fragment and a segment end: a segment at the first sync sample past 1.9 s, a fragment every 0.3 s.
/// All times are in 1/90,000 s.
/// </summary>
public static class Segmenter
{
    /// <summary>Just below two seconds, so that the milliseconds of RTMP do not push a 2 s GOP into the next segment.</summary>
    public const long MinSegment = 171_000;

    /// <summary>
    /// EXT-X-PART-INF:PART-TARGET: what viewers are behind by, thrice; and what a crash may cost, with the picture that is held until it
    /// is clear how long it lasts. Two milliseconds above 0.3 s, so that nine pictures of 29.97 a second fit in, and the milliseconds of
    /// RTMP: at 15 pictures a second and more, a whole number of them is within 15 % of it (RFC 8216bis §4.4.4.9).
    /// </summary>
    public const long PartTarget = 27_180;

    /// <summary>Pictures in a segment, whatever their time stamps say.</summary>
    public const int MostPictures = 2_500;

    public const long LongestFragmentBytes = 8 << 20;

    public const long LongestSegmentBytes = 64 << 20;

    /// <summary>How long the sync interval may take to show before the target duration is fixed without it.</summary>
    public const long TargetDeadline = 4 * 90_000;

    private const int MinTarget = 2;
    private const int MaxTarget = 10;

    /// <summary>What ends before a sample of <paramref name="duration"/> that follows what is open.</summary>
    /// <param name="targetDuration">EXT-X-TARGETDURATION in seconds; null while it is not fixed.</param>
    public static Cut Before(bool isSync, long duration, long openFragment, long openSegment, int? targetDuration)
    {
        if (openSegment == 0)
        {
            return Cut.Nothing;
        }

        if ((isSync && openSegment >= MinSegment) || openSegment + duration > Longest(targetDuration))
        {
            return Cut.Segment;
        }

        return openFragment > 0 && openFragment + duration > PartTarget ? Cut.Fragment : Cut.Nothing;
    }

    /// <summary>What ends before a picture because of what is held of it: time stamps that stand still never fill half a second.</summary>
    public static Cut BySize(int picturesInSegment, long openFragmentBytes, long openSegmentBytes, long pictureBytes)
    {
        if (picturesInSegment >= MostPictures
            || (picturesInSegment > 0 && openSegmentBytes + openFragmentBytes + pictureBytes > LongestSegmentBytes))
        {
            return Cut.Segment;
        }

        return openFragmentBytes > 0 && openFragmentBytes + pictureBytes > LongestFragmentBytes ? Cut.Fragment : Cut.Nothing;
    }

    /// <summary>
    /// EXT-X-TARGETDURATION for a sync interval: segments are whole multiples of it, and a segment's length, rounded, must not exceed
    /// the target (RFC 8216bis §4.4.3.1). Ten seconds when the interval is unknown.
    /// </summary>
    public static int TargetDuration(long? syncInterval)
    {
        if (syncInterval is not > 0)
        {
            return MaxTarget;
        }

        var segment = (MinSegment + syncInterval.Value - 1) / syncInterval.Value * syncInterval.Value;
        return Math.Clamp(MediaPlaylist.LeastTargetDuration(segment), MinTarget, MaxTarget);
    }

    /// <summary>The longest segment that, rounded, does not exceed the target duration.</summary>
    /// <param name="targetDuration">In seconds; null while it is not fixed.</param>
    public static long Longest(int? targetDuration) => ((targetDuration ?? MaxTarget) * 90_000L) + 44_900;

    /// <summary>
    /// Where a segment is said to end. Only a picture that lasts longer than any segment may reaches behind it: the rest of its time is
    /// the next one's.
    /// </summary>
    /// <param name="end">Where its media ends.</param>
    /// <param name="targetDuration">In seconds; null while it is not fixed.</param>
    public static long EndOf(long start, long end, int? targetDuration) => Math.Min(end, start + Longest(targetDuration));
}

public enum Cut
{
    Nothing,
    Fragment,

    /// <summary>The fragment and its segment.</summary>
    Segment,
}
