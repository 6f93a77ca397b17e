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
    ClipRenderer renderer,
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
                if (await queue.TryClaimAsync(clipId, cancellationToken))
                {
                    await TryCutAsync(clipId, cancellationToken);
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

    private async Task TryCutAsync(Guid clipId, CancellationToken cancellationToken)
    {
        try
        {
            await CutAsync(clipId, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever is wrong with one clip, the reason stands beside it and the next one is cut.
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(clipId, error);
            var reason = DiskFull.Is(error) ? "the server's disk is full: make some room, then make the clip again"
                : error is ClipException ? error.Message
                : $"the clip could not be cut: {error.Message}";
            await queue.ChangeAsync(clipId, _ => true, clip => (clip.Status, clip.Error) = (ClipStatus.Failed, reason), cancellationToken);
        }
    }

    private async Task CutAsync(Guid clipId, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var clip = await FindAsync(clipId, cancellationToken);
        if (await timelines.FindAsync(clip.RecordingId, cancellationToken) is not { } timeline)
        {
            throw new ClipException("its recording is gone");
        }

        using var source = SampleSource.Open(timeline, segments, clip.Start, clip.End);
        var plan = CutPlanner.Plan(clip.Start, clip.End, [.. source.Runs.Select(run => run.ToPictures(clip.End))])
            ?? throw new ClipException("there is no picture in this range: the encoder was away");
        var rendered = await store.WriteVideoAsync(clipId, path => renderer.RenderAsync(plan, source, path, cancellationToken));
        await queue.ChangeAsync(
            clipId,
            _ => true,
            ready =>
            {
                (ready.Status, ready.ReadyAt, ready.Error) = (ClipStatus.Ready, time.GetUtcNow(), null);
                (ready.DeliveredStart, ready.DeliveredEnd, ready.DeliveredFrames) = (plan.DeliveredStart, plan.DeliveredEnd, plan.Frames);
                (ready.Duration, ready.Width, ready.Height) = (rendered.Tracks.Duration, rendered.Sps?.Width ?? 0, rendered.Sps?.Height ?? 0);
            },
            cancellationToken);
        LogReady(clip.StreamId, clipId, plan.Frames, time.GetElapsedTime(started).TotalMilliseconds);
        if (rendered.Sps is not null)
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
                    FfmpegArguments.Poster(store.FindVideo(clip.Id)!, at, path), PosterDeadline, null, null, cancellationToken));
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

    private async Task<Clip> FindAsync(Guid clipId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Clips.AsNoTracking().SingleAsync(clip => clip.Id == clipId, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} clip {ClipId} is ready: {Frames} pictures in {Milliseconds} ms")]
    private partial void LogReady(string streamId, Guid clipId, int frames, double milliseconds);

    [LoggerMessage(LogLevel.Error, "Clip {ClipId} failed")]
    private partial void LogFailed(Guid clipId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Clip {ClipId} has no poster")]
    private partial void LogNoPoster(Guid clipId, Exception error);
}
