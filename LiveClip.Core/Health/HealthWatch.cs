using System.Globalization;
using LiveClip.Core.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Health;

/// <summary>
/// Takes a reading of every stream on air once a second, and keeps a row a minute in the catalog as long as the recording, and for 30
/// days at least. A catalog that is slow or away holds up no reading.
/// </summary>
public sealed partial class HealthWatch(
    StreamHealths streams,
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    TimeProvider time,
    ILogger<HealthWatch> logger) : BackgroundService
{
    /// <summary>Of all streams; a catalog that is away for longer costs the oldest.</summary>
    public const int MaxPending = 3_000;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);
    private static readonly TimeSpan CleanInterval = TimeSpan.FromHours(1);

    private readonly Queue<HealthMinute> _pending = new();
    private Task _catalogWork = Task.CompletedTask;
    private DateTimeOffset _cleanedAt = DateTimeOffset.MinValue;
    private bool _isCatalogLate;
    private bool _isBlind;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _catalogWork;
        Queue(streams.End());
        await WorkCatalogAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            TakeReadings();
            if (_catalogWork.IsCompleted)
            {
                // Owned by this service: there is one at a time, and the last one is awaited at the end.
                _catalogWork = WorkCatalogAsync(stoppingToken);
            }
        }
    }

    /// <summary>Never fails: what is wrong with a figure must not end the server.</summary>
    private void TakeReadings()
    {
        try
        {
            Queue(streams.Read());
            _isBlind = false;
        }
#pragma warning disable CA1031 // The owner's loop.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (!_isBlind)
            {
                _isBlind = true;
                LogBlind(error);
            }
        }
    }

    private void Queue(IReadOnlyList<HealthMinute> ended)
    {
        lock (_pending)
        {
            foreach (var minute in ended)
            {
                _pending.Enqueue(minute);
            }

            while (_pending.Count > MaxPending)
            {
                _pending.Dequeue();
            }
        }
    }

    /// <summary>Never fails: what the catalog does not take now it is asked again in a second.</summary>
    private async Task WorkCatalogAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskForSettingsAsync(cancellationToken);
            await StoreAsync(cancellationToken);
            await CleanAsync(cancellationToken);
            _isCatalogLate = false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // The owner's loop: nobody else sees what fails here.
        catch (Exception error)
#pragma warning restore CA1031
        {
            // Once, not each second that a disk is full.
            if (!_isCatalogLate)
            {
                _isCatalogLate = true;
                LogCatalogLate(error);
            }
        }
    }

    private async Task AskForSettingsAsync(CancellationToken cancellationToken)
    {
        if (streams.Unknown is not { Count: > 0 } unknown)
        {
            return;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var settings = await context.LiveStreams.AsNoTracking().Where(stream => unknown.Contains(stream.Id))
            .Select(stream => new { stream.Id, stream.MaxResolution }).ToListAsync(cancellationToken);
        settings.ForEach(stream => streams.Know(stream.Id, int.Parse(stream.MaxResolution.TrimEnd('p'), CultureInfo.InvariantCulture)));
    }

    private async Task StoreAsync(CancellationToken cancellationToken)
    {
        HealthMinute[] minutes;
        lock (_pending)
        {
            minutes = [.. _pending];
        }

        if (minutes.Length == 0)
        {
            return;
        }

        await catalog.WriteAsync(context => StoreAsync(context, minutes), cancellationToken);
        lock (_pending)
        {
            while (_pending.TryPeek(out var first) && minutes.Contains(first))
            {
                _pending.Dequeue();
            }
        }
    }

    /// <summary>A write that was reported as failed may have arrived all the same, and a stream may be deleted meanwhile.</summary>
    private static async Task StoreAsync(CatalogDbContext context, IReadOnlyList<HealthMinute> minutes)
    {
        foreach (var minute in minutes)
        {
            if (await context.LiveStreams.AnyAsync(stream => stream.Id == minute.StreamId)
                && !await context.HealthMinutes.AnyAsync(stored => stored.StreamId == minute.StreamId && stored.Start == minute.Start))
            {
                context.HealthMinutes.Add(minute);
            }
        }
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - _cleanedAt < CleanInterval)
        {
            return;
        }

        var oldest = now - Kept;
        await catalog.WriteAsync(
            context => context.HealthMinutes
                .Where(minute => minute.Start < oldest && !context.Recordings.Any(recording => recording.Id == minute.RecordingId))
                .ExecuteDeleteAsync(cancellationToken),
            cancellationToken);
        _cleanedAt = now;
    }

    [LoggerMessage(LogLevel.Error, "The health of streams cannot be read")]
    private partial void LogBlind(Exception error);

    [LoggerMessage(LogLevel.Warning, "The catalog does not take the streams' health yet")]
    private partial void LogCatalogLate(Exception error);
}
