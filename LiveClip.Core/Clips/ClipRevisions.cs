using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Clips;

/// <summary>
/// Changes a clip behind its link. Another range is another version: it is cut while the link goes on playing the newest one that is
/// ready.
/// </summary>
public sealed class ClipRevisions(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    RecordingTimelines timelines,
    RangeFinder ranges,
    ClipQueue queue,
    ChangeFeed changes,
    IOptions<ClipOptions> options,
    TimeProvider time)
{
    /// <summary>Each has a file of its own.</summary>
    internal const int MostVersions = 100;

    public async Task<ClipAnswer> ChangeAsync(Guid clipId, ClipPatch patch, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(context, clipId, cancellationToken) is not { } clip)
        {
            return NotFound();
        }

        ResolvedRange? range = null;
        IReadOnlyList<ClipGap> gaps = [];
        if (patch.Start is not null || patch.End is not null)
        {
            var timeline = await timelines.FindAsync(clip.RecordingId, cancellationToken);
            var found = await FindRangeAsync(context, clip, patch, timeline, cancellationToken);
            if (found.Refusal is { } refusal)
            {
                return refusal;
            }

            (range, gaps) = (found.Range!, RangeFinder.GapsOf(found.Range!, timeline!));
        }

        return await StoreAsync(clipId, patch, range, gaps, cancellationToken);
    }

    private static ClipRefusal NotFound() => new(ClipRefusalReason.NotFound, "clipId", "clip not found");

    private static Task<Clip?> FindAsync(CatalogDbContext context, Guid clipId, CancellationToken cancellationToken) =>
        context.Clips.Include(clip => clip.Versions)
            .SingleOrDefaultAsync(clip => clip.Id == clipId && clip.DeletedAt == null, cancellationToken);

    private async Task<FoundRange> FindRangeAsync(
        CatalogDbContext context, Clip clip, ClipPatch patch, RecordingTimeline? timeline, CancellationToken cancellationToken)
    {
        var field = patch.Start is null ? "end" : "start";
        if (timeline is null)
        {
            return Refused(ClipRefusalReason.Invalid, field, "the recording that the clip was cut from is gone");
        }

        if (clip.Version >= MostVersions)
        {
            return Refused(ClipRefusalReason.Invalid, field, $"the clip has {MostVersions} versions: make a new one");
        }

        if (await queue.FindBusyAsync(context, cancellationToken) is { } busy)
        {
            return new FoundRange(null, busy);
        }

        var maxSeconds = await context.LiveStreams.Where(stream => stream.Id == clip.StreamId)
            .Select(stream => (int?)stream.MaxClipSeconds).SingleOrDefaultAsync(cancellationToken) ?? options.Value.MaxSeconds;
        var range = new TimelineRange(
            patch.Start ?? Timescale.Video.ToSeconds(clip.Start), patch.End ?? Timescale.Video.ToSeconds(clip.End));
        return ranges.FindForClip(range, timeline, maxSeconds, clip.OnGap);

        static FoundRange Refused(ClipRefusalReason reason, string field, string message) =>
            new(null, new ClipRefusal(reason, field, message));
    }

    private async Task<ClipAnswer> StoreAsync(
        Guid clipId, ClipPatch patch, ResolvedRange? range, IReadOnlyList<ClipGap> gaps, CancellationToken cancellationToken)
    {
        var (clip, isNew) = await catalog.WriteAsync(
            async context =>
            {
                var stored = await FindAsync(context, clipId, cancellationToken);
                if (stored is null)
                {
                    return (stored, false);
                }

                stored.Title = patch.Title is null ? stored.Title : patch.Title.Length == 0 ? null : patch.Title;
                stored.Tags = patch.Tags is null ? stored.Tags : [.. patch.Tags];
                var differs = range is not null && !IsRangeOf(range, stored);
                if (differs)
                {
                    Replace(stored, range!, gaps);
                }

                return (stored, differs);
            },
            cancellationToken);
        if (clip is null)
        {
            return NotFound();
        }

        if (isNew)
        {
            queue.Hand(clip.Id, clip.Status);
        }

        changes.Publish(new ClipChanged(clip.StreamId, clip.Id));
        return new ClipAnswer(clip, null);
    }

    /// <summary>Asked for once more, perhaps because the answer was lost; what has failed is tried again.</summary>
    private static bool IsRangeOf(ResolvedRange range, Clip clip) =>
        clip.Status != ClipStatus.Failed && (range.Start, range.End) == (clip.Start, clip.End);

    /// <summary>A version that was not ready yet leaves nothing behind: nobody could have seen it.</summary>
    private void Replace(Clip clip, ResolvedRange range, IReadOnlyList<ClipGap> gaps)
    {
        if (clip.Status == ClipStatus.Ready)
        {
            clip.Versions.Add(ClipVersion.Of(clip));
        }

        clip.Version++;
        (clip.RequestedStart, clip.RequestedEnd, clip.Start, clip.End) =
            (range.RequestedStart, range.RequestedEnd, range.Start, range.End);
        (clip.Trimmed, clip.TrimReason, clip.Gaps) = (range.TrimReason is not null, range.TrimReason, gaps);
        clip.Status = range.IsAhead ? ClipStatus.Waiting : ClipStatus.Queued;
        (clip.DeliveredStart, clip.DeliveredEnd, clip.DeliveredFrames, clip.Duration) = (null, null, null, null);
        (clip.Error, clip.ReadyAt, clip.Length, clip.Report) = (null, null, null, null);
        clip.TrimmableUntil = time.GetUtcNow().AddDays(options.Value.TrimDays);
    }
}
