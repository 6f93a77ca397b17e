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
    private long _queuedBytes;
    private long _lost = -1;

    /// <summary>Never waits: a fragment for which there is no room costs its whole segment.</summary>
    public void Offer(PackagerOutput output)
    {
        if (output is FragmentFinished fragment)
        {
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
            catch (Exception error) when (error is IOException or DbUpdateException or UnauthorizedAccessException)
            {
                Lose(NumberOf(output), error);
            }

            Release(output);
        }
    }

    private Task WriteAsync(SegmentWriter writer, PackagerOutput output)
    {
        switch (output)
        {
            case RunStarted started:
                writer.StartRun(started.Run);
                return catalog.WriteAsync(context => context.Runs.AddAsync(started.Run).AsTask(), CancellationToken.None);
            case TargetDurationFixed target:
                return catalog.WriteAsync(context => StoreTargetDurationAsync(context, target.Seconds), CancellationToken.None);
            case FragmentFinished fragment when fragment.Number != Interlocked.Read(ref _lost):
                writer.Append(fragment);
                return Task.CompletedTask;
            case SegmentClosed closed when closed.Segment.Number != Interlocked.Read(ref _lost):
                return CloseAsync(writer, closed.Segment);
            default:
                return Task.CompletedTask;
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

    private void Lose(long number, Exception? error)
    {
        if (Interlocked.Exchange(ref _lost, number) != number)
        {
            window.MarkLost(number);
            LogSegmentLost(_recording.StreamId, _recording.Id, number, error);
        }
    }

    private static long NumberOf(PackagerOutput output) => output switch
    {
        FragmentFinished fragment => fragment.Number,
        SegmentClosed closed => closed.Segment.Number,
        _ => -1,
    };

    [LoggerMessage(LogLevel.Debug, "Stream {StreamId} recording {RecordingId} closed segment {Number}: {Seconds} s")]
    private partial void LogSegmentClosed(string streamId, Guid recordingId, long number, double seconds);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} recording {RecordingId} lost segment {Number}: the disk did not take it")]
    private partial void LogSegmentLost(string streamId, Guid recordingId, long number, Exception? error);
}
