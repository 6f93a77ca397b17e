namespace LiveClip.Core.Catalog;

/// <summary>One segment of a recording: a file of whole movie fragments.</summary>
public sealed class RecordedSegment
{
    public required Guid RecordingId { get; init; }

    /// <summary>Media sequence number; counts through the life of the live stream.</summary>
    public required long Number { get; init; }

    public required int Run { get; init; }

    /// <summary>
    /// Presentation time of its first picture on the recording's timeline, 1/90,000 s; earlier behind a picture that lasted longer than a
    /// segment may.
    /// </summary>
    public required long Start { get; init; }

    /// <summary>1/90,000 s.</summary>
    public required long Duration { get; init; }

    public required long Length { get; init; }

    /// <summary>False where it had to be cut without a sync sample: decoding cannot begin here.</summary>
    public required bool StartsWithSync { get; init; }

    public long End => Start + Duration;
}
