using System.Globalization;
using System.Text;

namespace LiveClip.Core.Hls;

/// <summary>A multivariant playlist with one variant stream (RFC 8216bis §4.4.6), so that players know what they will get.</summary>
/// <param name="Uri">Of the variant's media playlist.</param>
/// <param name="Bandwidth">The highest bit rate of a segment, bits a second.</param>
/// <param name="AverageBandwidth">Of all segments.</param>
/// <param name="Codecs">RFC 6381 names.</param>
public sealed record MultivariantPlaylist(string Uri, long Bandwidth, long AverageBandwidth, string Codecs)
{
    /// <summary>Of the pictures, in pixels; null where there is only sound.</summary>
    public (int Width, int Height)? Resolution { get; init; }

    /// <summary>Pictures a second; null where there is only sound.</summary>
    public double? FrameRate { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:7\n");
        text.Append(
            CultureInfo.InvariantCulture, $"#EXT-X-STREAM-INF:BANDWIDTH={Bandwidth},AVERAGE-BANDWIDTH={AverageBandwidth},CODECS=\"{Codecs}\"");
        if (Resolution is var (width, height))
        {
            text.Append(CultureInfo.InvariantCulture, $",RESOLUTION={width}x{height}");
        }

        if (FrameRate is { } rate)
        {
            text.Append(CultureInfo.InvariantCulture, $",FRAME-RATE={rate:0.000}");
        }

        return text.Append('\n').Append(Uri).Append('\n').ToString();
    }
}
