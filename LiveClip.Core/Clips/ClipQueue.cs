using System.Threading.Channels;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Recordings;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Clips;

/// <summary>Takes requests for clips, keeps their status in the catalog and hands them to <see cref="ClipWorker"/>.</summary>
public sealed class ClipQueue(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    RecordingTimelines timelines,
    SegmentStore segments,
    DiskWatch disk,
    ChangeFeed changes,
    IOptions<ClipOptions> options,
    TimeProvider time)
{
    /// <summary>What else it takes to make a clip: its row, its poster.</summary>
    private const long RoomBeside = 1 << 20;

    private static readonly ClipRefusal NoSpace = new(
        ClipRefusalReason.NoSpace, "streamId", "the server's disk is full: make some room, then ask for the clip again");

    private readonly Channel<Guid> _queued = Channel.CreateUnbounded<Guid>();

    internal ChannelReader<Guid> Queued => _queued.Reader;

    /// <summary>Makes the clip, or says why not. The answer comes before any media is cut.</summary>
    public async Task<ClipAnswer> CreateAsync(ClipRequest request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindRepeatAsync(context, request, cancellationToken) is { } repeat)
        {
            return new ClipAnswer(repeat, null, IsRepeat: true);
        }

        var stream = await context.LiveStreams.AsNoTracking()
            .SingleOrDefaultAsync(stream => stream.Id == request.StreamId, cancellationToken);
        if (stream is null)
        {
            return new ClipRefusal(ClipRefusalReason.NotFound, "streamId", "stream not found");
        }

        if (_queued.Reader.Count >= options.Value.MaxQueued)
        {
            return new ClipRefusal(ClipRefusalReason.Busy, "streamId", $"{options.Value.MaxQueued} clips are waiting already");
        }

        var timeline = request.RecordingId is { } recordingId
            ? await timelines.FindAsync(recordingId, cancellationToken)
            : await timelines.FindNewestAsync(request.StreamId, cancellationToken);
        if (timeline is null || timeline.Recording.StreamId != stream.Id || timeline.NewestPicture <= timeline.Start)
        {
            return new ClipRefusal(ClipRefusalReason.NotFound, "recordingId", "recording not found: the stream has nothing to clip yet");
        }

        ResolvedRange range;
        try
        {
            range = RangeResolver.Resolve(
                request.Range, timeline, stream.MaxClipSeconds * 90_000L, (run, point) => PicturesAround(timeline, run, point));
        }
        catch (RangeRefused refused)
        {
            return refused.Refusal;
        }

        if (timeline.LengthOf(range.Start, range.End) + RoomBeside > disk.Now.FreeBytes)
        {
            return NoSpace;
        }

        try
        {
            return await AddAsync(request, timeline, range, cancellationToken);
        }
        catch (Exception error) when (DiskFull.Is(error))
        {
            disk.ReportFull();
            return NoSpace;
        }
    }

    /// <summary>False when there is no such clip (or it is deleted).</summary>
    public Task<bool> RenameAsync(Guid clipId, string? title, CancellationToken cancellationToken) =>
        ChangeAsync(clipId, clip => clip.DeletedAt is null, clip => clip.Title = title, cancellationToken);

    /// <summary>The link is dead at once; the files go after <see cref="ClipOptions.TrashDays"/>.</summary>
    public Task<bool> DeleteAsync(Guid clipId, CancellationToken cancellationToken) =>
        ChangeAsync(clipId, clip => clip.DeletedAt is null, clip => clip.DeletedAt = time.GetUtcNow(), cancellationToken);

    /// <summary>Brings a deleted clip back under the same link while its files are there.</summary>
    public async Task<bool> RestoreAsync(Guid clipId, CancellationToken cancellationToken)
    {
        var restored = await ChangeAsync(clipId, clip => clip.DeletedAt is not null, clip => clip.DeletedAt = null, cancellationToken);
        if (restored)
        {
            // One that was deleted before it was cut is cut now.
            _queued.Writer.TryWrite(clipId);
        }

        return restored;
    }

    /// <summary>Queues what an earlier process of this server left unfinished.</summary>
    internal async Task RequeueAsync(CancellationToken cancellationToken)
    {
        var unfinished = await catalog.WriteAsync(
            async context =>
            {
                await context.Clips.Where(clip => clip.Status == ClipStatus.Cutting)
                    .ExecuteUpdateAsync(clip => clip.SetProperty(c => c.Status, ClipStatus.Queued), cancellationToken);
                return await context.Clips.AsNoTracking()
                    .Where(clip => clip.DeletedAt == null && clip.Status == ClipStatus.Queued)
                    .OrderBy(clip => clip.CreatedAt).Select(clip => clip.Id).ToListAsync(cancellationToken);
            },
            cancellationToken);
        unfinished.ForEach(id => _queued.Writer.TryWrite(id));
    }

    /// <summary>False when another worker has the clip, or it is gone: one that was asked for during the start is queued twice.</summary>
    internal Task<bool> TryClaimAsync(Guid clipId, CancellationToken cancellationToken) =>
        ChangeAsync(
            clipId,
            clip => clip is { Status: ClipStatus.Queued, DeletedAt: null },
            clip => clip.Status = ClipStatus.Cutting,
            cancellationToken);

    /// <summary>Stores how far a clip is and tells.</summary>
    internal async Task<bool> ChangeAsync(Guid clipId, Func<Clip, bool> applies, Action<Clip> change, CancellationToken cancellationToken)
    {
        var changed = await catalog.WriteAsync(
            async context =>
            {
                var clip = await context.Clips.SingleOrDefaultAsync(clip => clip.Id == clipId, cancellationToken);
                if (clip is null || !applies(clip))
                {
                    return null;
                }

                change(clip);
                return clip;
            },
            cancellationToken);
        if (changed is not null)
        {
            changes.Publish(new ClipChanged(changed.StreamId, clipId));
        }

        return changed is not null;
    }

    private static async Task<Clip?> FindRepeatAsync(CatalogDbContext context, ClipRequest request, CancellationToken cancellationToken) =>
        request.ClientId is { } clientId
            ? await context.Clips.AsNoTracking()
                .SingleOrDefaultAsync(clip => clip.StreamId == request.StreamId && clip.ClientId == clientId, cancellationToken)
            : null;

    private IReadOnlyList<Picture> PicturesAround(RecordingTimeline timeline, int run, long point)
    {
        try
        {
            using var source = SampleSource.Open(timeline, segments, point, point + 1);
            return source.Runs.FirstOrDefault(candidate => candidate.Run.Number == run)?.ToPictures().Pictures ?? [];
        }
        catch (Exception error) when (error is ClipException or IOException)
        {
            // What is no longer there has no picture that could be named.
            return [];
        }
    }

    private async Task<ClipAnswer> AddAsync(
        ClipRequest request, RecordingTimeline timeline, ResolvedRange range, CancellationToken cancellationToken)
    {
        var answer = await catalog.WriteAsync(
            async context =>
            {
                // Asked again inside the gate: of two equal requests at once, one makes the clip.
                if (await FindRepeatAsync(context, request, cancellationToken) is { } repeat)
                {
                    return new ClipAnswer(repeat, null, IsRepeat: true);
                }

                var clip = new Clip
                {
                    Id = Guid.NewGuid(),
                    StreamId = request.StreamId,
                    RecordingId = timeline.Recording.Id,
                    ClientId = request.ClientId,
                    Slug = Clip.NewSlug(),
                    Title = request.Title,
                    Tags = [.. request.Tags ?? []],
                    RequestedStart = range.RequestedStart,
                    RequestedEnd = range.RequestedEnd,
                    Start = range.Start,
                    End = range.End,
                    Trimmed = range.Trimmed,
                    CreatedBy = request.CreatedBy,
                    CreatedAt = time.GetUtcNow(),
                };
                context.Clips.Add(clip);
                return new ClipAnswer(clip, null);
            },
            cancellationToken);
        if (!answer.IsRepeat)
        {
            _queued.Writer.TryWrite(answer.Clip!.Id);
            changes.Publish(new ClipChanged(request.StreamId, answer.Clip.Id));
        }

        return answer;
    }
}
