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
/// Writes one recording: the packager's fragments to files, its runs and segments to the catalog, from a queue of its own. What the
/// disk cannot take is a hole in the recording, never in the live picture.
/// </summary>
public sealed partial class Recorder(
    LiveWindow window,
    SegmentStore store,
    CatalogWriter catalog,
    ChangeFeed changes,
    PublisherBrake brake,
    long maxQueuedBytes,
    TimeProvider time,
    ILogger<Recorder> logger)
{
    private readonly Channel<PackagerOutput> _queue = Channel.CreateUnbounded<PackagerOutput>(new() { SingleReader = true });
    private readonly Recording _recording = window.Recording;
    private readonly Lock _gate = new();
    private readonly HashSet<long> _lost = [];

    // What later rows and files stand on: tried again before each segment until the disk has taken it.
    private readonly Queue<PackagerOutput> _owed = new();
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
        }

        _queue.Writer.TryWrite(output);
    }

    /// <summary>Nothing more will come; <see cref="RunAsync"/> ends when what is queued is on the disk.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    public async Task RunAsync()
    {
        using var writer = new SegmentWriter(store, _recording.Id, time);
        // Without a token: what was received is written, also while the server stops.
        await foreach (var output in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await WriteAsync(writer, output);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or DbException or DbUpdateException)
            {
                Fail(output, error);
            }

            Release(output);
        }
    }

    private async Task WriteAsync(SegmentWriter writer, PackagerOutput output)
    {
        switch (output)
        {
            case RunStarted or TargetDurationFixed:
                _owed.Enqueue(output);
                await PayAsync(writer);
                break;
            case FragmentFinished fragment when !IsLost(fragment.Number):
                await PayAsync(writer);
                writer.Append(fragment);
                break;
            case SegmentClosed closed when !Forgive(closed.Segment.Number):
                await CloseAsync(writer, closed.Segment);
                break;
        }
    }

    private async Task PayAsync(SegmentWriter writer)
    {
        while (_owed.TryPeek(out var output))
        {
            if (output is RunStarted { Run: var run })
            {
                writer.StartRun(run);
                await catalog.WriteAsync(context => context.Runs.AddAsync(run).AsTask(), CancellationToken.None);
            }

            if (output is TargetDurationFixed { Seconds: var seconds })
            {
                await catalog.WriteAsync(context => StoreTargetDurationAsync(context, seconds), CancellationToken.None);
            }

            _owed.Dequeue();
        }
    }

    private async Task CloseAsync(SegmentWriter writer, RecordedSegment segment)
    {
        writer.Close();
        await catalog.WriteAsync(context => context.Segments.AddAsync(segment).AsTask(), CancellationToken.None);
        LogSegmentClosed(_recording.StreamId, _recording.Id, segment.Number, segment.Duration / 90_000d);
        changes.Publish(new RecordingChanged(_recording.StreamId, _recording.Id));
    }

    private async Task StoreTargetDurationAsync(CatalogDbContext context, int seconds)
    {
        var recording = await context.Recordings.SingleAsync(recording => recording.Id == _recording.Id);
        recording.TargetDuration = seconds;
    }

    private void Release(PackagerOutput output)
    {
        if (output is FragmentFinished fragment
            && Interlocked.Add(ref _queuedBytes, -fragment.Bytes.Length) <= maxQueuedBytes / 2)
        {
            brake.Release(this);
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

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId} lost segment {Number}: the disk did not take it")]
    private partial void LogSegmentLost(string streamId, Guid recordingId, long number, Exception? error);
}
