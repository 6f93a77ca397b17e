using System.Globalization;
using System.Text.RegularExpressions;

namespace LiveClip.Tests.Support;

/// <summary>A media playlist with all that it says, right or wrong, for rules to be held against (RFC 8216bis §4).</summary>
internal sealed partial record HlsReading
{
    public required string Text { get; init; }

    /// <summary>What stands for the playlist as a whole, in order: a name may be there twice.</summary>
    public required IReadOnlyList<HlsTag> Tags { get; init; }

    public required IReadOnlyList<HlsMedia> Segments { get; init; }

    /// <summary>What stands behind the last address: the segment that is still growing, with its parts; null where there is nothing.</summary>
    public HlsMedia? Open { get; init; }

    /// <summary>Lines that are no part of any playlist.</summary>
    public required IReadOnlyList<string> Strange { get; init; }

    public int? TargetDuration => (int?)Number("EXT-X-TARGETDURATION");

    public long Version => Number("EXT-X-VERSION") ?? 1;

    public long MediaSequence => Number("EXT-X-MEDIA-SEQUENCE") ?? 0;

    public long DiscontinuitySequence => Number("EXT-X-DISCONTINUITY-SEQUENCE") ?? 0;

    public long Skipped => (long?)Find("EXT-X-SKIP")?.Decimal("SKIPPED-SEGMENTS") ?? 0;

    public decimal? PartTarget => Find("EXT-X-PART-INF")?.Decimal("PART-TARGET");

    public HlsTag? Control => Find("EXT-X-SERVER-CONTROL");

    public bool Ended => Find("EXT-X-ENDLIST") is not null;

    /// <summary>EXT-X-PRELOAD-HINT of a part; null where there is none.</summary>
    public Uri? NextPart { get; init; }

    /// <summary>Media sequence number of the last whole segment.</summary>
    public long LastNumber => MediaSequence + Skipped + Segments.Count - 1;

    public decimal Length => Segments.Sum(segment => segment.Duration ?? 0) + (Open?.Parts.Sum(part => part.Duration) ?? 0);

    public HlsTag? Find(string name) => Tags.FirstOrDefault(tag => tag.Name == name);

    /// <param name="address">Of the playlist itself, which its segments are relative to.</param>
    public static HlsReading Parse(string text, Uri address)
    {
        var reader = new LineReader(address);
        foreach (var line in text.Split('\n'))
        {
            reader.Read(line.TrimEnd('\r'));
        }

        var open = reader.Next.IsEmpty ? null : reader.Next;
        var reading = new HlsReading
        {
            Text = text,
            Tags = reader.Tags,
            Segments = reader.Segments,
            Open = open,
            Strange = reader.Strange,
            NextPart = reader.NextPart,
        };
        return reading.Numbered();
    }

    /// <summary>A delta update and what was known before it, as the one playlist that both are (§6.2.5.1); null when they do not meet.</summary>
    public HlsReading? MergedWith(HlsReading known)
    {
        var skipped = known.Segments.Where(segment => segment.Number >= MediaSequence && segment.Number < MediaSequence + Skipped).ToList();
        if (skipped is [{ Discontinuity: true } first, ..] && first.DiscontinuityNumber == DiscontinuitySequence)
        {
            // It is the first one by now, and its discontinuity is counted.
            skipped[0] = first with { Discontinuity = false };
        }

        return skipped.Count == Skipped
            ? (this with { Tags = [.. Tags.Where(tag => tag.Name != "EXT-X-SKIP")], Segments = [.. skipped, .. Segments] }).Numbered()
            : null;
    }

    /// <summary>Media sequence numbers and discontinuity sequence numbers of all segments (§3, §4.4.3.3).</summary>
    private HlsReading Numbered()
    {
        var (number, discontinuity) = (MediaSequence + Skipped, DiscontinuitySequence);
        var segments = new List<HlsMedia>(Segments.Count);
        foreach (var segment in Segments)
        {
            discontinuity += segment.Discontinuity ? 1 : 0;
            var same = segment.Number == number && segment.DiscontinuityNumber == discontinuity;
            segments.Add(same ? segment : segment with { Number = number, DiscontinuityNumber = discontinuity });
            number++;
        }

        return this with
        {
            Segments = segments,
            Open = Open is null ? null : Open with { Number = number, DiscontinuityNumber = discontinuity + (Open.Discontinuity ? 1 : 0) },
        };
    }

    private long? Number(string name) =>
        long.TryParse(Find(name)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex("(?<name>[A-Z0-9-]+)=(?<value>\"[^\"]*\"|[^,]*)")]
    internal static partial Regex Attribute();

    private sealed class LineReader(Uri address)
    {
        private Uri? _map;

        public List<HlsTag> Tags { get; } = [];

        public List<HlsMedia> Segments { get; } = [];

        public List<string> Strange { get; } = [];

        public HlsMedia Next { get; private set; } = new();

        public Uri? NextPart { get; private set; }

