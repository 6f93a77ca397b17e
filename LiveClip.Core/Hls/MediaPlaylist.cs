using System.Globalization;
using System.Text;

namespace LiveClip.Core.Hls;

/// <summary>A media playlist's text (RFC 8216bis §4.4). Built from numbers and server-made addresses only.</summary>
public sealed record MediaPlaylist
{
    /// <summary>EXT-X-TARGETDURATION, seconds.</summary>
    public required int TargetDuration { get; init; }

    public long MediaSequence { get; init; }

    public long DiscontinuitySequence { get; init; }

    public MediaPlaylistType? Type { get; init; }

    /// <summary>Every segment begins with a sync sample (EXT-X-INDEPENDENT-SEGMENTS, §4.4.2.1).</summary>
    public bool IndependentSegments { get; init; }

    /// <summary>Where playback is to begin, seconds in the player's time (EXT-X-START with PRECISE=YES, §4.4.2.2).</summary>
    public double? StartOffset { get; init; }

    public required IReadOnlyList<MediaSegment> Segments { get; init; }

    /// <summary>Nothing will be added (EXT-X-ENDLIST).</summary>
    public bool Ended { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:7\n", 256 + (Segments.Count * 128));
        Line(text, $"#EXT-X-TARGETDURATION:{TargetDuration}");
        Line(text, $"#EXT-X-MEDIA-SEQUENCE:{MediaSequence}");
        if (DiscontinuitySequence > 0)
        {
            Line(text, $"#EXT-X-DISCONTINUITY-SEQUENCE:{DiscontinuitySequence}");
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
            Line(text, $"#EXT-X-START:TIME-OFFSET={start:0.######},PRECISE=YES");
        }

        string? map = null;
        foreach (var segment in Segments)
        {
            segment.AppendTo(text, withMap: segment.Map != map);
            map = segment.Map;
        }

        return text.Append(Ended ? "#EXT-X-ENDLIST\n" : "").ToString();
    }

    /// <summary>The least EXT-X-TARGETDURATION for segments of up to that length, which count rounded to the second (§4.4.3.1).</summary>
    public static int LeastTargetDuration(long longest) => (int)Math.Ceiling((longest / (double)MediaSegment.TicksPerSecond) - 0.499);

    internal static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

public enum MediaPlaylistType
{
    /// <summary>Segments are only added, never removed.</summary>
    Event,
    Vod,
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

    internal void AppendTo(StringBuilder text, bool withMap)
    {
        if (Discontinuity)
        {
            text.Append("#EXT-X-DISCONTINUITY\n");
        }

        if (withMap)
        {
            MediaPlaylist.Line(text, $"#EXT-X-MAP:URI=\"{Map}\"");
        }

        if (ProgramDateTime is { } moment)
        {
            MediaPlaylist.Line(text, $"#EXT-X-PROGRAM-DATE-TIME:{moment.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}");
        }

        if (Gap)
        {
            text.Append("#EXT-X-GAP\n");
        }

        MediaPlaylist.Line(text, $"#EXTINF:{Duration / (decimal)TicksPerSecond:0.000000},");
        if (ByteLength is { } length)
        {
            MediaPlaylist.Line(text, $"#EXT-X-BYTERANGE:{length}@0");
        }

        text.Append(Uri).Append('\n');
    }
}
