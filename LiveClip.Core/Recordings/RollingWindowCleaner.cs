using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Keeps only the last minutes of streams that are not to be recorded, for clips, and removes what is left when those minutes have
/// passed after the broadcast.
/// </summary>
public sealed partial class RollingWindowCleaner(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    SegmentStore store,
    LiveWindows windows,
    IOptions<RecordingOptions> options,
    TimeProvider time,
    ILogger<RollingWindowCleaner> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>One round over all recordings of such streams.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var unrecorded = await context.Recordings.AsNoTracking()
            .Where(recording => context.LiveStreams.Any(stream => stream.Id == recording.StreamId && !stream.EnableRecording))
            .ToListAsync(cancellationToken);
        foreach (var recording in unrecorded)
        {
            if (recording.EndedAt is { } ended && ended.AddMinutes(options.Value.RollingMinutes) < time.GetUtcNow())
            {
                await DeleteAsync(recording, cancellationToken);
            }
            else if (windows.Find(recording.Id) is { } window)
            {
                await ShortenAsync(window, cancellationToken);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CleanAsync(stoppingToken);
            }
#pragma warning disable CA1031 // The owner's loop: what could not be removed now is removed in the next round.
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
    }

    private async Task ShortenAsync(LiveWindow window, CancellationToken cancellationToken)
    {
        var oldest = window.NewestPicture - (options.Value.RollingMinutes * 60 * 90_000L);
        var old = window.Snapshot().Segments.TakeWhile(segment => segment.End < oldest).ToList();
        if (old.Count == 0)
        {
            return;
        }

        // From the lists first, then from the disk: nothing that is listed is missing.
        var last = old[^1].Number;
        window.Forget(last + 1);
        await catalog.WriteAsync(
            context => context.Segments
                .Where(segment => segment.RecordingId == window.Recording.Id && segment.Number <= last)
                .ExecuteDeleteAsync(cancellationToken),
            cancellationToken);
        old.ForEach(segment => store.Delete(segment.RecordingId, segment.Run, segment.Number));
        LogShortened(window.Recording.Id, old.Count);
    }

    private async Task DeleteAsync(Recording recording, CancellationToken cancellationToken)
    {
        await catalog.WriteAsync(
            async context =>
            {
                await context.Segments.Where(segment => segment.RecordingId == recording.Id).ExecuteDeleteAsync(cancellationToken);
                await context.Runs.Where(run => run.RecordingId == recording.Id).ExecuteDeleteAsync(cancellationToken);
                await context.Recordings.Where(stored => stored.Id == recording.Id).ExecuteDeleteAsync(cancellationToken);
            },
            cancellationToken);
        store.DeleteRecording(recording.Id);
        LogDeleted(recording.StreamId, recording.Id);
    }

    [LoggerMessage(LogLevel.Debug, "Recording {RecordingId}: {Segments} segments left its rolling window")]
    private partial void LogShortened(Guid recordingId, int segments);

    [LoggerMessage(LogLevel.Error, "Rolling windows could not be shortened")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} was not to be kept and is deleted")]
    private partial void LogDeleted(string streamId, Guid recordingId);
}
