using System.Buffers.Text;
using System.Security.Cryptography;

namespace LiveClip.Core.Catalog;

/// <summary>
/// A piece of a recording that somebody asked for, as its newest version has it. All times are on the recording's timeline, in 1/90,000 s.
/// </summary>
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

    /// <summary>1, 2, 3 …: each change of its range is cut anew, behind the same link.</summary>
    public int Version { get; set; } = 1;

    public ClipStatus Status { get; set; }

    public required long RequestedStart { get; set; }

    public required long RequestedEnd { get; set; }

    /// <summary>The range to be cut: what was requested, less what the length cap or the end of the recording took.</summary>
    public required long Start { get; set; }

    /// <summary>It may lie ahead of the live edge: then the clip waits for it.</summary>
    public required long End { get; set; }

    public required bool Trimmed { get; set; }

    /// <summary>Why the range is not the requested one; null while it is.</summary>
    public TrimReason? TrimReason { get; set; }

    /// <summary>What to do where the encoder was away inside the range.</summary>
    public OnGap OnGap { get; set; }

    /// <summary>Where the encoder was away inside the range, or another run begins.</summary>
    public IReadOnlyList<ClipGap> Gaps { get; set; } = [];

    /// <summary>Until then, at least, the recording around the clip is kept, so that it can be trimmed and extended.</summary>
    public required DateTimeOffset TrimmableUntil { get; set; }

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

    /// <summary>Those that were ready and have been replaced.</summary>
    public List<ClipVersion> Versions { get; init; } = [];

    /// <summary>All that can be played, oldest first; <see cref="Versions"/> has to be loaded.</summary>
    public IEnumerable<ClipVersion> ReadyVersions => Status == ClipStatus.Ready
        ? Versions.OrderBy(version => version.Number).Append(ClipVersion.Of(this))
        : Versions.OrderBy(version => version.Number);

    /// <summary>What the link plays; null until there is any.</summary>
    public ClipVersion? NewestReady => ReadyVersions.LastOrDefault();

    public static string NewSlug() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
}

/// <summary>How far a clip is; the API writes these in lower case. A deleted clip has <see cref="Clip.DeletedAt"/>.</summary>
public enum ClipStatus
{
    Queued,

    /// <summary>Its end lies ahead of the live edge.</summary>
    Waiting,
    Cutting,
    Ready,
    Failed,
}

/// <summary>Why a clip's range is shorter than the requested one.</summary>
public enum TrimReason
{
    /// <summary>The stream's length cap.</summary>
    MaxLength,

    /// <summary>The newest so many seconds were asked for, and the recording has fewer.</summary>
    RecordingStart,

    /// <summary>It reached beyond the end of a recording that was over.</summary>
    RecordingEnd,

    /// <summary>It was waiting for its end when the broadcast ended.</summary>
    BroadcastEnded,
}

/// <summary>What becomes of a range inside which the encoder was away or changed its settings.</summary>
public enum OnGap
{
    /// <summary>The pictures on both sides follow each other.</summary>
    Splice,

    /// <summary>No clip is made.</summary>
    Reject,
}

/// <summary>A stretch of the timeline without pictures; of no length where one run follows right behind another.</summary>
public sealed record ClipGap(long Start, long End);
