using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Clips;

/// <summary>
/// Waits for the ends of clips that lie ahead of the live edge. A clip goes to be cut with its last picture, or with the end of the
/// broadcast: then it is shorter, and says so.
/// </summary>
public sealed partial class ClipEndings(
    ClipQueue queue,
    IDbContextFactory<CatalogDbContext> contexts,
    RecordingTimelines timelines,
    LiveWindows live,
    TimeProvider time,
    ILogger<ClipEndings> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>What becomes of a waiting clip; null while it has to wait on.</summary>
    internal static Action<Clip>? Decide(Clip clip, RecordingTimeline? timeline)
    {
        if (timeline is null)
        {
            return Fail("its recording is gone");
        }

        if (clip.End > timeline.Settled)
        {
            return null;
        }

        var end = timeline.OnAir ? clip.End : Math.Min(clip.End, timeline.NewestPicture);
        var gaps = timeline.GapsWithin(clip.Start, end);
        return clip.OnGap == OnGap.Reject && gaps is [var gap, ..]
            ? Fail(RangeFinder.DescribeGap(gap))
            : waiting =>
            {
                (waiting.Status, waiting.Gaps) = (ClipStatus.Queued, gaps);
                if (end < clip.End)
                {
                    (waiting.End, waiting.Trimmed, waiting.TrimReason) = (end, true, TrimReason.BroadcastEnded);
                }
            };

        static Action<Clip> Fail(string reason) => waiting => (waiting.Status, waiting.Error) = (ClipStatus.Failed, reason);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var clipId in await FindWaitingAsync(stoppingToken))
        {
            queue.Hand(clipId, ClipStatus.Waiting);
        }

        var waits = new List<Task>();
        try
        {
            await foreach (var clipId in queue.Waiting.ReadAllAsync(stoppingToken))
            {
                waits.RemoveAll(wait => wait.IsCompleted);
                waits.Add(WaitAsync(clipId, stoppingToken));
            }
        }
        finally
        {
            await Task.WhenAll(waits);
        }
    }

    /// <summary>Never fails: a clip that still waits when the server stops is taken up by the next start.</summary>
    private async Task WaitAsync(Guid clipId, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await EndAsync(clipId, stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The owner's loop: the catalog that fails for a while is asked again.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogFailed(clipId, error);
            }

            await Task.Delay(RetryInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EndAsync(Guid clipId, CancellationToken stoppingToken)
    {
        if (await FindAsync(clipId, stoppingToken) is not { } clip)
        {
            return;
        }

        await UntilSettledAsync(clip, stoppingToken);
        if (Decide(clip, await timelines.FindAsync(clip.RecordingId, stoppingToken)) is not { } outcome)
        {
            // The server is stopping.
            return;
        }

        var status = ClipStatus.Waiting;
        var ended = await queue.ChangeAsync(
            clipId,
            stored => stored.Version == clip.Version && stored is { Status: ClipStatus.Waiting, DeletedAt: null },
            stored =>
            {
                outcome(stored);
                status = stored.Status;
            },
            stoppingToken);
        if (ended)
        {
            queue.Hand(clipId, status);
            LogEnded(clip.StreamId, clipId, status);
        }
    }

    private async Task UntilSettledAsync(Clip clip, CancellationToken stoppingToken)
    {
        while (live.Find(clip.RecordingId) is { IsClosed: false } window)
        {
            var changed = window.Changed;
            if (window.Settled >= clip.End)
            {
                return;
            }

            await changed.WaitAsync(stoppingToken);
        }
    }

    private async Task<List<Guid>> FindWaitingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Clips.AsNoTracking().Where(clip => clip.DeletedAt == null && clip.Status == ClipStatus.Waiting)
            .Select(clip => clip.Id).ToListAsync(cancellationToken);
    }

    private async Task<Clip?> FindAsync(Guid clipId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Clips.AsNoTracking()
            .SingleOrDefaultAsync(clip => clip.Id == clipId && clip.Status == ClipStatus.Waiting, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} clip {ClipId} has its end: {Status}")]
    private partial void LogEnded(string streamId, Guid clipId, ClipStatus status);

    [LoggerMessage(LogLevel.Error, "Clip {ClipId} waits for its end, and could not be looked after")]
    private partial void LogFailed(Guid clipId, Exception error);
}
