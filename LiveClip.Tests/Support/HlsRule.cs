namespace LiveClip.Tests.Support;

/// <summary>What RFC 8216bis asks of a server like ours, each with its clause; some of it is stricter here than there, and says so.</summary>
internal static class HlsRule
{
    public const string Lines = "4.1, 4.4.1.1: #EXTM3U comes first, each line is a known tag, a comment or an address, and there are no control characters";
    public const string Once = "4.4.1.2, 4.4.3, 4.4.5: a tag of the playlist stands there once";
    public const string Version = "8: the version is what the tags ask for, or more";
    public const string TargetDuration = "4.4.3.1: no segment, rounded to the second, is longer than the target duration";
    public const string Numbers = "4.4.3.2, 4.4.3.3: the sequence numbers stand in front of the first segment";
    public const string DiscontinuityNumber = "6.2.2: a live playlist with discontinuities, which segments leave, has a discontinuity sequence number";
    public const string Type = "6.2.2: a live playlist has no type";
    public const string End = "4.4.3.4: a playlist that is over has no segment that grows, no hint and nothing behind its end";
    public const string Duration = "4.4.4.1: each segment has one duration, which is positive";
    public const string Map = "3.1.2, 4.4.4.5: each segment has an init segment, another one only behind a discontinuity";
    public const string Date = "4.4.4.6, 6.2.1: each run's first segment has a date, and all dates of a run are those of its timeline";
    public const string Overlap = "6.2.1: no date has two places, but for less than a second";
    public const string Gap = "4.4.4.7: what cannot be had has no parts that can";
    public const string PartTarget = "4.4.3.7: parts have a target duration";
    public const string PartLength = "4.4.4.9: no part is longer than the part target, and none shorter than 85 % of it but the last of a segment";
    public const string PartPlace = "4.4.4.9: what applies to a segment stands in front of its parts, and parts have an address and are there once";
    public const string PartSum = "3.2: the parts of a segment are no longer than the segment";
    public const string Independent = "4.4.2.1, 4.4.4.9: where all segments are independent, so is the first part of each";
    public const string Control = "4.4.3.8: PART-HOLD-BACK ≥ 3 part targets (2 must be), HOLD-BACK ≥ 3 and CAN-SKIP-UNTIL ≥ 6 target durations";
    public const string Hint = "4.4.5.3: what is hinted at is a part that is not listed yet";
    public const string Skip = "4.4.5.2, 6.2.5.1: only what lies behind the skip boundary is left out, where there is one";
    public const string Start = "4.4.2.2: a start lies in the playlist, and not in the last three target durations of a live one";

    // From one reading of an address to the next.
    public const string Head = "6.2.1: version, target duration, part target and server control never change while it is live, and independence does not come back";
    public const string MediaSequence = "6.2.2: the media sequence number never goes back";
    public const string Removal = "6.2.1, 6.2.2: segments leave at the front only, and three target durations stay";
    public const string Segment = "6.2.1, 6.2.2: a segment never changes: address, length, run, init segment, date, whether it can be had";
    public const string Discontinuities = "6.2.2: the discontinuity sequence number never goes back, and each segment keeps its own";
    public const string Parts = "6.2.1: parts are only added, or all gone from a segment that is whole";
    public const string Promise = "4.4.5.3: the part that comes is the one that was hinted at, unless another run begins";
    public const string Over = "4.4.3.4, 6.2.1: what is over never changes";
    public const string Delta = "6.2.5.1: a delta update leaves out only what was known, and says with it what the whole playlist says";
    public const string Blocking = "6.2.5.2: the answer holds what was asked for";

    // What the addresses hold.
    public const string Available = "6.2.1: what is listed can be had at once";
    public const string Bytes = "3.2: a segment is its parts, end to end";
    public const string Content = "3.1.2, 4.4.4.9: segments and parts are whole movie fragments that last as long as is said, and begin with a sync sample where that is said";
}

/// <summary>A rule of <see cref="HlsRule"/> that is broken, and where.</summary>
internal sealed record HlsFault(string Rule, string Where)
{
    public override string ToString() => $"§{Rule} – {Where}";
}