        public void Read(string line)
        {
            if (line.Length == 0)
            {
                return;
            }

            if (line[0] != '#')
            {
                Segments.Add(Next with { Address = new Uri(address, line), Map = _map });
                Next = new HlsMedia();
                return;
            }

            // §4.1: any other line that begins so is a comment.
            if (!line.StartsWith("#EXT", StringComparison.Ordinal))
            {
                return;
            }

            var tag = HlsTag.Parse(line[1..]);
            Next = tag.Name switch
            {
                "EXTINF" => Next with { Duration = Seconds(tag.Value.Split(',')[0]), IsTwice = Next.IsTwice || Next.Duration is not null },
                "EXT-X-MAP" => Next with { Map = _map = AddressOf(tag), IsLate = Next.IsLate || Next.Parts.Count > 0 },
                "EXT-X-DISCONTINUITY" => Next with { Discontinuity = true, IsLate = Next.IsLate || Next.Parts.Count > 0 },
                "EXT-X-PROGRAM-DATE-TIME" => Next with { Date = DateOf(tag), IsLate = Next.IsLate || Next.Parts.Count > 0 },
                "EXT-X-GAP" => Next with { Gap = true },
                "EXT-X-BYTERANGE" => Next with { ByteRange = tag.Value },
                "EXT-X-PART" => Next with { Map = _map, Parts = [.. Next.Parts, PartOf(tag)] },
                _ => Next,
            };
            if (!tag.IsOfSegment)
            {
                ReadOfPlaylist(tag, line);
            }
        }

        private void ReadOfPlaylist(HlsTag tag, string line)
        {
            if (!tag.IsKnown)
            {
                Strange.Add(line);
            }

            Tags.Add(tag with { IsBehindMedia = Segments.Count > 0 || !Next.IsEmpty });
            NextPart = tag.Name == "EXT-X-PRELOAD-HINT" ? AddressOf(tag) : NextPart;
        }

        private HlsPiece PartOf(HlsTag tag) =>
            new(AddressOf(tag), tag.Decimal("DURATION") ?? -1, tag["INDEPENDENT"] == "YES", tag["GAP"] == "YES");

        private Uri? AddressOf(HlsTag tag) => tag["URI"] is { Length: > 0 } uri ? new Uri(address, uri) : null;

        private static DateTimeOffset? DateOf(HlsTag tag) =>
            DateTimeOffset.TryParse(tag.Value, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

        private static decimal? Seconds(string text) =>
            decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
    }
}

/// <summary>A tag, its value as it stands there.</summary>
internal sealed record HlsTag(string Name, string Value)
{
    private static readonly string[] OfSegment =
        ["EXTINF", "EXT-X-MAP", "EXT-X-DISCONTINUITY", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-GAP", "EXT-X-BYTERANGE", "EXT-X-PART"];

    private static readonly string[] OfPlaylist =
    [
        "EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-PLAYLIST-TYPE",
        "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF", "EXT-X-SKIP", "EXT-X-PRELOAD-HINT",
        "EXT-X-DATERANGE", "EXT-X-ENDLIST",
    ];

    public bool IsOfSegment => Array.IndexOf(OfSegment, Name) >= 0;

    public bool IsKnown => IsOfSegment || Array.IndexOf(OfPlaylist, Name) >= 0;

    /// <summary>It stands behind something that belongs to a segment.</summary>
    public bool IsBehindMedia { get; init; }

    /// <summary>An attribute's value without quotes; null where it is not there.</summary>
    public string? this[string attribute] => HlsReading.Attribute().Matches(Value)
        .FirstOrDefault(match => match.Groups["name"].Value == attribute)?.Groups["value"].Value.Trim('"');

    public static HlsTag Parse(string line) =>
        line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? new HlsTag(line[..colon], line[(colon + 1)..]) : new HlsTag(line, "");

    public decimal? Decimal(string attribute) =>
        decimal.TryParse(this[attribute], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>One segment of a playlist with what applies to it.</summary>
internal sealed record HlsMedia
{
    public long Number { get; init; }

    public long DiscontinuityNumber { get; init; }

    public Uri? Address { get; init; }

    public Uri? Map { get; init; }

    /// <summary>EXTINF, seconds.</summary>
    public decimal? Duration { get; init; }

    public bool Discontinuity { get; init; }

    public DateTimeOffset? Date { get; init; }

    public bool Gap { get; init; }

    public string? ByteRange { get; init; }

    public IReadOnlyList<HlsPiece> Parts { get; init; } = [];

    /// <summary>What applies to all of it stands behind its first part.</summary>
    public bool IsLate { get; init; }

    /// <summary>It has more than one duration.</summary>
    public bool IsTwice { get; init; }

    public bool IsEmpty => this == new HlsMedia();
}

/// <summary>A partial segment.</summary>
internal sealed record HlsPiece(Uri? Address, decimal Duration, bool Independent, bool Gap);
