using LiveClip.Core.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Clips;

/// <summary>Removes clips that have lain in the trash for their time, files and all.</summary>
public sealed partial class TrashCleaner(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    ClipStore store,
    IOptions<ClipOptions> options,
    TimeProvider time,
    ILogger<TrashCleaner> logger) : BackgroundService
{
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow().AddDays(-options.Value.TrashDays);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var old = await context.Clips.AsNoTracking()
            .Where(clip => clip.DeletedAt != null && clip.DeletedAt < before).Select(clip => clip.Id).ToListAsync(cancellationToken);
        foreach (var clipId in old)
        {
            var removed = await catalog.WriteAsync(
                writing => writing.Clips.Where(clip => clip.Id == clipId && clip.DeletedAt < before).ExecuteDeleteAsync(cancellationToken),
                cancellationToken);
            // Nothing is removed where somebody has brought it back in the meantime.
            if (removed > 0)
            {
                store.Delete(clipId);
                LogRemoved(clipId);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
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
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Error, "The trash could not be emptied")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(LogLevel.Information, "Clip {ClipId} left the trash for good")]
    private partial void LogRemoved(Guid clipId);
}
