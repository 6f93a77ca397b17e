using System.Globalization;
using System.Text;

namespace LiveClip.Core.Hls;

/// <summary>A media playlist's text (RFC 8216bis §4.4). Built from numbers and server-made addresses only.</summary>
public sealed record MediaPlaylist
{
    /// <summary>
    /// Where parts are listed and nothing is said of what comes next, hls.js takes the last segment for the one that grows, and stops for
    /// good when its number is not the next one's. Any line behind it keeps it from that.
    /// </summary>
    private const string AwayComment = "# The encoder is away.\n";

    /// <summary>EXT-X-TARGETDURATION, seconds.</summary>
    public required int TargetDuration { get; init; }

    public long MediaSequence { get; init; }

    public long DiscontinuitySequence { get; init; }

    public MediaPlaylistType? Type { get; init; }

    /// <summary>Every segment begins with a sync sample (EXT-X-INDEPENDENT-SEGMENTS, §4.4.2.1).</summary>
    public bool IndependentSegments { get; init; }

    /// <summary>Where playback is to begin, seconds in the player's time (EXT-X-START with PRECISE=YES, §4.4.2.2).</summary>
    public double? StartOffset { get; init; }

    /// <summary>Null where the playlist is over, or for players that ask for whole segments only.</summary>
    public LowLatency? LowLatency { get; init; }

    /// <summary>So many segments in front of the first one are left out, which whoever asked for this knows (EXT-X-SKIP, §4.4.5.2).</summary>
    public long Skipped { get; init; }

    /// <summary>What stands in front of <see cref="Segments"/> and was written before; null when they are all.</summary>
    public WrittenSegments? Written { get; init; }

    public required IReadOnlyList<MediaSegment> Segments { get; init; }

    /// <summary>The segment that is still growing: its parts are listed, and not itself.</summary>
    public MediaSegment? Open { get; init; }

    /// <summary>Where the part that comes next will be (EXT-X-PRELOAD-HINT, §4.4.5.3).</summary>
    public string? NextPart { get; init; }

    /// <summary>Nothing will be added (EXT-X-ENDLIST).</summary>
    public bool Ended { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder(512 + (Written?.Text.Length ?? 0) + (Segments.Count * 128));
        AppendHead(text);
        text.Append(Written?.Text);
        var map = Written?.Map;
        foreach (var segment in Segments)
        {
            segment.AppendTo(text, withMap: segment.Map != map, isWhole: true);
            map = segment.Map;
        }

        Open?.AppendTo(text, withMap: Open.Map != map, isWhole: false);
        if (NextPart is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{NextPart}\"\n");
        }
        else if (LowLatency is not null && Open is null)
        {
            text.Append(AwayComment);
        }

        return text.Append(Ended ? "#EXT-X-ENDLIST\n" : "").ToString();
    }

    /// <summary>The least EXT-X-TARGETDURATION for segments of up to that length, which count rounded to the second (§4.4.3.1).</summary>
    public static int LeastTargetDuration(long longest) => (int)Math.Ceiling((longest / (double)MediaSegment.TicksPerSecond) - 0.499);

    private void AppendHead(StringBuilder text)
    {
        // EXT-X-MAP asks for 6, EXT-X-SKIP for 9; a playlist that is read again keeps its version (§8).
        text.Append(CultureInfo.InvariantCulture, $"#EXTM3U\n#EXT-X-VERSION:{(LowLatency is null ? 7 : 9)}\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-TARGETDURATION:{TargetDuration}\n");
        LowLatency?.AppendTo(text);
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{MediaSequence}\n");
        // Players count from it; where segments leave, it has to be there before the first discontinuity has left (§6.2.2).
        if (DiscontinuitySequence > 0 || !Ended)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-DISCONTINUITY-SEQUENCE:{DiscontinuitySequence}\n");
        }

        if (Type is { } type)
        {
            text.Append("#EXT-X-PLAYLIST-TYPE:").Append(type == MediaPlaylistType.Event ? "EVENT\n" : "VOD\n");
        }

        if (IndependentSegments)
        {
            text.Append("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }

        if (StartOffset is { } start)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-START:TIME-OFFSET={start:0.######},PRECISE=YES\n");
        }

        if (Skipped > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-SKIP:SKIPPED-SEGMENTS={Skipped}\n");
        }
    }
}

