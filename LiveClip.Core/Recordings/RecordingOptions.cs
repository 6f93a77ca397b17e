using System.ComponentModel.DataAnnotations;

namespace LiveClip.Core.Recordings;

/// <summary>Section <c>LiveClip:Recordings</c>.</summary>
public sealed class RecordingOptions
{
    /// <summary>Where media and catalog live; set from <c>LiveClip:DataDirectory</c>, absolute.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>How much a recorder may have waiting for the disk before it drops whole segments, in MiB.</summary>
    [Range(1, 1024)]
    public int WriterQueueMiB { get; init; } = 32;

    /// <summary>How long media of a stream without recording is kept for clips, in minutes.</summary>
    [Range(1, 1440)]
    public int RollingMinutes { get; init; } = 10;
}
