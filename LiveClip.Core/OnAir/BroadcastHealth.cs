namespace LiveClip.Core.OnAir;

/// <summary>
/// What the encoder that publishes now is sending, measured over its last seconds, and what was counted since the broadcast began.
/// </summary>
public sealed record BroadcastHealth
{
    /// <summary>Of the coded picture after cropping; 0 while no picture has come.</summary>
    public int Width { get; init; }

    public int Height { get; init; }

    /// <summary>What the coded stream says of itself; null when it says nothing.</summary>
    public double? AnnouncedFramesPerSecond { get; init; }

    /// <summary>Fields are allowed, so the source is interlaced in all likelihood.</summary>
    public bool IsInterlaced { get; init; }

    public bool HasAudio { get; init; }

    /// <summary>Pictures by their own time stamps.</summary>
    public double FramesPerSecond { get; init; }

    /// <summary>Sound and pictures by their own time stamps.</summary>
    public double BitsPerSecond { get; init; }

    /// <summary>Between the last two sync samples; 0 before the second.</summary>
    public double GopSeconds { get; init; }

    /// <summary>Since the last sync sample.</summary>
    public double OpenGopSeconds { get; init; }

    /// <summary>
    /// How far media runs ahead of its arrival since the publish began, in seconds; negative when it falls behind. Null before any came.
    /// </summary>
    public double? LeadSeconds { get; init; }

    /// <summary>
    /// How far sound arrives ahead of the pictures it belongs to, in seconds; null without both in the last two seconds.
    /// </summary>
    public double? SkewSeconds { get; init; }

    /// <summary>How often somebody has begun to publish.</summary>
    public int Publishes { get; init; }

    public long VideoBytes { get; init; }

    public long AudioBytes { get; init; }

    public long Pictures { get; init; }
}
