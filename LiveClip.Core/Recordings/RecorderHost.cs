using System.Collections.Concurrent;
using System.Data.Common;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Gives every broadcast its packager, live window and recorder, from its first sample to its end. When the server stops, everything
/// received is written and the recordings stay on air, to go on when it is back.
/// </summary>
public sealed partial class RecorderHost(
    BroadcastRegistry broadcasts,
    LiveWindows windows,
    SegmentStore store,
    RecordingRecovery recovery,
    CatalogWriter catalog,
    ChangeFeed changes,
    IOptions<RecordingOptions> options,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    private const long ReaderBytes = 64 << 20;
    private static readonly TimeSpan ReaderAge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<RecorderHost>();
    private readonly ConcurrentDictionary<string, Task> _running = new();
    private readonly Dictionary<string, RecoveredRecording> _recovered = [];
    private volatile bool _stopping;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var recovered in await recovery.RecoverAsync(cancellationToken))
        {
            _recovered[recovered.Recording.StreamId] = recovered;
        }

        broadcasts.Started += Start;
        foreach (var (streamId, recovered) in _recovered)
        {
            broadcasts.Resume(streamId, recovered.ReconnectWindow);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        foreach (var broadcast in broadcasts.All())
        {
            broadcast.Suspend();
        }

        await Task.WhenAll(_running.Values).WaitAsync(cancellationToken);
    }

    private void Start(Broadcast broadcast)
    {
        // Added here, before the publisher can send: nothing is missed.
        var reader = broadcast.AddReader(ReaderBytes, ReaderAge);
        _recovered.Remove(broadcast.StreamId, out var recovered);
        var before = _running.GetValueOrDefault(broadcast.StreamId, Task.CompletedTask);
        // At once: a recording that goes on must not look ended to whoever asks first.
        var open = recovered is null
            ? null
            : Open(broadcast, recovered.Recording, recovered.Segments, recovered.Origin, recovered.MaxDuration);
        _running[broadcast.StreamId] = Task.Run(() => RunAsync(broadcast, reader, open, before));
    }

    private async Task RunAsync(Broadcast broadcast, BroadcastReader reader, OpenRecording? open, Task before)
    {
        // The numbers of this recording go on where the one before ends.
        await before;
        try
        {
            await foreach (var sample in reader.ReadAllAsync(CancellationToken.None))
            {
                open ??= await BeginAsync(broadcast);
                Accept(broadcast, open, sample);
            }

            open?.Packager.CloseRun();
        }
#pragma warning disable CA1031 // The owner's loop: one broadcast's failure must not take the others down.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(broadcast.StreamId, error);
            broadcast.End();
        }

        reader.Dispose();
        await CloseAsync(broadcast, open);
    }

    private void Accept(Broadcast broadcast, OpenRecording open, Sample sample)
    {
        open.Packager.Accept(sample);
        if (open.MaxDuration is { } longest && open.Packager.End >= longest && broadcast.State != BroadcastState.Ended)
        {
            LogTooLong(broadcast.StreamId, longest / 90_000);
            broadcast.End();
        }
    }

    /// <summary>Never fails: the stream's next broadcast waits for it.</summary>
    private async Task CloseAsync(Broadcast broadcast, OpenRecording? open)
    {
        if (open is null)
        {
            return;
        }

        try
        {
            open.Recorder.Complete();
            await open.Writing;
            if (broadcast.State == BroadcastState.Ended)
            {
                await EndAsync(open.Window);
            }
        }
#pragma warning disable CA1031 // As above: what the catalog could not be told now, the next start finds out.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(broadcast.StreamId, error);
        }

        windows.Remove(open.Window);
        changes.Publish(new RecordingChanged(broadcast.StreamId, open.Window.Recording.Id));
        changes.Publish(new StreamChanged(broadcast.StreamId));
    }

    private async Task<OpenRecording> BeginAsync(Broadcast broadcast)
    {
        var (recording, maxDuration) = await AddRecordingAsync(broadcast);
        var origin = new PackagerOrigin(recording.Id, 0, recording.FirstSegmentNumber, null, null);
        var opened = Open(broadcast, recording, [], origin, maxDuration > 0 ? maxDuration * 90_000L : null);
        changes.Publish(new StreamChanged(broadcast.StreamId));
        return opened;
    }

    /// <summary>Asks a catalog that fails again while the reader's queue holds what comes: not every encoder dials twice.</summary>
    private async Task<(Recording Recording, int MaxDuration)> AddRecordingAsync(Broadcast broadcast)
    {
        while (true)
        {
            try
            {
                return await catalog.WriteAsync(context => AddRecordingAsync(context, broadcast.StreamId), CancellationToken.None);
            }
            catch (Exception error)
                when ((error is DbException or DbUpdateException) && broadcast.State != BroadcastState.Ended && !_stopping)
            {
                LogCatalogLate(broadcast.StreamId, error);
                await Task.Delay(RetryInterval, time);
            }
        }
    }

    private async Task<(Recording Recording, int MaxDuration)> AddRecordingAsync(CatalogDbContext context, string streamId)
    {
        var stream = await context.LiveStreams.SingleAsync(stream => stream.Id == streamId);
        var recording = new Recording
        {
            Id = Guid.NewGuid(),
            StreamId = streamId,
            StartedAt = time.GetUtcNow(),
            FirstSegmentNumber = stream.NextSegmentNumber,
            FirstDiscontinuity = stream.NextDiscontinuity,
        };
        context.Recordings.Add(recording);
        return (recording, stream.MaxDurationSeconds);
    }

    private OpenRecording Open(
        Broadcast broadcast, Recording recording, IReadOnlyList<RecordedSegment> segments, PackagerOrigin origin, long? maxDuration)
    {
        var window = new LiveWindow(recording, segments);
        var recorder = new Recorder(
            window, store, catalog, changes, broadcast.Brake, broadcast.Disk, (long)options.Value.WriterQueueMiB << 20, time,
            loggers.CreateLogger<Recorder>());
        var packager = new Packager(origin, time, output =>
        {
            window.Accept(output);
            recorder.Offer(output);
        });
        windows.Add(window);
        LogRecording(recording.StreamId, recording.Id);
        return new OpenRecording(packager, window, recorder, Task.Run(recorder.RunAsync), maxDuration);
    }

    private async Task EndAsync(LiveWindow window)
    {
        var recording = window.Recording;
        await catalog.WriteAsync(
            async context =>
            {
                var stored = await context.Recordings.SingleAsync(stored => stored.Id == recording.Id);
                stored.EndedAt = time.GetUtcNow();
                var stream = await context.LiveStreams.SingleAsync(stream => stream.Id == recording.StreamId);
                var now = window.Snapshot();
                stream.NextSegmentNumber = now.Segments.Count > 0 ? now.Segments[^1].Number + 1 : recording.FirstSegmentNumber;
                stream.NextDiscontinuity = recording.FirstDiscontinuity + now.Runs.Count;
            },
            CancellationToken.None);
        LogEnded(recording.StreamId, recording.Id);
    }

    private sealed record OpenRecording(Packager Packager, LiveWindow Window, Recorder Recorder, Task Writing, long? MaxDuration);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} is on air")]
    private partial void LogRecording(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} is on air, and the catalog does not take its recording yet")]
    private partial void LogCatalogLate(string streamId, Exception error);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} ended")]
    private partial void LogEnded(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId} has reached its maximum duration of {Seconds} s and is ended")]
    private partial void LogTooLong(string streamId, long seconds);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} could not be packaged")]
    private partial void LogFailed(string streamId, Exception error);
}
