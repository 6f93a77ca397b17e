using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Recordings;

/// <summary>
/// After a crash or a stop: cuts torn tails, enters segments that the catalog has not heard of, and hands over the recordings that
/// were on air, to go on when their encoders return.
/// </summary>
public sealed partial class RecordingRecovery(
    IDbContextFactory<CatalogDbContext> contexts, CatalogWriter catalog, SegmentStore store, ILogger<RecordingRecovery> logger)
{
    public async Task<IReadOnlyList<RecoveredRecording>> RecoverAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
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
            }

            recovered.Add(await RecoverAsync(context, byAge[^1], cancellationToken));
        }

        return recovered;
    }

    private Task EndAsync(RecoveredRecording over, CancellationToken cancellationToken) => catalog.WriteAsync(
        async context =>
        {
            var stored = await context.Recordings.SingleAsync(recording => recording.Id == over.Recording.Id, cancellationToken);
            stored.EndedAt = over.Recording.Runs.LastOrDefault() is { } last && over.Segments.Count > 0
                ? last.WallClockAt(over.Segments[^1].End)
                : stored.StartedAt;
        },
        cancellationToken);

    private async Task<RecoveredRecording> RecoverAsync(CatalogDbContext context, Recording recording, CancellationToken cancellationToken)
    {
        var segments = await context.Segments.AsNoTracking()
            .Where(segment => segment.RecordingId == recording.Id).OrderBy(segment => segment.Number).ToListAsync(cancellationToken);
        var known = segments.Select(segment => segment.Number).ToHashSet();
        foreach (var (run, number) in store.List(recording.Id))
        {
            if (!known.Contains(number) && recording.Runs.Find(candidate => candidate.Number == run) is { } owner
                && TrySalvage(owner, number) is { } segment)
            {
                await catalog.WriteAsync(writing => writing.Segments.AddAsync(segment, cancellationToken).AsTask(), cancellationToken);
                segments.Add(segment);
            }
        }

        segments.Sort((a, b) => a.Number.CompareTo(b.Number));
        var stream = await context.LiveStreams.AsNoTracking()
            .SingleAsync(stream => stream.Id == recording.StreamId, cancellationToken);
        await RemoveUnlistedAsync(recording, segments, cancellationToken);
        var next = segments.Count > 0 ? segments[^1].Number + 1 : recording.FirstSegmentNumber;
        var previous = recording.Runs.LastOrDefault() is { } last && segments.Count > 0
            ? PreviousOf(last, segments[^1].End, stream.NextSegmentNumber - next, recording.TargetDuration)
            : null;
        LogRecovered(recording.StreamId, recording.Id, segments.Count, segments.Count - known.Count);
        return new RecoveredRecording(
            recording,
            segments,
            new PackagerOrigin(
                recording.Id, recording.Runs.LastOrDefault()?.Number + 1 ?? 0, next, recording.TargetDuration, previous),
            TimeSpan.FromSeconds(stream.ReconnectWindowSeconds),
            stream.MaxDurationSeconds > 0 ? stream.MaxDurationSeconds * 90_000L : null);
    }

    /// <summary>
    /// A run that began just before the crash and has no segment was never listed: the next one takes its number, because a run is a
    /// discontinuity that viewers count.
    /// </summary>
    private async Task RemoveUnlistedAsync(Recording recording, List<RecordedSegment> segments, CancellationToken cancellationToken)
    {
        var listed = segments.Count > 0 ? segments.Max(segment => segment.Run) : -1;
        if (recording.Runs.RemoveAll(run => run.Number > listed) > 0)
        {
            await catalog.WriteAsync(
                writing => writing.Runs.Where(run => run.RecordingId == recording.Id && run.Number > listed)
                    .ExecuteDeleteAsync(cancellationToken),
                cancellationToken);
        }
    }

    /// <param name="gapNumbers">How many segments of the gap behind it were listed before the server went down.</param>
    private static PreviousRun PreviousOf(Run run, long end, long gapNumbers, int? targetDuration) =>
        new(end, run.WallClockAt(end), end) { ListedEnd = end + (Math.Max(gapNumbers, 0) * (targetDuration ?? 0) * 90_000L) };

    /// <summary>Null also where the disk does not give the file back: one bad block must not keep the server from starting.</summary>
    private RecordedSegment? TrySalvage(Run run, long number)
    {
        try
        {
            return Salvage(run, number);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(run.RecordingId, number, error);
            return null;
        }
    }

    /// <summary>The whole fragments of a file that was open at the crash; null, and the file gone, when there is none.</summary>
    private RecordedSegment? Salvage(Run run, long number)
    {
        SegmentIndex index;
        long length;
        using (var bytes = store.Open(run.RecordingId, run.Number, number)!)
        {
            (index, length) = (bytes.Index, bytes.Length);
        }

        var lead = InitSegment.Read(run.Init).Tracks[0];
        var samples = index.Fragments.SelectMany(fragment => fragment.Samples).Where(sample => sample.TrackId == lead.Id).ToList();
        if (samples.Count == 0)
        {
            store.Delete(run.RecordingId, run.Number, number);
            return null;
        }

        if (index.ValidLength < length)
        {
            store.Truncate(run.RecordingId, run.Number, number, index.ValidLength);
            LogTornTail(run.RecordingId, number, length - index.ValidLength);
        }

        var first = samples[0];
        var start = lead.Timescale.To(Timescale.Video, first.IsSync ? first.PresentationTime : first.DecodeTime);
        var prefix = new DisplayPrefix(lead is VideoTrack video ? video.Configuration.Sps.ReorderDepth : 0);
        samples.ForEach(sample => prefix.Add(sample.PresentationTime, sample.DecodeTime + sample.Duration, sample.Duration));
        var end = Math.Max(lead.Timescale.To(Timescale.Video, prefix.Close()), start + 1);
        return new RecordedSegment
        {
            RecordingId = run.RecordingId,
            Number = number,
            Run = run.Number,
            Start = run.TimelineStart + start,
            Duration = end - start,
            Length = index.ValidLength,
            StartsWithSync = first.IsSync,
        };
    }

    [LoggerMessage(LogLevel.Information,
        "Stream {StreamId} recording {RecordingId} goes on: {Segments} segments, {Salvaged} of them salvaged from open files")]
    private partial void LogRecovered(string streamId, Guid recordingId, int segments, int salvaged);

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
