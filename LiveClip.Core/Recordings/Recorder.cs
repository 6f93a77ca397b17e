using System.Data.Common;
using System.Threading.Channels;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Writes one recording: the packager's fragments to files, its runs and segments to the catalog, each from a queue of its own. What the
/// disk cannot take is a hole in the recording, never in the live picture; what the catalog cannot take is told it again.
/// </summary>
public sealed partial class Recorder(
    LiveWindow window,
    SegmentStore store,
    CatalogWriter catalog,
    ChangeFeed changes,
    PublisherBrake brake,
    DiskWatch disk,
    DiskDelay delay,
    long maxQueuedBytes,
    TimeProvider time,
    ILogger<Recorder> logger)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<PackagerOutput> _queue = Channel.CreateUnbounded<PackagerOutput>(new() { SingleReader = true });

    // A few words each two seconds: a catalog that is away for hours costs no memory worth a bound.
    private readonly Channel<Row> _rows = Channel.CreateUnbounded<Row>(new() { SingleReader = true });
    private readonly Recording _recording = window.Recording;
    private readonly Lock _gate = new();
    private readonly HashSet<long> _lost = [];

    // Later files stand on their init segments: these are tried again before each fragment until the disk has taken them.
    private readonly Queue<RunStarted> _owed = new();
    private long _queuedBytes;
    private Row? _last;

    /// <summary>What is to be written for one thing that has happened.</summary>
    private delegate Task Row(CatalogDbContext context);

    /// <summary>The recording is new: its row comes before all others, as soon as the catalog takes it.</summary>
    public void Enter() => _rows.Writer.TryWrite(RowOf(_recording));

    /// <summary>Never waits: a fragment for which there is no room costs its whole segment.</summary>
    public void Offer(PackagerOutput output)
    {
        if (output is FragmentFinished fragment)
        {
            if (IsLost(fragment.Number))
            {
                return;
            }

            // What was begun is finished: there is room for that, and a pause ends no segment in the middle.
            if (fragment.Index == 0 && disk.IsPaused)
            {
                Skip(fragment.Number);
                return;
            }

            if (Interlocked.Read(ref _queuedBytes) + fragment.Bytes.Length > maxQueuedBytes)
            {
                Lose(fragment.Number, null);
                return;
            }

            if (Interlocked.Add(ref _queuedBytes, fragment.Bytes.Length) > maxQueuedBytes / 2)
            {
                brake.Apply(this);
            }

            delay.Begin();
        }

        _queue.Writer.TryWrite(output);
    }

    /// <summary>Nothing more will come; <see cref="RunAsync"/> ends when what is queued is on the disk.</summary>
    /// <param name="last">What the catalog is told behind all else, as often as it takes.</param>
    public void Complete(Func<CatalogDbContext, Task>? last = null)
    {
        _last = last is null ? null : new Row(last);
        _queue.Writer.TryComplete();
    }

    /// <param name="stopping">The server stops: what the catalog does not take now is not tried again.</param>
    /// <exception cref="DbException">The catalog fails while the server stops; the files wait for the next start's recovery.</exception>
    /// <exception cref="DbUpdateException">As above.</exception>
    public Task RunAsync(CancellationToken stopping) => Task.WhenAll(WriteFilesAsync(), StoreRowsAsync(stopping));

    private async Task WriteFilesAsync()
    {
        using var writer = new SegmentWriter(store, _recording.Id, time);
        // Without a token: what was received is written, also while the server stops.
        await foreach (var output in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                Write(writer, output);
            }
#pragma warning disable CA1031 // The owner's loop: whatever the disk says costs a segment and not the recorder.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Fail(writer, output, error);
            }

            Settle(output);
        }

        if (_last is not null)
        {
            _rows.Writer.TryWrite(_last);
        }

        _rows.Writer.Complete();
    }

    private void Write(SegmentWriter writer, PackagerOutput output)
    {
        switch (output)
        {
            case RunStarted started:
                _owed.Enqueue(started);
                WriteOwed(writer);
                break;
            case TargetDurationFixed target:
                _rows.Writer.TryWrite(RowOf(target));
                break;
            case FragmentFinished fragment when !IsLost(fragment.Number):
                WriteOwed(writer);
                writer.Append(fragment);
                break;
            case SegmentClosed closed when Forgive(closed.Segment.Number):
                writer.Discard(closed.Segment);
                break;
            case SegmentClosed closed:
                writer.Close();
                _rows.Writer.TryWrite(RowOf(closed.Segment));
                LogSegmentClosed(_recording.StreamId, _recording.Id, closed.Segment.Number, closed.Segment.Duration / 90_000d);
                changes.Publish(new RecordingChanged(_recording.StreamId, _recording.Id));
                break;
        }
    }

    private void WriteOwed(SegmentWriter writer)
    {
        while (_owed.TryPeek(out var started))
        {
            writer.StartRun(started.Run);
            _rows.Writer.TryWrite(RowOf(started.Run));
            _owed.Dequeue();
        }
    }

    private void Fail(SegmentWriter writer, PackagerOutput output, Exception error)
    {
        if (DiskFull.Is(error))
        {
            disk.ReportFull();
        }

        switch (output)
        {
            case FragmentFinished fragment:
                Lose(fragment.Number, error);
                break;
            case SegmentClosed closed:
                Lose(closed.Segment.Number, error);
                Forgive(closed.Segment.Number);
                TryDiscard(writer, closed.Segment);
                break;
            default:
                LogLate(_recording.StreamId, _recording.Id, error);
                break;
        }
    }

    /// <summary>What could not be flushed may be anything once it has left the cache: no start may take it for whole.</summary>
    private void TryDiscard(SegmentWriter writer, RecordedSegment segment)
    {
        try
        {
            writer.Discard(segment);
        }
#pragma warning disable CA1031 // As in the loop: the disk fails, and the segment is lost anyway.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogLate(_recording.StreamId, _recording.Id, error);
        }
    }

    private void Settle(PackagerOutput output)
    {
        if (output is FragmentFinished)
        {
            delay.End();
        }

        switch (output)
        {
            case FragmentFinished fragment when Interlocked.Add(ref _queuedBytes, -fragment.Bytes.Length) <= maxQueuedBytes / 2:
                brake.Release(this);
                break;
            case SegmentClosed closed:
                window.Release(closed.Segment.Number);
                break;
        }
    }

    private async Task StoreRowsAsync(CancellationToken stopping)
    {
        var waiting = new List<Row>();
        while (await _rows.Reader.WaitToReadAsync(CancellationToken.None))
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
        while (_rows.Reader.TryRead(out var row))
        {
            waiting.Add(row);
        }
    }

    /// <summary>False when they are to be tried again. While the server stops it throws instead: the next start finds the files.</summary>
    private async Task<bool> TryStoreAsync(List<Row> rows, int attempt, CancellationToken stopping)
    {
        try
        {
            await StoreAsync(rows);
            return true;
        }
        catch (Exception error) when (!stopping.IsCancellationRequested && (error is DbException or DbUpdateException))
        {
            if (attempt == 0)
            {
                LogCatalogLate(_recording.StreamId, _recording.Id, error);
            }

            return false;
        }
    }

    /// <summary>Together; one that the catalog will never take, its recording being deleted, keeps no other waiting.</summary>
    private async Task StoreAsync(List<Row> rows)
    {
        try
        {
            await catalog.WriteAsync(
                async context =>
                {
                    foreach (var row in rows)
                    {
                        await row(context);
                    }
                },
                CancellationToken.None);
        }
        catch (Exception error) when (CatalogWriter.IsRefusal(error))
        {
            if (rows.Count == 1)
            {
                LogRefused(_recording.StreamId, _recording.Id, error);
                return;
            }

            foreach (var row in rows)
            {
                await StoreAsync([row]);
            }
        }
    }

    // A write that was reported as failed may have arrived all the same: none makes a second row. Each stores a copy, since what a
    // context tracks it also changes.
    private static Row RowOf(Recording recording) => async context =>
    {
        if (!await context.Recordings.AnyAsync(stored => stored.Id == recording.Id))
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

    private static Row RowOf(Run run) => async context =>
    {
        if (!await context.Runs.AnyAsync(stored => stored.RecordingId == run.RecordingId && stored.Number == run.Number))
        {
            context.Runs.Add(run);
            await context.SaveChangesAsync();
            context.ChangeTracker.Clear();
        }
    };

    private static Row RowOf(RecordedSegment segment) => async context =>
    {
        if (!await context.Segments.AnyAsync(
            stored => stored.RecordingId == segment.RecordingId && stored.Number == segment.Number))
        {
            context.Segments.Add(segment);
        }
    };

    private Row RowOf(TargetDurationFixed target) => context => context.Recordings.Where(recording => recording.Id == _recording.Id)
        .ExecuteUpdateAsync(recording => recording.SetProperty(r => r.TargetDuration, target.Seconds));

    private void Lose(long number, Exception? error)
    {
        if (Skip(number))
        {
            LogSegmentLost(_recording.StreamId, _recording.Id, number, error);
        }
    }

    /// <summary>False when it was lost already.</summary>
    private bool Skip(long number)
    {
        lock (_gate)
        {
            if (!_lost.Add(number))
            {
                return false;
            }
        }

        window.MarkLost(number);
        return true;
    }

    private bool IsLost(long number)
    {
        lock (_gate)
        {
            return _lost.Contains(number);
        }
    }

    /// <summary>True when the segment, which is whole now, was lost; nothing more of it will come.</summary>
    private bool Forgive(long number)
    {
        lock (_gate)
        {
            return _lost.Remove(number);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Stream {StreamId} recording {RecordingId} closed segment {Number}: {Seconds} s")]
    private partial void LogSegmentClosed(string streamId, Guid recordingId, long number, double seconds);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId}: the disk does not take the run's beginning yet")]
    private partial void LogLate(string streamId, Guid recordingId, Exception error);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId}: the catalog does not take its runs and segments yet")]
    private partial void LogCatalogLate(string streamId, Guid recordingId, Exception error);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId}: the catalog refuses a row for good; its file stays")]
    private partial void LogRefused(string streamId, Guid recordingId, Exception error);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId} lost segment {Number}: the disk did not take it")]
    private partial void LogSegmentLost(string streamId, Guid recordingId, long number, Exception? error);
}
