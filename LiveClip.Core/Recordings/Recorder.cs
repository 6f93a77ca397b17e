using System.Data.Common;
using System.Threading.Channels;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
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
    DiskDelay delay,
    long maxQueuedBytes,
    TimeProvider time,
    ILogger<Recorder> logger)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<PackagerOutput> _queue = Channel.CreateUnbounded<PackagerOutput>(new() { SingleReader = true });

    // A few words each two seconds: a catalog that is away for hours costs no memory worth a bound.
    private readonly Channel<PackagerOutput> _rows = Channel.CreateUnbounded<PackagerOutput>(new() { SingleReader = true });
    private readonly Recording _recording = window.Recording;
    private readonly Lock _gate = new();
    private readonly HashSet<long> _lost = [];

    // Later files stand on their init segments: these are tried again before each fragment until the disk has taken them.
    private readonly Queue<RunStarted> _owed = new();
    private long _queuedBytes;

    /// <summary>Never waits: a fragment for which there is no room costs its whole segment.</summary>
    public void Offer(PackagerOutput output)
    {
        if (output is FragmentFinished fragment)
        {
            if (IsLost(fragment.Number))
            {
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
    public void Complete() => _queue.Writer.TryComplete();

    /// <exception cref="DbException">The catalog fails at the end, too; the files wait for the next start's recovery.</exception>
    /// <exception cref="DbUpdateException">As above.</exception>
    public Task RunAsync() => Task.WhenAll(WriteFilesAsync(), StoreRowsAsync());

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
                Fail(output, error);
            }

            Settle(output);
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
            case TargetDurationFixed:
                _rows.Writer.TryWrite(output);
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
                _rows.Writer.TryWrite(closed);
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
            _rows.Writer.TryWrite(started);
            _owed.Dequeue();
        }
    }

    private void Fail(PackagerOutput output, Exception error)
    {
        switch (output)
        {
            case FragmentFinished fragment:
                Lose(fragment.Number, error);
                break;
            case SegmentClosed closed:
                Lose(closed.Segment.Number, error);
                Forgive(closed.Segment.Number);
                break;
            default:
                LogLate(_recording.StreamId, _recording.Id, error);
                break;
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

    private async Task StoreRowsAsync()
    {
        await foreach (var output in _rows.Reader.ReadAllAsync(CancellationToken.None))
        {
            for (var attempt = 0; !await TryStoreAsync(output, attempt); attempt++)
            {
                await Task.WhenAny(_queue.Reader.Completion, Task.Delay(RetryInterval, time));
            }
        }
    }

    /// <summary>False when it is to be tried again. Behind the end it throws instead: the next broadcast waits for this one.</summary>
    private async Task<bool> TryStoreAsync(PackagerOutput output, int attempt)
    {
        var isLast = _queue.Reader.Completion.IsCompleted;
        try
        {
            await catalog.WriteAsync(context => StoreAsync(context, output), CancellationToken.None);
            return true;
        }
        catch (Exception error) when (!isLast && (error is DbException or DbUpdateException))
        {
            if (attempt == 0)
            {
                LogCatalogLate(_recording.StreamId, _recording.Id, error);
            }

            return false;
        }
    }

    /// <summary>A write that was reported as failed may have arrived all the same: none makes a second row.</summary>
    private async Task StoreAsync(CatalogDbContext context, PackagerOutput output)
    {
        switch (output)
        {
            case RunStarted { Run: var run }
                when !await context.Runs.AnyAsync(stored => stored.RecordingId == run.RecordingId && stored.Number == run.Number):
                context.Runs.Add(run);
                break;
            case SegmentClosed { Segment: var segment }
                when !await context.Segments.AnyAsync(
                    stored => stored.RecordingId == segment.RecordingId && stored.Number == segment.Number):
                context.Segments.Add(segment);
                break;
            case TargetDurationFixed { Seconds: var seconds }:
                (await context.Recordings.SingleAsync(recording => recording.Id == _recording.Id)).TargetDuration = seconds;
                break;
        }
    }

    private void Lose(long number, Exception? error)
    {
        lock (_gate)
        {
            if (!_lost.Add(number))
            {
                return;
            }
        }

        window.MarkLost(number);
        LogSegmentLost(_recording.StreamId, _recording.Id, number, error);
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

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId} lost segment {Number}: the disk did not take it")]
    private partial void LogSegmentLost(string streamId, Guid recordingId, long number, Exception? error);
}
