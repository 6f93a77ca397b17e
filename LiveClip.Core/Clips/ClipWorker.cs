using System.Collections.Concurrent;
using System.Threading.Channels;
using LiveClip.Core.Catalog;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Clips;

/// <summary>
/// Takes clips from the queue and has them cut, on two lanes, so that one for which nothing has to be encoded never waits behind those
/// for which something has; and lets ffmpeg take a poster of each that is ready.
/// </summary>
public sealed partial class ClipWorker(
    ClipQueue queue,
    IDbContextFactory<CatalogDbContext> contexts,
    ClipCutter cutter,
    ClipStore store,
    FfmpegRunner ffmpeg,
    TimeProvider time,
    ILogger<ClipWorker> logger) : BackgroundService
{
    private static readonly TimeSpan PosterDeadline = TimeSpan.FromSeconds(30);

    private static readonly int Copiers = Math.Max(1, Environment.ProcessorCount);

    /// <summary>One core is left to what comes in.</summary>
    private static readonly int Encoders = Math.Max(1, Environment.ProcessorCount - 1);

    private readonly Channel<Guid> _toEncode = Channel.CreateUnbounded<Guid>();

    // A clip may be queued twice: one that was asked for during the start, or came back out of the trash.
    private readonly ConcurrentDictionary<(Guid ClipId, int Version), byte> _atWork = new();

    // Nobody waits for the disk: a start looks after what it did not get to keep.
    private readonly Channel<Clip> _toFlush = Channel.CreateUnbounded<Clip>();

    // A loop of its own: clips never wait for the pictures of others.
    private readonly Channel<Clip> _posters = Channel.CreateUnbounded<Clip>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ffmpeg.Prepare();
        await QueueLostAsync(stoppingToken);
        await queue.RequeueAsync(stoppingToken);
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, Copiers).Select(_ => CutAllAsync(queue.Queued, mayEncode: false, stoppingToken)),
            .. Enumerable.Range(0, Encoders).Select(_ => CutAllAsync(_toEncode.Reader, mayEncode: true, stoppingToken)),
            TakePostersAsync(stoppingToken),
            FlushAllAsync(stoppingToken),
        ]);
    }

    /// <summary>A power loss may have taken what was told to be ready: that is cut again.</summary>
    private async Task QueueLostAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var ready = await context.Clips.AsNoTracking().Where(clip => clip.Status == ClipStatus.Ready && clip.DeletedAt == null)
            .Select(clip => new { clip.Id, clip.Version, clip.Length }).ToListAsync(cancellationToken);
        foreach (var clip in ready)
        {
            var there = store.LengthOf(clip.Id, clip.Version);
            if (there is null || there != (clip.Length ?? there))
            {
                LogLost(clip.Id, clip.Length, there);
                await queue.ChangeAsync(
                    clip.Id,
                    lost => lost is { Status: ClipStatus.Ready, DeletedAt: null },
                    lost => lost.Status = ClipStatus.Queued,
                    cancellationToken);
            }
        }
    }

    private async Task CutAllAsync(ChannelReader<Guid> lane, bool mayEncode, CancellationToken cancellationToken)
    {
        await foreach (var clipId in lane.ReadAllAsync(cancellationToken))
        {
            try
            {
                await TakeAsync(clipId, mayEncode, cancellationToken);
            }
#pragma warning disable CA1031 // The owner's loop: a catalog that fails for a while costs this clip until the next start, not the server.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(clipId, error);
            }
        }
    }

    private async Task TakeAsync(Guid clipId, bool mayEncode, CancellationToken cancellationToken)
    {
        if (await FindAsync(clipId, cancellationToken) is not { Status: ClipStatus.Queued, DeletedAt: null } clip
            || !_atWork.TryAdd((clipId, clip.Version), 0))
        {
            return;
        }

        var isForEncoder = false;
        try
        {
            using var job = await cutter.PlanAsync(clip, cancellationToken);
            if (!mayEncode)
            {
                // That it is being cut is not told: the copy is done before the catalog has written that.
                isForEncoder = job.NeedsEncoder || !await TryCutAsync(job, mayEncode, cancellationToken);
            }
            else if (await queue.TryClaimAsync(clipId, clip.Version, cancellationToken))
            {
                await TryCutAsync(job, mayEncode, cancellationToken);
            }
        }
#pragma warning disable CA1031 // Whatever is wrong with one clip, the reason stands beside it and the next one is cut.
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(clip.Id, error);
            var reason = DiskFull.Is(error) ? "the server's disk is full: make some room, then make the clip again"
                : error is ClipException ? error.Message
                : $"the clip could not be cut: {error.Message}";
            await queue.ChangeVersionAsync(
                clip,
                failed =>
                {
                    if (failed.Status != ClipStatus.Ready)
                    {
                        (failed.Status, failed.Error) = (ClipStatus.Failed, reason);
                    }
                },
                cancellationToken);
        }
        finally
        {
            _atWork.TryRemove((clipId, clip.Version), out _);
        }

        if (isForEncoder)
        {
            _toEncode.Writer.TryWrite(clipId);
        }
    }

    /// <returns>False when it can be made by encoding only, and that is another lane's.</returns>
    private async Task<bool> TryCutAsync(ClipJob job, bool mayEncode, CancellationToken cancellationToken)
    {
        var (clip, started) = (job.Clip, time.GetTimestamp());
        var cut = await cutter.TryCutAsync(job, cancellationToken);
        if (cut is null && !mayEncode)
        {
            return false;
        }

        var (plan, rendered, report) = cut ?? await cutter.EncodeAsync(job, cancellationToken);
        var isCurrent = await queue.ChangeVersionAsync(
            clip,
            ready =>
            {
                (ready.Status, ready.ReadyAt, ready.Error) = (ClipStatus.Ready, time.GetUtcNow(), null);
                (ready.DeliveredStart, ready.DeliveredEnd, ready.DeliveredFrames) = (plan.DeliveredStart, plan.DeliveredEnd, plan.Frames);
                (ready.Width, ready.Height) = (rendered.Sps?.Width ?? 0, rendered.Sps?.Height ?? 0);
                (ready.Duration, ready.Length, ready.Report) = (rendered.Tracks.Duration, rendered.Length, report.ToString());
            },
            cancellationToken);
        if (!isCurrent)
        {
            store.DeleteVideo(clip.Id, clip.Version);
            return true;
        }

        LogReady(clip.StreamId, clip.Id, plan.FramesCopied, plan.FramesEncoded, time.GetElapsedTime(started).TotalMilliseconds);
        _toFlush.Writer.TryWrite(clip);
        if (rendered.Sps is not null)
        {
            _posters.Writer.TryWrite(clip);
        }

        return true;
    }

    private async Task FlushAllAsync(CancellationToken cancellationToken)
    {
        await foreach (var clip in _toFlush.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                store.Flush(clip.Id, clip.Version);
            }
#pragma warning disable CA1031 // The owner's loop: the clip may be gone by now, and a start looks whether its file is whole.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogNotFlushed(clip.Id, error);
            }
        }
    }

    private async Task TakePostersAsync(CancellationToken cancellationToken)
    {
        await foreach (var clip in _posters.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await store.WritePosterAsync(clip.Id, path => ffmpeg.RunAsync(
                    FfmpegArguments.Poster(store.FindVideo(clip.Id, clip.Version)!, TimeSpan.Zero, path),
                    PosterDeadline,
                    null,
                    null,
                    cancellationToken));
                await queue.ChangeVersionAsync(clip, stored => stored.HasPoster = true, cancellationToken);
            }
#pragma warning disable CA1031 // The owner's loop: a clip without a poster is still a clip, and it may be gone by now.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogNoPoster(clip.Id, error);
            }
        }
    }

    private async Task<Clip?> FindAsync(Guid clipId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Clips.AsNoTracking().SingleOrDefaultAsync(clip => clip.Id == clipId, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} clip {ClipId} is ready: {Copied} pictures copied, {Encoded} encoded, {Milliseconds} ms")]
    private partial void LogReady(string streamId, Guid clipId, int copied, int encoded, double milliseconds);

    [LoggerMessage(LogLevel.Error, "Clip {ClipId} failed")]
    private partial void LogFailed(Guid clipId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Clip {ClipId} is cut again: of its {Length} bytes there are {There}")]
    private partial void LogLost(Guid clipId, long? length, long? there);

    [LoggerMessage(LogLevel.Warning, "Clip {ClipId} could not be flushed to the disk")]
    private partial void LogNotFlushed(Guid clipId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Clip {ClipId} has no poster")]
    private partial void LogNoPoster(Guid clipId, Exception error);
}
