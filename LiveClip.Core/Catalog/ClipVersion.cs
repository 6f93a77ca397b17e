namespace LiveClip.Core.Catalog;

/// <summary>A version of a clip that has a file. Its fields mean what they mean in <see cref="Clip"/>.</summary>
public sealed class ClipVersion
{
    public required Guid ClipId { get; init; }

    public required int Number { get; init; }

    public required long RequestedStart { get; init; }

    public required long RequestedEnd { get; init; }

    public required long Start { get; init; }

    public required long End { get; init; }

    public required long DeliveredStart { get; init; }

    public required long DeliveredEnd { get; init; }

    public required int DeliveredFrames { get; init; }

    public required long Duration { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required DateTimeOffset ReadyAt { get; init; }

    /// <summary>The newest version of a clip that is ready, as it stands now.</summary>
    public static ClipVersion Of(Clip clip) => new()
    {
        ClipId = clip.Id,
        Number = clip.Version,
        RequestedStart = clip.RequestedStart,
        RequestedEnd = clip.RequestedEnd,
        Start = clip.Start,
        End = clip.End,
        DeliveredStart = clip.DeliveredStart ?? clip.Start,
        DeliveredEnd = clip.DeliveredEnd ?? clip.End,
        DeliveredFrames = clip.DeliveredFrames ?? 0,
        Duration = clip.Duration ?? clip.End - clip.Start,
        Width = clip.Width,
        Height = clip.Height,
        ReadyAt = clip.ReadyAt ?? clip.CreatedAt,
    };
}
