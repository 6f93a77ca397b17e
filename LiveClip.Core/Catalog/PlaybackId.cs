namespace LiveClip.Core.Catalog;

/// <summary>A public name under which a live stream is played; never the stream's key.</summary>
public sealed class PlaybackId
{
    public required Guid Id { get; init; }

    public required string StreamId { get; init; }

    public required AccessPolicy AccessPolicy { get; init; }
}
