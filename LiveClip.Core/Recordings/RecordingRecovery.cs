using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Recordings;

/// <summary>
/// After a crash or a stop: cuts torn tails, enters what the catalog has not heard of, and hands over the recordings that were on air, to
/// go on when their encoders return.
/// </summary>
public sealed partial class RecordingRecovery(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    SegmentStore store,
    TimeProvider time,
    ILogger<RecordingRecovery> logger)
{
    public async Task<IReadOnlyList<RecoveredRecording>> RecoverAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await EnterRecordingsAsync(context, cancellationToken);
        var onAir = await context.Recordings.AsNoTracking()
            .Where(recording => recording.EndedAt == null)
            .Include(recording => recording.Runs.OrderBy(run => run.Number))
            .ToListAsync(cancellationToken);
        var recovered = new List<RecoveredRecording>();
        foreach (var ofStream in onAir.GroupBy(recording => recording.StreamId))
        {
            // A stream has one recording on air; an older one is over, though the catalog was not told.
            var byAge = ofStream.OrderBy(recording => recording.StartedAt).ToList();
            foreach (var recording in byAge.SkipLast(1))
            {
                await EndAsync(await RecoverAsync(context, recording, cancellationToken), cancellationToken);
                LogOver(recording.StreamId, recording.Id);
            }

            recovered.Add(await RecoverAsync(context, byAge[^1], cancellationToken));
            LogGoesOn(byAge[^1].StreamId, byAge[^1].Id);
        }

        return recovered;
    }

    /// <summary>
    /// Recordings that began while the catalog could be read only. What is left of one that was deleted is not among them: the live
    /// stream's numbers are past it.
    /// </summary>
    private async Task EnterRecordingsAsync(CatalogDbContext context, CancellationToken cancellationToken)
    {
        var known = await context.Recordings.Select(recording => recording.Id).ToHashSetAsync(cancellationToken);
        var numbers = await context.LiveStreams
            .ToDictionaryAsync(stream => stream.Id, stream => stream.NextSegmentNumber, cancellationToken);
        var unknown = store.ListRecordings().Where(id => !known.Contains(id)).Select(FindRecording).OfType<Recording>()
            .Where(recording => numbers.TryGetValue(recording.StreamId, out var next) && recording.FirstSegmentNumber >= next).ToList();
        if (unknown.Count > 0)
        {
            await catalog.WriteAsync(writing => writing.AddRangeAsync(unknown, cancellationToken), cancellationToken);
            unknown.ForEach(recording => LogEntered(recording.StreamId, recording.Id));
        }
    }

    private Recording? FindRecording(Guid id) =>
        store.ListRuns(id).Select(number => TryReadRun(id, number)).OfType<Run>()
            .Select(RecordingIndex.ReadRecording).FirstOrDefault(recording => recording is not null);

    private Task EndAsync(RecoveredRecording over, CancellationToken cancellationToken) => catalog.WriteAsync(
        async context =>
        {
            var stored = await context.Recordings.SingleAsync(recording => recording.Id == over.Recording.Id, cancellationToken);
            stored.EndedAt = over.Recording.Runs.LastOrDefault() is { } last && over.Segments.Count > 0
                ? last.WallClockAt(over.Segments[^1].End)
                : stored.StartedAt;
            var stream = await context.LiveStreams.SingleAsync(stream => stream.Id == stored.StreamId, cancellationToken);
            stream.NextSegmentNumber = Math.Max(stream.NextSegmentNumber, over.Origin.NextSegment);
            stream.NextDiscontinuity = Math.Max(stream.NextDiscontinuity, stored.FirstDiscontinuity + over.Recording.Runs.Count);
        },
        cancellationToken);

    private async Task<RecoveredRecording> RecoverAsync(CatalogDbContext context, Recording recording, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var segments = await context.SegmentsOf(recording.Id).ToListAsync(cancellationToken);
        var rowsRead = time.GetTimestamp();
        var runs = store.ListRuns(recording.Id).Where(number => recording.Runs.TrueForAll(run => run.Number != number))
            .Select(number => TryReadRun(recording.Id, number)).OfType<Run>().ToList();
        recording.Runs.AddRange(runs);
        recording.Runs.Sort((a, b) => a.Number.CompareTo(b.Number));
        var files = store.List(recording.Id);
        var salvaged = Salvage(recording, segments, files);
        LogLookedThrough(
            recording.StreamId, recording.Id, segments.Count, Milliseconds(began, rowsRead), files.Count, salvaged.Count,
            Milliseconds(rowsRead, time.GetTimestamp()));
        await EnterAsync(recording, runs, salvaged, cancellationToken);

        segments.AddRange(salvaged);
        segments.Sort((a, b) => a.Number.CompareTo(b.Number));
        var stream = await context.LiveStreams.AsNoTracking()
            .SingleAsync(stream => stream.Id == recording.StreamId, cancellationToken);
        // Past every folder, also one that could not be read: nothing in it is written over.
        var nextRun = store.ListRuns(recording.Id).Concat(recording.Runs.Select(run => run.Number)).DefaultIfEmpty(-1).Max() + 1;
        var nextSegment = segments.Count > 0 ? segments[^1].Number + 1 : recording.FirstSegmentNumber;
        var previous = segments.Count > 0 && recording.Runs.Find(run => run.Number == segments[^1].Run) is { } last
            ? PreviousOf(last, segments[^1].End, stream.NextSegmentNumber - nextSegment, recording.TargetDuration)
            : null;
        return new RecoveredRecording(
            recording,
            segments,
            new PackagerOrigin(recording.Id, nextRun, nextSegment, recording.TargetDuration, previous)
            {
                RecordingStart = RecordingIndex.StartOf(recording),
            },
            TimeSpan.FromSeconds(stream.ReconnectWindowSeconds),
            stream.MaxDurationSeconds > 0 ? stream.MaxDurationSeconds * 90_000L : null);
    }

    /// <param name="gapNumbers">How many segments of the gap behind it were listed before the server went down.</param>
    private static PreviousRun PreviousOf(Run run, long end, long gapNumbers, int? targetDuration) =>
        new(end, run.WallClockAt(end), end) { ListedEnd = end + (Math.Max(gapNumbers, 0) * (targetDuration ?? 0) * 90_000L) };

    private async Task EnterAsync(
        Recording recording, List<Run> runs, List<RecordedSegment> segments, CancellationToken cancellationToken)
    {
        if (runs.Count + segments.Count == 0)
        {
            return;
        }

        await catalog.WriteAsync(
            async context =>
            {
                await context.AddRangeAsync(runs, cancellationToken);
                await context.AddRangeAsync(segments, cancellationToken);
                foreach (var run in recording.Runs.Where(run => !runs.Contains(run) && run.Anchors is not null))
                {
                    await context.Runs.Where(stored => stored.RecordingId == run.RecordingId && stored.Number == run.Number)
                        .ExecuteUpdateAsync(stored => stored.SetProperty(r => r.Anchors, run.Anchors), cancellationToken);
                }

                var stored = await context.Recordings.SingleAsync(stored => stored.Id == recording.Id, cancellationToken);
                stored.TargetDuration = recording.TargetDuration;
            },
            cancellationToken);
    }

    /// <summary>The rows of files that the catalog has not heard of.</summary>
    private List<RecordedSegment> Salvage(
        Recording recording, List<RecordedSegment> segments, IReadOnlyList<(int Run, long Number)> files)
    {
        var known = segments.Select(segment => segment.Number).ToHashSet();
        var unknown = files.Where(file => !known.Contains(file.Number)).ToLookup(file => file.Run, file => file.Number);
        var salvaged = new List<RecordedSegment>();
        foreach (var run in recording.Runs.Where(run => unknown.Contains(run.Number)))
        {
            // Where pictures are out of order, those of the file before tell where this one's are whole.
            var before = segments.FindLast(segment => segment.Run == run.Number && segment.Number < unknown[run.Number].First());
            var read = (before is null ? [] : new[] { before.Number }).Concat(unknown[run.Number])
                .Select(number => Try(run, number, number == before?.Number ? Read : Salvage)).OfType<SegmentFile>().ToList();
            recording.TargetDuration ??= read.Select(file => file.TargetDuration).FirstOrDefault(seconds => seconds is not null);
            RecordingIndex.AddAnchors(run, read);
            salvaged.AddRange(RecordingIndex.SegmentsOf(run, read).Where(segment => !known.Contains(segment.Number)));
        }

        return salvaged;
    }

    /// <summary>Null also where the disk does not give the file back: one bad block must not keep the server from starting.</summary>
    private SegmentFile? Try(Run run, long number, Func<Run, long, SegmentFile?> read)
    {
        try
        {
            return read(run, number);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(run.RecordingId, number, error);
            return null;
        }
    }

    private SegmentFile? Read(Run run, long number)
    {
        using var bytes = store.Open(run.RecordingId, run.Number, number);
        return bytes is null ? null : RecordingIndex.ReadSegment(run, number, bytes.Index, bytes.Length);
    }

    /// <summary>
    /// A file with its torn tail cut off; null when nothing in it belongs to the segment. Then it is gone when it was torn in its first
    /// fragment, and set aside when it holds another's.
    /// </summary>
    private SegmentFile? Salvage(Run run, long number)
    {
        if (Read(run, number) is { Fragments.Count: > 0 } found)
        {
            if (found.IsTorn)
            {
                store.Truncate(run.RecordingId, run.Number, number, found.ValidLength);
                LogTornTail(run.RecordingId, number, found.Length - found.ValidLength);
            }

            return found with { Length = found.ValidLength };
        }

        if (store.HoldsFragment(run.RecordingId, run.Number, number))
        {
            store.SetAside(run.RecordingId, run.Number, number);
            LogForeign(run.RecordingId, number);
        }
        else
        {
            store.Delete(run.RecordingId, run.Number, number);
        }

        return null;
    }

    private Run? TryReadRun(Guid recordingId, int number)
    {
        try
        {
            return store.ReadInit(recordingId, number) is { } init && RecordingIndex.ReadRun(init) is var run
                && run.RecordingId == recordingId && run.Number == number
                ? run
                : null;
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or Mp4FormatException or SampleFormatException)
        {
            LogUnreadableRun(recordingId, number, error);
            return null;
        }
    }

    private double Milliseconds(long from, long to) => Math.Round(time.GetElapsedTime(from, to).TotalMilliseconds);

    [LoggerMessage(LogLevel.Information,
        "Stream {StreamId} recording {RecordingId}: {Rows} rows read in {RowsMs} ms, {Files} files looked through and {Salvaged} of them "
        + "salvaged in {FilesMs} ms")]
    private partial void LogLookedThrough(
        string streamId, Guid recordingId, int rows, double rowsMs, int files, int salvaged, double filesMs);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} goes on when its encoder is back")]
    private partial void LogGoesOn(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} had ended, which the catalog was not told")]
    private partial void LogOver(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId} recording {RecordingId} was not in the catalog and is entered from its files")]
    private partial void LogEntered(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Error, "Recording {RecordingId} segment {Number}: its file holds something else and is set aside")]
    private partial void LogForeign(Guid recordingId, long number);

    [LoggerMessage(LogLevel.Error, "Recording {RecordingId} run {Number} cannot be read and is left out")]
    private partial void LogUnreadableRun(Guid recordingId, int number, Exception error);

    [LoggerMessage(LogLevel.Warning, "Recording {RecordingId} segment {Number}: a torn tail of {Bytes} bytes was cut off")]
    private partial void LogTornTail(Guid recordingId, long number, long bytes);

    [LoggerMessage(LogLevel.Error, "Recording {RecordingId} segment {Number} cannot be read and is left out")]
    private partial void LogUnreadable(Guid recordingId, long number, Exception error);
}

/// <summary>A recording that was on air when the server went down.</summary>
/// <param name="MaxDuration">1/90,000 s; null when it may last for ever.</param>
public sealed record RecoveredRecording(
    Recording Recording,
    IReadOnlyList<RecordedSegment> Segments,
    PackagerOrigin Origin,
    TimeSpan ReconnectWindow,
    long? MaxDuration);
