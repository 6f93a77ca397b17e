using System.ComponentModel.DataAnnotations;

namespace LiveClip.Core.Storage;

/// <summary>Section <c>LiveClip:Storage</c>: how much room the disk is to have, in hours of recording at the present bit rates.</summary>
public sealed class StorageOptions
{
    /// <summary>Whose file system is watched; set from <c>LiveClip:DataDirectory</c>, absolute.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>What recordings leave to the catalog and the logs, in MiB; no hour is counted on it.</summary>
    [Range(0, 1_048_576)]
    public int ReserveMiB { get; init; } = 512;

    /// <summary>With less room than this the dashboard warns, in hours.</summary>
    [Range(0.0, 1000.0)]
    public double LowHours { get; init; } = 4;

    /// <summary>With less room than this the oldest media that no clip holds is removed, in hours.</summary>
    [Range(0.0, 1000.0)]
    public double CriticalHours { get; init; } = 1;

    /// <summary>With less room than this recording pauses, in minutes.</summary>
    [Range(0.0, 1440.0)]
    public double PauseMinutes { get; init; } = 10;

    /// <summary>With less free space than this recording pauses, whatever the bit rate, in MiB.</summary>
    [Range(0, 1_048_576)]
    public int PauseMiB { get; init; } = 1024;
}
