using System.Threading.Channels;
using LiveClip.Core.Catalog;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Clips;

/// <summary>Takes clips from the queue, plans and cuts them, and lets ffmpeg take a poster of each that is ready.</summary>
public sealed partial class ClipWorker(
    ClipQueue queue,
    IDbContextFactory<CatalogDbContext> contexts,
    RecordingTimelines timelines,
    SegmentStore segments,
    ClipStore store,
    FfmpegRunner ffmpeg,
    TimeProvider time,
    ILogger<ClipWorker> logger) : BackgroundService
{
    private static readonly TimeSpan PosterDeadline = TimeSpan.FromSeconds(30);

    // A loop of its own: clips never wait for the pictures of others.
    private readonly Channel<Clip> _posters = Channel.CreateUnbounded<Clip>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await queue.RequeueAsync(stoppingToken);
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount)).Select(_ => CutAllAsync(stoppingToken)),
            TakePostersAsync(stoppingToken),
        ]);
    }

    private async Task CutAllAsync(CancellationToken cancellationToken)
    {
        await foreach (var clipId in queue.Queued.ReadAllAsync(cancellationToken))
        {
            try
            {
                if (await FindAsync(clipId, cancellationToken) is { } clip
                    && await queue.TryClaimAsync(clipId, clip.Version, cancellationToken))
                {
                    await TryCutAsync(clip, cancellationToken);
                }
            }
#pragma warning disable CA1031 // The owner's loop: a catalog that fails for a while costs this clip until the next start, not the server.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(clipId, error);
            }
        }
    }

    private async Task TryCutAsync(Clip clip, CancellationToken cancellationToken)
    {
        try
        {
            await CutAsync(clip, cancellationToken);
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
                clip, failed => (failed.Status, failed.Error) = (ClipStatus.Failed, reason), cancellationToken);
        }
    }

    private async Task CutAsync(Clip clip, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (await timelines.FindAsync(clip.RecordingId, cancellationToken) is not { } timeline)
        {
            throw new ClipException("its recording is gone");
        }

        using var source = SampleSource.Open(timeline, segments, clip.Start, clip.End);
        var plan = CutPlanner.Plan(clip.Start, clip.End, [.. source.Runs.Select(run => run.ToPictures())])
            ?? throw new ClipException("there is no picture in this range: the encoder was away");
        var rendered = store.WriteVideo(clip.Id, clip.Version, path => ClipRenderer.Render(plan, source, path));
        var isCurrent = await queue.ChangeVersionAsync(
            clip,
            ready =>
            {
                (ready.Status, ready.ReadyAt, ready.Error) = (ClipStatus.Ready, time.GetUtcNow(), null);
                (ready.DeliveredStart, ready.DeliveredEnd, ready.DeliveredFrames) = (plan.DeliveredStart, plan.DeliveredEnd, plan.Frames);
                (ready.Duration, ready.Width, ready.Height) = (rendered.Duration, rendered.Width, rendered.Height);
            },
            cancellationToken);
        if (!isCurrent)
        {
            store.DeleteVideo(clip.Id, clip.Version);
            return;
        }

        LogReady(clip.StreamId, clip.Id, plan.Frames, time.GetElapsedTime(started).TotalMilliseconds);
        if (rendered.Width > 0)
        {
            clip.DeliveredStart = plan.DeliveredStart;
            _posters.Writer.TryWrite(clip);
        }
    }

    private async Task TakePostersAsync(CancellationToken cancellationToken)
    {
        await foreach (var clip in _posters.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                var at = Timescale.Video.ToTimeSpan(Math.Max(0, clip.Start - clip.DeliveredStart!.Value));
                await store.WritePosterAsync(clip.Id, path => ffmpeg.RunAsync(
                    FfmpegArguments.Poster(store.FindVideo(clip.Id, clip.Version)!, at, path), PosterDeadline, null, null, cancellationToken));
                await queue.ChangeAsync(clip.Id, _ => true, stored => stored.HasPoster = true, cancellationToken);
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

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} clip {ClipId} is ready: {Frames} pictures in {Milliseconds} ms")]
    private partial void LogReady(string streamId, Guid clipId, int frames, double milliseconds);

    [LoggerMessage(LogLevel.Error, "Clip {ClipId} failed")]
    private partial void LogFailed(Guid clipId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Clip {ClipId} has no poster")]
    private partial void LogNoPoster(Guid clipId, Exception error);
}
