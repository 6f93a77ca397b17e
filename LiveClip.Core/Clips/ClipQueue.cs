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
    RangeFinder ranges,
    DiskWatch disk,
    ChangeFeed changes,
    IOptions<ClipOptions> options,
    TimeProvider time)
{
    private readonly Channel<Guid> _queued = Channel.CreateUnbounded<Guid>();
    private readonly Channel<Guid> _waiting = Channel.CreateUnbounded<Guid>();

    internal ChannelReader<Guid> Queued => _queued.Reader;

    /// <summary>Clips whose end lies ahead, for <see cref="ClipEndings"/>.</summary>
    internal ChannelReader<Guid> Waiting => _waiting.Reader;

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

        if (await FindBusyAsync(context, cancellationToken) is { } busy)
        {
            return busy;
        }

        var timeline = request.RecordingId is { } recordingId
            ? await timelines.FindAsync(recordingId, cancellationToken)
            : await timelines.FindNewestAsync(request.StreamId, cancellationToken);
        if (timeline is null || timeline.Recording.StreamId != stream.Id || timeline.NewestPicture <= 0)
        {
            return new ClipRefusal(ClipRefusalReason.NotFound, "recordingId", "recording not found: the stream has nothing to clip yet");
        }

        var found = ranges.FindForClip(request.Range, timeline, stream.MaxClipSeconds, request.OnGap);
        if (found.Range is not { } range)
        {
            return found.Refusal!;
        }

        try
        {
            return await AddAsync(request, timeline, range, cancellationToken);
        }
        catch (Exception error) when (DiskFull.Is(error))
        {
            disk.ReportFull();
            return RangeFinder.NoSpace;
        }
    }

    /// <summary>Refuses when too many clips wait already: to be cut, or for their end.</summary>
    internal async Task<ClipRefusal?> FindBusyAsync(CatalogDbContext context, CancellationToken cancellationToken)
    {
        var most = options.Value.MaxQueued;
        return _queued.Reader.Count >= most
            || await context.Clips.CountAsync(clip => clip.Status == ClipStatus.Waiting && clip.DeletedAt == null, cancellationToken) >= most
            ? new ClipRefusal(ClipRefusalReason.Busy, "streamId", $"{most} clips are waiting already")
            : null;
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
        var status = ClipStatus.Ready;
        var restored = await ChangeAsync(
            clipId, clip => clip.DeletedAt is not null, clip => (clip.DeletedAt, status) = (null, clip.Status), cancellationToken);
        if (restored)
        {
            // One that was deleted before it was cut is cut now.
            Hand(clipId, status);
        }

        return restored;
    }

    /// <summary>Takes up what an earlier process of this server left unfinished.</summary>
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

    /// <summary>
    /// False when another worker has the clip, when it is gone, or when its range is another by now: then it is queued once more.
    /// </summary>
    internal Task<bool> TryClaimAsync(Guid clipId, int version, CancellationToken cancellationToken) =>
        ChangeAsync(
            clipId,
            clip => clip is { Status: ClipStatus.Queued, DeletedAt: null } && clip.Version == version,
            clip => clip.Status = ClipStatus.Cutting,
            cancellationToken);

    /// <summary>Stores how far a version is; false when another one has taken its place.</summary>
    internal Task<bool> ChangeVersionAsync(Clip clip, Action<Clip> change, CancellationToken cancellationToken) =>
        ChangeAsync(clip.Id, stored => stored.Version == clip.Version, change, cancellationToken);

    /// <summary>Gives a clip that was stored with that status to whoever sees to it.</summary>
    internal void Hand(Guid clipId, ClipStatus status)
    {
        switch (status)
        {
            case ClipStatus.Queued:
                _queued.Writer.TryWrite(clipId);
                break;
            case ClipStatus.Waiting:
                _waiting.Writer.TryWrite(clipId);
                break;
        }
    }

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
            ? await context.Clips.AsNoTracking().Include(clip => clip.Versions)
                .SingleOrDefaultAsync(clip => clip.StreamId == request.StreamId && clip.ClientId == clientId, cancellationToken)
            : null;

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

                var now = time.GetUtcNow();
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
                    Trimmed = range.TrimReason is not null,
                    TrimReason = range.TrimReason,
                    OnGap = request.OnGap,
                    Gaps = RangeFinder.GapsOf(range, timeline),
                    Status = range.IsAhead ? ClipStatus.Waiting : ClipStatus.Queued,
                    TrimmableUntil = now.AddDays(options.Value.TrimDays),
                    CreatedBy = request.CreatedBy,
                    CreatedAt = now,
                };
                context.Clips.Add(clip);
                return new ClipAnswer(clip, null);
            },
            cancellationToken);
        if (!answer.IsRepeat)
        {
            Hand(answer.Clip!.Id, answer.Clip.Status);
            changes.Publish(new ClipChanged(request.StreamId, answer.Clip.Id));
        }

        return answer;
    }
}
