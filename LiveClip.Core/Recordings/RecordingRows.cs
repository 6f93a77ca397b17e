using System.Data.Common;
using System.Threading.Channels;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Recordings;

/// <summary>
/// What the catalog is told of one recording on air, in order and from a queue of its own: what it cannot take now it is told again.
/// </summary>
internal sealed partial class RecordingRows(Recording recording, CatalogWriter catalog, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // A few words each two seconds: a catalog that is away for hours costs no memory worth a bound.
    private readonly Channel<Row> _queue = Channel.CreateUnbounded<Row>(new() { SingleReader = true });

    /// <summary>What is to be written for one thing that has happened.</summary>
    /// <param name="again">A write that was reported as failed may have arrived all the same: none makes a second row.</param>
    private delegate Task Row(CatalogDbContext context, bool again);

    /// <summary>The recording itself, before all that belongs to it.</summary>
    public void AddRecording() => _queue.Writer.TryWrite(RowOf(recording));

    public void Add(PackagerOutput output) => _queue.Writer.TryWrite(output switch
    {
        RunStarted started => RowOf(started.Run),
        SegmentClosed closed => RowOf(closed.Segment),
        AnchorSet set => RowOf(set),
        GapListed gap => RowOf(gap),
        TargetDurationFixed target => RowOf(target),
        _ => throw new ArgumentException($"the catalog has no row for {output.GetType().Name}", nameof(output)),
    });

    /// <summary>Nothing more will come; <see cref="RunAsync"/> ends when all is stored.</summary>
    /// <param name="last">To be told behind all else; null when the recording stays on air.</param>
    public void Complete(Func<CatalogDbContext, Task>? last)
    {
        if (last is not null)
        {
            _queue.Writer.TryWrite((context, _) => last(context));
        }

        _queue.Writer.Complete();
    }

    /// <param name="stopping">The server stops: what the catalog does not take now is not tried again.</param>
    /// <exception cref="DbException">The catalog fails while the server stops; the files wait for the next start's recovery.</exception>
    /// <exception cref="DbUpdateException">As above.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        var waiting = new List<Row>();
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            TakeAll(waiting);
            for (var attempt = 0; !await TryStoreAsync(waiting, attempt, stopping); attempt++)
            {
                await Task.Delay(RetryInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                TakeAll(waiting);
            }

            waiting.Clear();
        }
    }

    private void TakeAll(List<Row> waiting)
    {
        while (_queue.Reader.TryRead(out var row))
        {
            waiting.Add(row);
        }
    }

    /// <summary>False when they are to be tried again. While the server stops it throws instead: the next start finds the files.</summary>
    private async Task<bool> TryStoreAsync(List<Row> rows, int attempt, CancellationToken stopping)
    {
        try
        {
            await StoreAsync(rows, again: attempt > 0);
            return true;
        }
        catch (Exception error) when (!stopping.IsCancellationRequested && (error is DbException or DbUpdateException))
        {
            if (attempt == 0)
            {
                LogLate(recording.StreamId, recording.Id, error);
            }

            return false;
        }
    }

    /// <summary>Together; one that the catalog will never take, its recording being deleted, keeps no other waiting.</summary>
    private async Task StoreAsync(List<Row> rows, bool again)
    {
        try
        {
            await catalog.WriteAsync(
                async context =>
                {
                    foreach (var row in rows)
                    {
                        await row(context, again);
                    }
                },
                CancellationToken.None);
        }
        catch (Exception error) when (CatalogWriter.IsRefusal(error))
        {
            if (rows.Count == 1 && again)
            {
                LogRefused(recording.StreamId, recording.Id, error);
                return;
            }

            foreach (var row in rows)
            {
                await StoreAsync([row], again: true);
            }
        }
    }

    // A copy: what a context tracks it also changes.
    private static Row RowOf(Recording recording) => async (context, again) =>
    {
        if (!again || !await context.Recordings.AnyAsync(stored => stored.Id == recording.Id))
        {
            context.Recordings.Add(new Recording
            {
                Id = recording.Id,
                StreamId = recording.StreamId,
                StartedAt = recording.StartedAt,
                FirstSegmentNumber = recording.FirstSegmentNumber,
                FirstDiscontinuity = recording.FirstDiscontinuity,
            });
            await context.SaveChangesAsync();
        }
    };

    private static Row RowOf(Run run) => async (context, again) =>
    {
        if (!again || !await context.Runs.AnyAsync(stored => stored.RecordingId == run.RecordingId && stored.Number == run.Number))
        {
            context.Runs.Add(run);
            await context.SaveChangesAsync();
            context.ChangeTracker.Clear();
        }
    };

    private static Row RowOf(RecordedSegment segment) => async (context, again) =>
    {
        if (!again
            || !await context.Segments.AnyAsync(stored => stored.RecordingId == segment.RecordingId && stored.Number == segment.Number))
        {
            context.Segments.Add(segment);
        }
    };

    // A run that is not stored yet is stored with all its anchors.
    private Row RowOf(AnchorSet set) => async (context, _) =>
    {
        if (await context.Runs.FindAsync(recording.Id, set.Run) is { } run && !(run.Anchors?[^1].Timeline >= set.Anchor.Timeline))
        {
            run.Add(set.Anchor);
        }
    };

    // A restart must not give those numbers to segments.
    private Row RowOf(GapListed gap) => (context, _) => context.LiveStreams
        .Where(stream => stream.Id == recording.StreamId && stream.NextSegmentNumber < gap.NextNumber)
        .ExecuteUpdateAsync(stream => stream.SetProperty(s => s.NextSegmentNumber, gap.NextNumber));

    private Row RowOf(TargetDurationFixed target) => (context, _) => context.Recordings.Where(stored => stored.Id == recording.Id)
        .ExecuteUpdateAsync(stored => stored.SetProperty(r => r.TargetDuration, target.Seconds));

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId}: the catalog does not take its runs and segments yet")]
    private partial void LogLate(string streamId, Guid recordingId, Exception error);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId}: the catalog refuses a row for good; its file stays")]
    private partial void LogRefused(string streamId, Guid recordingId, Exception error);
}
