using LiveClip.Core.Changes;
using LiveClip.Core.Live;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Storage;

/// <summary>
/// Watches how much room the data directory's disk has, and lets recordings pause before it is full. A file system tells nobody that
/// its space is gone or back, so it is asked every two seconds.
/// </summary>
public sealed partial class DiskWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>For so long a write that failed is believed more than the system's figures.</summary>
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(5);

    private readonly LiveWindows _windows;
    private readonly ChangeFeed _changes;
    private readonly StorageOptions _options;
    private readonly Ballast _ballast;
    private readonly TimeProvider _time;
    private readonly ILogger<DiskWatch> _logger;
    private readonly Lock _gate = new();
    private Headroom _now;
    private long? _fullSince;
    private bool _isBlind;

    public DiskWatch(
        LiveWindows windows, ChangeFeed changes, Ballast ballast, IOptions<StorageOptions> options, TimeProvider time,
        ILogger<DiskWatch> logger)
    {
        (_windows, _changes, _ballast, _options, _time, _logger) = (windows, changes, ballast, options.Value, time, logger);
        _now = Headroom.Of(StorageLevel.Ok, long.MaxValue, long.MaxValue, 0, _options);
        Measure();
    }

    /// <summary>As of the last two seconds.</summary>
    public Headroom Now => Volatile.Read(ref _now);

    /// <summary>Segments that begin now are not written.</summary>
    public bool IsPaused => Now.Level == StorageLevel.Paused;

    /// <summary>A write has just failed for want of space: recording pauses at once, whatever the system's figures say.</summary>
    public void ReportFull()
    {
        lock (_gate)
        {
            _fullSince = _time.GetTimestamp();
        }

        Measure();
    }

    /// <summary>Looks at the disk now.</summary>
    public void Measure()
    {
        if (Read() is not { } disk)
        {
            return;
        }

        Headroom before, now;
        lock (_gate)
        {
            before = _now;
            now = Headroom.Of(before.Level, disk.Free, disk.Total, BytesPerSecond(), _options);
            if (_fullSince is { } since && _time.GetElapsedTime(since) < FullFor)
            {
                now = now with { Level = StorageLevel.Paused };
            }

            Volatile.Write(ref _now, now);
        }

        if (now.Level != before.Level)
        {
            Log(before.Level, now);
        }

        if (now.Level != before.Level || (now.Level != StorageLevel.Ok && Minutes(now) != Minutes(before)))
        {
            _changes.Publish(new StorageChanged());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Measure();
            HoldBallast();
        }
    }

    private void HoldBallast()
    {
        if (IsPaused || Now.FreeBytes == 0)
        {
            return;
        }

        try
        {
            _ballast.Hold();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is tried again with the next look at the disk; what ails that is told where media cannot be written.
        }
    }

    /// <summary>Null when the disk does not say; what it said last stands.</summary>
    private (long Free, long Total)? Read()
    {
        try
        {
            var drive = new DriveInfo(_options.DataDirectory);
            var read = (Math.Max(0, drive.AvailableFreeSpace - _ballast.Missing), drive.TotalSize);
            _isBlind = false;
            return read;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!_isBlind)
            {
                _isBlind = true;
                LogBlind(error);
            }

            return null;
        }
    }

    /// <summary>By the media's own time: a file that is pushed faster than it plays is not taken for a day of such a rate.</summary>
    private double BytesPerSecond() => _windows.All().Sum(window => window.BytesPerSecond);

    private static double? Minutes(Headroom headroom) => headroom.TimeLeft is { } left ? Math.Floor(left.TotalMinutes) : null;

    private void Log(StorageLevel before, Headroom now)
    {
        var (free, left) = (now.FreeBytes >> 20, Minutes(now));
        switch (now.Level)
        {
            case StorageLevel.Paused:
                LogPaused(free, left);
                break;
            case StorageLevel.Critical when before < StorageLevel.Critical:
                LogCritical(free, left);
                break;
            case StorageLevel.Low when before < StorageLevel.Low:
                LogLow(free, left);
                break;
            default:
                LogBetter(before, now.Level, free, left);
                break;
        }
    }

    [LoggerMessage(LogLevel.Error,
        "Storage is full: {FreeMiB} MiB free, {Minutes} min. Recording pauses, the live picture goes on; it resumes by itself")]
    private partial void LogPaused(long freeMiB, double? minutes);

    [LoggerMessage(LogLevel.Error, "Storage is critical: {FreeMiB} MiB free, {Minutes} min. The oldest media without clips is removed")]
    private partial void LogCritical(long freeMiB, double? minutes);

    [LoggerMessage(LogLevel.Warning, "Storage is low: {FreeMiB} MiB free, {Minutes} min of recording")]
    private partial void LogLow(long freeMiB, double? minutes);

    [LoggerMessage(LogLevel.Information, "Storage was {Before} and is {Level}: {FreeMiB} MiB free, {Minutes} min of recording")]
    private partial void LogBetter(StorageLevel before, StorageLevel level, long freeMiB, double? minutes);

    [LoggerMessage(LogLevel.Error, "Storage cannot be measured")]
    private partial void LogBlind(Exception error);
}
