using System.Collections.Concurrent;
using System.Text.Json;
using LiveClip.Core.Catalog;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Hubs;

/// <summary>Reads what studios are told, and numbers the events of each live stream.</summary>
public sealed class LiveState(
    IDbContextFactory<CatalogDbContext> contexts, RecordingTimelines timelines, BroadcastRegistry broadcasts, TimeProvider time)
{
    private const int SnapshotClips = 200;

    /// <summary>Seconds.</summary>
    private const double Shown = 0.1;

    private readonly ConcurrentDictionary<string, long> _sequences = new();

    /// <summary>The name on the wire of a value of an enumeration: "ready", "notYet".</summary>
    public static string NameOf<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>The number of an event that is about to be sent. Take it before the state is read.</summary>
    public long NextSequence(string streamId) => _sequences.AddOrUpdate(streamId, 1, (_, sequence) => sequence + 1);

    /// <summary>Null when there is no such stream. Join the group first: what comes after the snapshot then comes as an event.</summary>
    public async Task<LiveSnapshot?> ReadSnapshotAsync(string streamId, CancellationToken cancellationToken)
    {
        var sequence = _sequences.GetValueOrDefault(streamId);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var stream = await ReadStreamAsync(context, streamId, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        var clips = await context.Clips.AsNoTracking()
            .Where(clip => clip.StreamId == streamId && clip.DeletedAt == null)
            .OrderByDescending(clip => clip.CreatedAt).Take(SnapshotClips).ToListAsync(cancellationToken);
        return new LiveSnapshot(sequence, time.GetUtcNow(), stream, [.. clips.Select(ClipState.From)]);
    }

    public async Task<StreamState?> ReadStreamAsync(string streamId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await ReadStreamAsync(context, streamId, cancellationToken);
    }

    public async Task<ClipState?> ReadClipAsync(Guid clipId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var clip = await context.Clips.AsNoTracking().SingleOrDefaultAsync(clip => clip.Id == clipId, cancellationToken);
        return clip is null ? null : ClipState.From(clip);
    }

    private async Task<StreamState?> ReadStreamAsync(CatalogDbContext context, string streamId, CancellationToken cancellationToken)
    {
        var stream = await context.LiveStreams.AsNoTracking().SingleOrDefaultAsync(stream => stream.Id == streamId, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        var timeline = await timelines.FindNewestAsync(streamId, cancellationToken);
        var broadcast = broadcasts.Find(streamId);
        return new StreamState(
            stream.Id,
            stream.Name,
            NameOf(LiveStreamStatusWriter.StatusOf(broadcast, stream.Status)),
            stream.MaxClipSeconds,
            (broadcast?.ReturnBy - broadcast?.DisconnectedAt)?.TotalSeconds ?? stream.ReconnectWindowSeconds,
            broadcast?.DisconnectedAt,
            timeline is null ? null : StateOf(timeline),
            timeline is null ? [] : [.. timeline.Runs.OrderBy(run => run.Number).Select(StateOf)]);
    }

    private static RecordingState StateOf(RecordingTimeline timeline) => new(
        timeline.Recording.Id,
        timeline.Recording.StartedAt,
        timeline.Recording.EndedAt is not null,
        timeline.Segments.Count > 0 ? timeline.NewestPicture : null);

    private static RunState StateOf(Run run) => new(
        run.Number, run.TimelineStart, run.WallClock, run.Width, run.Height, Thinned(run));

    /// <summary>For a clock on the screen a tenth of a second is enough; a day of a bad encoder clock has thousands of anchors.</summary>
    private static List<WallClockAnchor> Thinned(Run run)
    {
        var last = new WallClockAnchor(run.TimelineStart, run.WallClock);
        var kept = new List<WallClockAnchor>();
        foreach (var anchor in run.Anchors ?? [])
        {
            if (Math.Abs((anchor.WallClock - last.WallClockAt(anchor.Timeline)).TotalSeconds) >= Shown)
            {
                kept.Add(anchor);
                last = anchor;
            }
        }

        return kept;
    }
}
