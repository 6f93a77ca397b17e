using System.Globalization;

namespace LiveClip.Tests.Support;

/// <summary>A media playlist as a player reads it (RFC 8216bis §4.4).</summary>
public sealed record HlsPlaylist
{
    public required string Text { get; init; }

    public required IReadOnlyList<HlsSegment> Segments { get; init; }

    /// <summary>Without the gaps.</summary>
    public IReadOnlyList<HlsSegment> Recorded => [.. Segments.Where(segment => !segment.Gap)];

    /// <summary>Of the segment that is still growing.</summary>
    public IReadOnlyList<Uri> OpenParts { get; init; } = [];

    /// <summary>EXT-X-PRELOAD-HINT; null where there is none.</summary>
    public Uri? NextPart { get; init; }

    public bool Ended => Lines.Contains("#EXT-X-ENDLIST");

    public long MediaSequence => Number("#EXT-X-MEDIA-SEQUENCE:") ?? 0;

    public long DiscontinuitySequence => Number("#EXT-X-DISCONTINUITY-SEQUENCE:") ?? 0;

    public long TargetDuration => Number("#EXT-X-TARGETDURATION:") ?? throw new FormatException("no EXT-X-TARGETDURATION");

    private string[] Lines => Text.Split('\n');

    public static async Task<HlsPlaylist> ReadAsync(HttpResponseMessage response) =>
        Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(), response.RequestMessage!.RequestUri!);

    /// <param name="address">Of the playlist itself, which its segments are relative to.</param>
    public static HlsPlaylist Parse(string text, Uri address)
    {
        var segments = new List<HlsSegment>();
        var next = new HlsSegment();
        Uri? hint = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (tag, value) = colon > 0 ? (line[..colon], line[(colon + 1)..]) : (line, "");
            switch (tag)
            {
                case "#EXTINF":
                    next = next with { Duration = decimal.Parse(value.TrimEnd(','), CultureInfo.InvariantCulture) };
                    break;
                case "#EXT-X-MAP":
                    next = next with { Map = new Uri(address, value.Split('"')[1]) };
                    break;
                case "#EXT-X-PROGRAM-DATE-TIME":
                    next = next with { ProgramDateTime = DateTimeOffset.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "#EXT-X-DISCONTINUITY":
                    next = next with { Discontinuity = true };
                    break;
                case "#EXT-X-PART":
                    next = next with { Parts = [.. next.Parts, new Uri(address, value.Split('"')[1])] };
                    break;
                case "#EXT-X-PRELOAD-HINT":
                    hint = new Uri(address, value.Split('"')[1]);
                    break;
                case "#EXT-X-GAP":
                    next = next with { Gap = true };
                    break;
                case var _ when !line.StartsWith('#'):
                    segments.Add(next with { Address = new Uri(address, line) });
                    next = new HlsSegment { Map = next.Map };
                    break;
            }
        }
        return new HlsPlaylist { Text = text, Segments = segments, OpenParts = next.Parts, NextPart = hint };
    }

    /// <summary>
    /// Each run as a file: its init segment and its segments end to end. (ffmpeg itself keeps the first init segment of a playlist for all
    /// that follow.)
    /// </summary>
    public async Task<IReadOnlyList<string>> DownloadRunsAsync(HttpClient viewer, TempFolder folder)
    {
        var files = new List<string>();
        foreach (var run in Recorded.GroupBy(segment => segment.Map!))
        {
            await using var file = File.Create(folder.File($"run-{Guid.NewGuid():N}.mp4"));
            foreach (var address in run.Select(segment => segment.Address!).Prepend(run.Key))
            {
                await file.WriteAsync(await viewer.GetByteArrayAsync(address));
            }
            files.Add(file.Name);
        }
        return files;
    }

    private long? Number(string tag) =>
        Lines.FirstOrDefault(line => line.StartsWith(tag, StringComparison.Ordinal)) is { } line
            ? long.Parse(line.AsSpan(tag.Length), CultureInfo.InvariantCulture)
            : null;
}

/// <summary>One segment with the tags that apply to it.</summary>
public sealed record HlsSegment
{
    public Uri? Address { get; init; }

    public Uri? Map { get; init; }

    /// <summary>EXTINF, seconds.</summary>
    public decimal Duration { get; init; }

    public DateTimeOffset? ProgramDateTime { get; init; }

    public bool Discontinuity { get; init; }

    public bool Gap { get; init; }

    public IReadOnlyList<Uri> Parts { get; init; } = [];
}
