namespace LiveClip.Core.Storage;

/// <summary>How much room the disk has for recordings, and what that means for them.</summary>
/// <param name="FreeBytes">Of the data directory's file system, to this program.</param>
/// <param name="UsableBytes">What of it recordings may take.</param>
/// <param name="BytesPerSecond">What the recordings on air add at their present bit rates.</param>
/// <param name="MissingBytes">What has to be removed so that it is critical no longer; 0 when it is not.</param>
public sealed record Headroom(
    StorageLevel Level, long FreeBytes, long TotalBytes, long UsableBytes, double BytesPerSecond, long MissingBytes)
{
    /// <summary>A level that was entered is left only with so much more room, so that none flickers.</summary>
    private const double Slack = 1.1;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>How long the present bit rates can be recorded; null while nothing is on air.</summary>
    public TimeSpan? TimeLeft =>
        BytesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Min(UsableBytes / BytesPerSecond, Longest.TotalSeconds)) : null;

    /// <summary>PURE.</summary>
    /// <param name="before">The level so far.</param>
    public static Headroom Of(StorageLevel before, long freeBytes, long totalBytes, double bytesPerSecond, StorageOptions options)
    {
        var usable = Math.Max(0, freeBytes - MiB(options.ReserveMiB));
        var level = IsBelow(StorageLevel.Paused) ? StorageLevel.Paused
            : IsBelow(StorageLevel.Critical) ? StorageLevel.Critical
            : IsBelow(StorageLevel.Low) ? StorageLevel.Low
            : StorageLevel.Ok;
        var missing = level >= StorageLevel.Critical ? Math.Max(0, FreeAbove(StorageLevel.Critical) - freeBytes) : 0;
        return new Headroom(level, freeBytes, totalBytes, usable, bytesPerSecond, missing);

        bool IsBelow(StorageLevel level)
        {
            var slack = before >= level ? Slack : 1;
            return (level == StorageLevel.Paused && freeBytes < MiB(options.PauseMiB) * slack)
                || (bytesPerSecond > 0 && usable < Seconds(level, options) * bytesPerSecond * slack);
        }

        // Behind the slack of both: what was removed for it is to end it.
        long FreeAbove(StorageLevel level) => (long)Math.Ceiling(Slack * Math.Max(
            MiB(options.PauseMiB),
            Math.Max(Seconds(level, options), Seconds(StorageLevel.Paused, options)) * bytesPerSecond)) + MiB(options.ReserveMiB);
    }

    private static double Seconds(StorageLevel level, StorageOptions options) => level switch
    {
        StorageLevel.Paused => options.PauseMinutes * 60,
        StorageLevel.Critical => options.CriticalHours * 3600,
        _ => options.LowHours * 3600,
    };

    private static long MiB(int count) => (long)count << 20;
}

/// <summary>What there is room for, the worst last; the API writes these in lower case.</summary>
public enum StorageLevel
{
    Ok,

    /// <summary>A few hours: people are told.</summary>
    Low,

    /// <summary>The oldest media that no clip holds is removed.</summary>
    Critical,

    /// <summary>Nothing is recorded. The live picture goes on, and clips of what is in memory.</summary>
    Paused,
}
