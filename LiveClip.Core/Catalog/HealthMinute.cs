namespace LiveClip.Core.Catalog;

/// <summary>What an encoder sent, and how the server got on with it, in a minute of a broadcast; the first and last may be shorter.</summary>
public sealed class HealthMinute
{
    public required string StreamId { get; init; }

    /// <summary>When its first reading was taken.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Null while there was nothing to record yet.</summary>
    public Guid? RecordingId { get; init; }

    /// <summary>How many readings it sums up, one a second.</summary>
    public required int Readings { get; init; }

    public required double VideoBitsPerSecond { get; init; }

    public required double LowestVideoBitsPerSecond { get; init; }

    public required double HighestVideoBitsPerSecond { get; init; }

    public required double AudioBitsPerSecond { get; init; }

    public required double FramesPerSecond { get; init; }

    public required double LowestFramesPerSecond { get; init; }

    public required double LongestGopSeconds { get; init; }

    /// <summary>The one furthest from 0; null when sound and picture were never there together.</summary>
    public double? LargestSkewSeconds { get; init; }

    public double? LowestLeadSeconds { get; init; }

    public required double LongestDiskDelaySeconds { get; init; }

    public required int Repairs { get; init; }

    public required int Dropped { get; init; }

    public required int Reconnects { get; init; }

    /// <summary>Types of the issues that were seen, with commas between them.</summary>
    public required string Issues { get; init; }
}
