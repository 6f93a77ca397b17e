using System.Buffers.Text;
using System.Security.Cryptography;

namespace LiveClip.Core.Catalog;

/// <summary>A piece of a recording that somebody asked for. All times are on the recording's timeline, in 1/90,000 s.</summary>
public sealed class Clip
{
    public required Guid Id { get; init; }

    public required string StreamId { get; init; }

    public required Guid RecordingId { get; init; }

    /// <summary>Made by the asking program, so that a repeat of the request makes nothing twice; unique within the stream.</summary>
    public Guid? ClientId { get; init; }

    /// <summary>The unguessable last part of the share link: 22 characters, 128 random bits.</summary>
    public required string Slug { get; init; }

    public string? Title { get; set; }

    public List<string> Tags { get; set; } = [];

    public ClipStatus Status { get; set; }

    public required long RequestedStart { get; init; }

    public required long RequestedEnd { get; init; }

    /// <summary>The range to be cut: what was requested, less what the length cap or the end of the recording took.</summary>
    public required long Start { get; init; }

    public required long End { get; init; }

    public required bool Trimmed { get; init; }

    /// <summary>Presentation time of the first picture in the file; null until it is ready.</summary>
    public long? DeliveredStart { get; set; }

    /// <summary>End of the last picture in the file.</summary>
    public long? DeliveredEnd { get; set; }

    public int? DeliveredFrames { get; set; }

    /// <summary>Playing time of the file, 1/90,000 s: less than the delivered range where a gap lies inside it.</summary>
    public long? Duration { get; set; }

    public int Width { get; set; }

    public int Height { get; set; }

    /// <summary>Bytes of the file; a start makes it again when it has another length.</summary>
    public long? Length { get; set; }

    /// <summary>How it was cut, as JSON; the clipping engine's.</summary>
    public string? Report { get; set; }

    public bool HasPoster { get; set; }

    public string? Error { get; set; }

    /// <summary>Who made it: a user name or an API token's id.</summary>
    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; set; }

    /// <summary>Its link is dead from here on; the files go seven days later.</summary>
    public DateTimeOffset? DeletedAt { get; set; }

    public static string NewSlug() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
}

/// <summary>How far a clip is; the API writes these in lower case. A deleted clip has <see cref="Clip.DeletedAt"/>.</summary>
public enum ClipStatus
{
    Queued,
    Cutting,
    Ready,
    Failed,
}