public enum MediaPlaylistType
{
    /// <summary>Segments are only added, never removed.</summary>
    Event,
    Vod,
}

/// <summary>Segments as they stand in a playlist.</summary>
/// <param name="Map">The last one's, which need not be said again.</param>
public sealed record WrittenSegments(string Text, string? Map)
{
    /// <summary>Each begins with a sync sample.</summary>
    public bool AreIndependent { get; init; }
}

/// <summary>How a live playlist is read at low latency (RFC 8216bis §4.4.3.7, §4.4.3.8). All in seconds.</summary>
/// <param name="PartTarget">No part is longer.</param>
/// <param name="PartHoldBack">As far as this from the end stays a player that plays parts.</param>
/// <param name="HoldBack">As far as this one that does not.</param>
/// <param name="SkipUntil">What is further than this from the end may be left out of a delta update.</param>
public sealed record LowLatency(decimal PartTarget, decimal PartHoldBack, decimal HoldBack, decimal SkipUntil)
{
    internal void AppendTo(StringBuilder text) => text.Append(
        CultureInfo.InvariantCulture,
        $"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={SkipUntil},HOLD-BACK={HoldBack},PART-HOLD-BACK={PartHoldBack}\n#EXT-X-PART-INF:PART-TARGET={PartTarget}\n");
}

/// <summary>One media segment with the tags that apply to it (RFC 8216bis §4.4.4).</summary>
/// <param name="Duration">EXTINF in ticks of <see cref="TicksPerSecond"/>.</param>
public sealed record MediaSegment(string Uri, string Map, long Duration)
{
    public const int TicksPerSecond = 90_000;

    /// <summary>The timestamps or the codec configuration do not go on from the segment before.</summary>
    public bool Discontinuity { get; init; }

    /// <summary>UTC of its first picture.</summary>
    public DateTimeOffset? ProgramDateTime { get; init; }

    /// <summary>It cannot be had (EXT-X-GAP).</summary>
    public bool Gap { get; init; }

    /// <summary>Only the first so many bytes of the file (EXT-X-BYTERANGE).</summary>
    public long? ByteLength { get; init; }

    /// <summary>What of it could be had while it grew; none once it is far from the live edge.</summary>
    public IReadOnlyList<MediaPart> Parts { get; init; } = [];

    /// <param name="isWhole">Else it is still growing, and only its parts are there.</param>
    internal void AppendTo(StringBuilder text, bool withMap, bool isWhole)
    {
        if (Discontinuity)
        {
            text.Append("#EXT-X-DISCONTINUITY\n");
        }

        if (withMap)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MAP:URI=\"{Map}\"\n");
        }

        if (ProgramDateTime is { } moment)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PROGRAM-DATE-TIME:{moment.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}\n");
        }

        if (Gap)
        {
            text.Append("#EXT-X-GAP\n");
        }

        foreach (var part in Parts)
        {
            part.AppendTo(text);
        }

        if (!isWhole)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"#EXTINF:{Duration / (decimal)TicksPerSecond:0.000000},\n");
        if (ByteLength is { } length)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-BYTERANGE:{length}@0\n");
        }

        text.Append(Uri).Append('\n');
    }
}

/// <summary>A partial segment (EXT-X-PART, RFC 8216bis §4.4.4.9).</summary>
/// <param name="Duration">In ticks of <see cref="MediaSegment.TicksPerSecond"/>.</param>
/// <param name="Independent">It begins with a sync sample.</param>
public sealed record MediaPart(string Uri, long Duration, bool Independent)
{
    internal void AppendTo(StringBuilder text)
    {
        var duration = Duration / (decimal)MediaSegment.TicksPerSecond;
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PART:DURATION={duration:0.000000},URI=\"{Uri}\"");
        text.Append(Independent ? ",INDEPENDENT=YES\n" : "\n");
    }
}
