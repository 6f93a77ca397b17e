using LiveClip.Core.Live;
using LiveClip.Core.OnAir;

namespace LiveClip.Core.Health;

/// <summary>How a stream was in one second. About 130 bytes, so that the last hour of a stream stays below 500 KiB.</summary>
public readonly record struct HealthReading
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>Another one after each connect: what two publishes send does not compare.</summary>
    public int Publish { get; init; }

    /// <summary>False while the reconnect window runs: only the server's own figures mean anything.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Of the pictures that arrived in this second, by the clock on the wall.</summary>
    public float VideoBitsPerSecond { get; init; }

    public float AudioBitsPerSecond { get; init; }

    /// <summary>That arrived in this second.</summary>
    public float PicturesPerSecond { get; init; }

    public ushort Width { get; init; }

    public ushort Height { get; init; }

    public bool HasAudio { get; init; }

    public bool IsInterlaced { get; init; }

    /// <summary><see cref="BroadcastHealth.FramesPerSecond"/>.</summary>
    public float FramesPerSecond { get; init; }

    /// <summary><see cref="BroadcastHealth.AnnouncedFramesPerSecond"/>.</summary>
    public float? AnnouncedFramesPerSecond { get; init; }

    /// <summary><see cref="BroadcastHealth.GopSeconds"/>.</summary>
    public float GopSeconds { get; init; }

    /// <summary><see cref="BroadcastHealth.OpenGopSeconds"/>.</summary>
    public float OpenGopSeconds { get; init; }

    /// <summary><see cref="BroadcastHealth.LeadSeconds"/>.</summary>
    public float? LeadSeconds { get; init; }

    /// <summary><see cref="BroadcastHealth.SkewSeconds"/>.</summary>
    public float? SkewSeconds { get; init; }

    /// <summary>The longest that the disk took with a fragment.</summary>
    public float DiskDelaySeconds { get; init; }

    /// <summary>Samples that a reader was too slow for, in this second.</summary>
    public int Dropped { get; init; }

    /// <summary>How often the encoder was back, or another one took over, in this second.</summary>
    public int Reconnects { get; init; }

    public AudienceReading Audience { get; init; }

    /// <summary>Requests that are held until there is what they ask for.</summary>
    public int Waiting { get; init; }

    /// <summary>How many of each <see cref="Repair"/> in this second; null when there was none.</summary>
    public int[]? RepairsByKind { get; init; }

    public int Repairs => RepairsByKind?.Sum() ?? 0;

    public bool IsSilent => VideoBitsPerSecond == 0 && AudioBitsPerSecond == 0;
}
