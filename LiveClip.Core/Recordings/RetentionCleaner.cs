using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Removes recorded media that is older or larger than its stream keeps, and the oldest of all when the disk fills. Streams that are not
/// recorded keep their last minutes. Rows go first and files after them: a crash in between leaves files that nobody asks for, never a
/// row whose file is gone.
/// </summary>
public sealed partial class RetentionCleaner(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    SegmentStore store,
    RecordingTimelines timelines,
    PlaylistHolds playlists,
    LiveWindows windows,
    DiskWatch disk,
    IOptions<RecordingOptions> options,
    TimeProvider time,
    ILogger<RetentionCleaner> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private BelievedClock? _clock;
    private bool _wasDoubting;

    /// <summary>One round over all recordings.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        var now = await ReadClockAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var missing = disk.Now.MissingBytes;
        var media = await ReadAsync(context, now, missing > 0, cancellationToken);
        if (media.Count == 0)
        {
            return;
        }

        // Inside the gate: a clip that was made until now holds its source, and one that comes later finds what is left.
        var retired = await catalog.WriteAsync(
            async writing =>
            {
                var held = await HeldAsync(writing, [.. media.Select(recording => recording.Id)], now, cancellationToken);
                var gone = new List<(RetiredMedia Media, IReadOnlyList<int> EmptyRuns)>();
                foreach (var decided in Retention.Decide(
                    [.. media.Select(recording => recording with { Held = [.. held[recording.Id], .. PlayedOf(recording, missing)] })],
                    missing))
                {
                    Forget(decided, media.Single(from => from.Id == decided.RecordingId));
                    gone.Add((decided, await DeleteRowsAsync(writing, decided, cancellationToken)));
                }

                return gone;
            },
            cancellationToken);
        foreach (var (gone, emptyRuns) in retired)
        {
            timelines.Forget(gone.RecordingId);
            DeleteFiles(gone, emptyRuns);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A clock that steps before the first round is held against what it showed at the start.
        await TryAsync(ReadClockAsync, stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryAsync(CleanAsync, stoppingToken);
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        try
        {
            await work(stoppingToken);
        }
#pragma warning disable CA1031 // The owner's loop: what could not be removed now is removed in the next round.
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(error);
        }
    }

    private async Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken)
    {
        _clock ??= new BelievedClock(await NewestKnownAsync(cancellationToken), time);
        var now = _clock.Read();
        if (_clock.IsDoubting && !_wasDoubting)
        {
            LogDoubt(time.GetUtcNow() - now);
        }

        _wasDoubting = _clock.IsDoubting;
        return now;
    }

    private async Task<DateTimeOffset?> NewestKnownAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Recordings.MaxAsync(
            recording => (DateTimeOffset?)(recording.EndedAt ?? recording.StartedAt), cancellationToken);
    }

    /// <summary>The recordings of which something may have to go: most rounds have none, and read no segments.</summary>
    private async Task<List<RecordedMedia>> ReadAsync(
        CatalogDbContext context, DateTimeOffset now, bool isDiskShort, CancellationToken cancellationToken)
    {
        var all = await context.Recordings.AsNoTracking()
            .Join(context.LiveStreams, recording => recording.StreamId, stream => stream.Id, (recording, stream) => new Candidate(
                recording,
                stream.EnableRecording,
                stream.RetentionDays,
                stream.RetentionGiB,
                context.Segments.Where(segment => segment.RecordingId == recording.Id)
                    .OrderByDescending(segment => segment.Number).Select(segment => segment.Start + segment.Duration).FirstOrDefault(),
                context.Segments.Where(segment => segment.RecordingId == recording.Id && segment.Number >= recording.KeptFrom)
                    .OrderBy(segment => segment.Number).Select(segment => (long?)segment.Start + segment.Duration).FirstOrDefault(),
                context.Segments.Any(segment => segment.RecordingId == recording.Id && segment.Number < recording.KeptFrom)))
            .ToListAsync(cancellationToken);
        var media = new List<RecordedMedia>();
        foreach (var ofStream in all.GroupBy(candidate => candidate.Recording.StreamId))
        {
            var isTooLarge = await IsTooLargeAsync(context, ofStream.First(), cancellationToken);
            foreach (var candidate in ofStream)
            {
                var recording = MediaOf(candidate, now);
                if (isDiskShort || isTooLarge || candidate.HasIslands || IsTooOld(recording, candidate))
                {
                    media.Add(recording with { Segments = await context.SegmentsOf(recording.Id).ToListAsync(cancellationToken) });
                }
            }
        }

        return media;
    }

    private async Task<bool> IsTooLargeAsync(CatalogDbContext context, Candidate ofStream, CancellationToken cancellationToken) =>
        MaxBytesOf(ofStream) is { } limit
        && await context.Segments
            .Where(segment => context.Recordings.Any(
                recording => recording.Id == segment.RecordingId && recording.StreamId == ofStream.Recording.StreamId))
            .SumAsync(segment => segment.Length, cancellationToken) > limit;

    private static bool IsTooOld(RecordedMedia recording, Candidate candidate) =>
        recording.End - (candidate.OldestEnd ?? recording.End) + (recording.SinceEnd ?? 0) > recording.MaxAge;

    private RecordedMedia MediaOf(Candidate candidate, DateTimeOffset now)
    {
        var recording = candidate.Recording;
        return new RecordedMedia(
            recording.Id,
            recording.StreamId,
            recording.StartedAt,
            // A recording that has ended by a clock that was ahead has just ended.
            recording.EndedAt is { } ended ? Math.Max(0, Ticks(now - ended)) : null,
            windows.Find(recording.Id)?.NewestPicture ?? candidate.End,
            recording.KeptFrom,
            MaxAgeOf(candidate),
            MaxBytesOf(candidate),
            [],
            []);
    }

    private long? MaxAgeOf(Candidate candidate) =>
        !candidate.IsRecorded ? Ticks(TimeSpan.FromMinutes(options.Value.RollingMinutes))
        : (candidate.RetentionDays ?? options.Value.RetentionDays) is > 0 and var days ? Ticks(TimeSpan.FromDays(days))
        : null;

    private long? MaxBytesOf(Candidate candidate) =>
        candidate.IsRecorded && (candidate.RetentionGiB ?? options.Value.RetentionGiB) is > 0 and var size ? (long)size << 30 : null;

    private static long Ticks(TimeSpan time) => (long)((Int128)time.Ticks * Run.TicksPerSecond / TimeSpan.TicksPerSecond);

    /// <summary>
    /// A clip holds what its versions were made of while it is cut or can be trimmed, also in the trash: it may be brought back, and is
    /// whole then.
    /// </summary>
    private static async Task<ILookup<Guid, HeldRange>> HeldAsync(
        CatalogDbContext context, List<Guid> recordings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var clips = context.Clips.AsNoTracking().Where(clip => recordings.Contains(clip.RecordingId)
            && (clip.TrimmableUntil > now || (clip.Status != ClipStatus.Ready && clip.Status != ClipStatus.Failed)));
        var ranges = await clips
            .Select(clip => new
            {
                clip.RecordingId,
                Start = clip.Versions.Min(version => (long?)version.Start) ?? clip.Start,
                End = clip.Versions.Max(version => (long?)version.End) ?? clip.End,
                Newest = new { clip.Start, clip.End },
                Handle = context.LiveStreams.Where(stream => stream.Id == clip.StreamId)
                    .Select(stream => (int?)stream.ClipHandleSeconds).FirstOrDefault() ?? LiveStream.DefaultClipHandleSeconds,
            })
            .ToListAsync(cancellationToken);
        return ranges.ToLookup(
            clip => clip.RecordingId,
            clip => HeldRange.OfClip(Math.Min(clip.Start, clip.Newest.Start), Math.Max(clip.End, clip.Newest.End), clip.Handle));
    }

    private IReadOnlyList<HeldRange> PlayedOf(RecordedMedia recording, long missing) => missing > 0 ? [] : playlists.Of(recording.Id);

    /// <summary>From the lists first: nothing that is listed is missing.</summary>
    private void Forget(RetiredMedia retired, RecordedMedia from)
    {
        var gone = retired.Segments.Select(segment => segment.Number).ToHashSet();
        windows.Find(retired.RecordingId)?.Forget(
            retired.KeptFrom, from.Segments.Select(segment => segment.Number).Where(number => !gone.Contains(number)).ToHashSet());
    }

    /// <returns>The runs that nothing is left of. While a recording is on air its runs are counted by those that there are.</returns>
    private static async Task<IReadOnlyList<int>> DeleteRowsAsync(
        CatalogDbContext context, RetiredMedia retired, CancellationToken cancellationToken)
    {
        var recording = context.Recordings.Where(recording => recording.Id == retired.RecordingId);
        await recording.ExecuteUpdateAsync(
            update => update.SetProperty(recording => recording.KeptFrom, retired.KeptFrom), cancellationToken);
        foreach (var (first, last) in Ranges(retired.Segments))
        {
            await context.Segments
                .Where(segment => segment.RecordingId == retired.RecordingId && segment.Number >= first && segment.Number <= last)
                .ExecuteDeleteAsync(cancellationToken);
        }

        var emptyRuns = context.Runs.Where(run => run.RecordingId == retired.RecordingId
            && recording.Any(ended => ended.EndedAt != null)
            && !context.Segments.Any(segment => segment.RecordingId == run.RecordingId && segment.Run == run.Number));
        var numbers = await emptyRuns.Select(run => run.Number).ToListAsync(cancellationToken);
        await emptyRuns.ExecuteDeleteAsync(cancellationToken);
        if (retired.IsRecordingOver)
        {
            await recording.ExecuteDeleteAsync(cancellationToken);
        }

        return numbers;
    }

    /// <summary>Numbers that follow each other; a statement each.</summary>
    private static IEnumerable<(long First, long Last)> Ranges(IReadOnlyList<RecordedSegment> segments)
    {
        for (var (i, first) = (0, 0); i < segments.Count; i++)
        {
            if (i + 1 == segments.Count || segments[i + 1].Number != segments[i].Number + 1)
            {
                yield return (segments[first].Number, segments[i].Number);
                first = i + 1;
            }
        }
    }

    private void DeleteFiles(RetiredMedia retired, IReadOnlyList<int> emptyRuns)
    {
        if (retired.IsRecordingOver)
        {
            TryDelete(retired, () => store.DeleteRecording(retired.RecordingId));
            LogRecordingGone(retired.StreamId, retired.RecordingId, retired.Bytes >> 20);
            return;
        }

        foreach (var segment in retired.Segments)
        {
            TryDelete(retired, () => store.Delete(segment.RecordingId, segment.Run, segment.Number));
        }

        foreach (var run in emptyRuns)
        {
            TryDelete(retired, () => store.DeleteRun(retired.RecordingId, run));
        }

        LogShortened(retired.StreamId, retired.RecordingId, retired.Segments.Count, retired.Bytes >> 20);
    }

    /// <summary>Its row is gone, and no round comes back to it: what cannot be deleted keeps no other from it.</summary>
    private void TryDelete(RetiredMedia retired, Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogLeft(retired.StreamId, retired.RecordingId, error);
        }
    }

    /// <param name="End">Of its newest segment, 0 when it has none.</param>
    /// <param name="OldestEnd">Of its oldest segment that is listed.</param>
    /// <param name="HasIslands">Clips held media of it when the rest went.</param>
    private sealed record Candidate(
        Recording Recording, bool IsRecorded, int? RetentionDays, int? RetentionGiB, long End, long? OldestEnd, bool HasIslands);

    [LoggerMessage(LogLevel.Debug, "Stream {StreamId} recording {RecordingId}: its oldest {Segments} segments are gone, {MiB} MiB")]
    private partial void LogShortened(string streamId, Guid recordingId, int segments, long miB);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} is gone, its last {MiB} MiB of media are too old")]
    private partial void LogRecordingGone(string streamId, Guid recordingId, long miB);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId}: a file whose row is gone cannot be deleted and is left")]
    private partial void LogLeft(string streamId, Guid recordingId, Exception error);

    [LoggerMessage(LogLevel.Warning, "The clock is {Ahead} ahead of what can be believed: nothing is removed by it for a day")]
    private partial void LogDoubt(TimeSpan ahead);

    [LoggerMessage(LogLevel.Error, "Old media could not be removed")]
    private partial void LogFailed(Exception error);
}
