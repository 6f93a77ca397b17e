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
    private readonly Channel<PackagerOutput> _queue = Channel.CreateUnbounded<PackagerOutput>(new() { SingleReader = true });

    private readonly RecordingRows _rows = new(window.Recording, catalog, time, logger);
    private readonly Recording _recording = window.Recording;
    private readonly Lock _gate = new();
    private readonly HashSet<long> _lost = [];

    // Later files stand on their init segments: these are tried again before each fragment until the disk has taken them.
    private readonly Queue<RunStarted> _owed = new();
    private long _queuedBytes;
    private Func<CatalogDbContext, Task>? _last;

    /// <summary>The recording is new: its row comes before all others, as soon as the catalog takes it.</summary>
    public void Enter() => _rows.AddRecording();

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
        _last = last;
        _queue.Writer.TryComplete();
    }

    /// <param name="stopping">The server stops: what the catalog does not take now is not tried again.</param>
    /// <exception cref="DbException">The catalog fails while the server stops; the files wait for the next start's recovery.</exception>
    /// <exception cref="DbUpdateException">As above.</exception>
    public Task RunAsync(CancellationToken stopping) => Task.WhenAll(WriteFilesAsync(), _rows.RunAsync(stopping));

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

        _rows.Complete(_last);
    }

    private void Write(SegmentWriter writer, PackagerOutput output)
    {
        switch (output)
        {
            case RunStarted started:
                _owed.Enqueue(started);
                WriteOwed(writer);
                break;
            case TargetDurationFixed or AnchorSet or GapListed:
                _rows.Add(output);
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
                _rows.Add(closed);
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
            _rows.Add(started);
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

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId} lost segment {Number}: the disk did not take it")]
    private partial void LogSegmentLost(string streamId, Guid recordingId, long number, Exception? error);
}
