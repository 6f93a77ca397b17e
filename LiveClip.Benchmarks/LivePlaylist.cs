using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace LiveClip.Benchmarks;

/// <summary>What a player takes out of a low-latency playlist.</summary>
/// <param name="Segment">The media sequence number of the segment that is still growing.</param>
/// <param name="Part">How many of its parts there are.</param>
/// <param name="Parts">The addresses of all parts that are listed, by their numbers, relative to the playlist's.</param>
/// <param name="Pictures">Of the stream up to the end of the last part: the picture with that number is what has completed it.</param>
internal sealed partial record LivePlaylist(long Segment, int Part, SortedList<int, string> Parts, int Pictures)
{
    private const int PicturesPerSecond = 30;
    private const int PicturesPerSegment = 60;

    public static LivePlaylist Parse(ReadOnlySpan<byte> body, bool isPacked)
    {
        var (first, whole, open, seconds) = (0L, 0L, 0, 0.0);
        var parts = new SortedList<int, string>();
        foreach (var line in TextOf(body.ToArray(), isPacked).Split('\n'))
        {
            if (line.StartsWith("#EXT-X-PART:", StringComparison.Ordinal))
            {
                var part = PartLine().Match(line);
                parts.Add(int.Parse(part.Groups["number"].Value, CultureInfo.InvariantCulture), part.Groups["uri"].Value);
                (open, seconds) = (open + 1, seconds + double.Parse(part.Groups["duration"].Value, CultureInfo.InvariantCulture));
            }
            else if (line.StartsWith("#EXTINF:", StringComparison.Ordinal))
            {
                (whole, open, seconds) = (whole + 1, 0, 0);
            }
            else if (line.StartsWith("#EXT-X-MEDIA-SEQUENCE:", StringComparison.Ordinal)
                || line.StartsWith("#EXT-X-SKIP:SKIPPED-SEGMENTS=", StringComparison.Ordinal))
            {
                first += long.Parse(line.AsSpan(line.LastIndexOfAny([':', '=']) + 1), CultureInfo.InvariantCulture);
            }
        }

        var pictures = ((first + whole) * PicturesPerSegment) + (long)Math.Round(seconds * PicturesPerSecond);
        return new LivePlaylist(first + whole, open, parts, (int)pictures);
    }

    private static string TextOf(byte[] body, bool isPacked)
    {
        if (!isPacked)
        {
            return Encoding.UTF8.GetString(body);
        }

        using var unpacked = new StreamReader(new GZipStream(new MemoryStream(body), CompressionMode.Decompress));
        return unpacked.ReadToEnd();
    }

    [GeneratedRegex(@"DURATION=(?<duration>[\d.]+),URI=""(?<uri>[^""]*/p(?<number>\d+)\.m4s)""")]
    private static partial Regex PartLine();
}
