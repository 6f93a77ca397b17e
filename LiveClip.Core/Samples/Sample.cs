namespace LiveClip.Core.Samples;

/// <summary>
/// One coded access unit (ISO 14496-12 §3.1): an H.264 picture as length-prefixed NAL units, or one AAC frame. Immutable once
/// published, so that every reader shares its bytes.
/// </summary>
public sealed record Sample
{
    public required Track Track { get; init; }

    /// <summary>In ticks of the track.</summary>
    public required long DecodeTime { get; init; }

    /// <summary>Presentation time less decode time, in ticks of the track; may be negative.</summary>
    public int CompositionOffset { get; init; }

    /// <summary>In ticks of the track; 0 until the following sample is known.</summary>
    public int Duration { get; init; }

    /// <summary>Decodable without earlier samples (ISO 14496-12 §8.6.2); true for all sound.</summary>
    public required bool IsSync { get; init; }

    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>When it arrived: <see cref="TimeProvider.GetTimestamp"/> of the server's monotonic clock.</summary>
    public long Arrival { get; init; }

    /// <summary>
    /// Counts the breaks of the encoder's clock (a new publish, a jump): two samples compare in time only when it is equal.
    /// </summary>
    public int TimestampBreak { get; init; }

    /// <summary>Samples before it were dropped on the way to this reader: there is a hole in front of it.</summary>
    public bool FollowsHole { get; init; }

    public long PresentationTime => DecodeTime + CompositionOffset;
}
