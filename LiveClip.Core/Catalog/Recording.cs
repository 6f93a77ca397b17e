namespace LiveClip.Core.Catalog;

/// <summary>One broadcast's stored timeline. Its 0 is the presentation time of the first picture; its unit is 1/90,000 s.</summary>
public sealed class Recording
{
    public required Guid Id { get; init; }

    public required string StreamId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Null while it is on air, also while the encoder is away.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>EXT-X-TARGETDURATION in seconds: fixed once known, since RFC 8216bis §4.4.3.1 forbids it to change.</summary>
    public int? TargetDuration { get; set; }

    /// <summary>Where the live stream's numbers stood when it began (<see cref="LiveStream.NextSegmentNumber"/>).</summary>
    public required long FirstSegmentNumber { get; init; }

    public required long FirstDiscontinuity { get; init; }

    /// <summary>
    /// The first segment that playlists list. Of those before it retention has left only what clips hold, and nobody wants to play
    /// from island to island.
    /// </summary>
    public long KeptFrom { get; set; }

    public List<Run> Runs { get; init; } = [];
}
