using System.ComponentModel.DataAnnotations;
using LiveClip.Core.Catalog;

namespace LiveClip.Core.Recordings;

/// <summary>Section <c>LiveClip:Recordings</c>.</summary>
public sealed class RecordingOptions
{
    /// <summary>Where media and catalog live; set from <c>LiveClip:DataDirectory</c>, absolute.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>How much a recorder may have waiting for the disk before it drops whole segments, in MiB.</summary>
    [Range(1, 1024)]
    public int WriterQueueMiB { get; init; } = 32;

    /// <summary>How long recordings are kept where their stream says nothing else, in days; 0 is for ever.</summary>
    [Range(0, LiveStream.MaxRetentionDays)]
    public int RetentionDays { get; init; } = 7;

    /// <summary>How much of a stream's recordings is kept where it says nothing else, beside what clips hold; 0 is all of it.</summary>
    [Range(0, LiveStream.MaxRetentionGiB)]
    public int RetentionGiB { get; init; }

    /// <summary>How long media of a stream without recording is kept for clips, in minutes.</summary>
    [Range(1, 1440)]
    public int RollingMinutes { get; init; } = 10;
}
