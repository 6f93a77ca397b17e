using System.Collections.Concurrent;
using System.Data.Common;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Core.Storage;
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
    DiskWatch disk,
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    ChangeFeed changes,
    IOptions<RecordingOptions> options,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService, IDisposable
{
    private const long ReaderBytes = 64 << 20;
    private static readonly TimeSpan ReaderAge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>How late a gap may be listed: less than any target duration.</summary>
    private static readonly TimeSpan GapInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<RecorderHost>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Task> _packaging = new();
    private readonly ConcurrentDictionary<string, Task> _running = new();

    // Where each stream's numbers stand after its last broadcast of this process.
    private readonly ConcurrentDictionary<string, (long Segment, long Discontinuity)> _numbers = new();
    private readonly Dictionary<string, RecoveredRecording> _recovered = [];

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
        await _stopping.CancelAsync();
        foreach (var broadcast in broadcasts.All())
        {
            broadcast.Suspend();
        }

        await Task.WhenAll(_running.Values).WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    private void Start(Broadcast broadcast)
    {
        // Added here, before the publisher can send: nothing is missed.
        var reader = broadcast.AddReader(ReaderBytes, ReaderAge);
        _recovered.Remove(broadcast.StreamId, out var recovered);
        var before = _packaging.GetValueOrDefault(broadcast.StreamId, Task.CompletedTask);
        // At once: a recording that goes on must not look ended to whoever asks first.
        var open = recovered is null
            ? null
            : Open(broadcast, recovered.Recording, recovered.Segments, recovered.Origin, recovered.MaxDuration);
        var packaging = Task.Run(() => PackageAsync(broadcast, reader, open, before));
        _packaging[broadcast.StreamId] = packaging;
        _running[broadcast.StreamId] = Task.WhenAll(
            _running.GetValueOrDefault(broadcast.StreamId, Task.CompletedTask), CloseAsync(broadcast, packaging));
    }

    /// <summary>Never fails: the stream's next broadcast waits for it.</summary>
    private async Task<OpenRecording?> PackageAsync(Broadcast broadcast, BroadcastReader reader, OpenRecording? open, Task before)
    {
        // The numbers of this recording go on where the one before ends; for its rows nobody waits.
        await before;
        try
        {
            // On the publisher's thread: what is done with a sample is computed only, and what writes has a queue of its own.
            await foreach (var sample in reader.ReadAllAsync(CancellationToken.None))
            {
                if (sample is null)
                {
                    // At once, not with the next encoder's first picture: what was received is listed and can be clipped.
                    open?.Package(packager => packager.CloseRun());
                    continue;
                }

                open ??= await BeginAsync(broadcast);
                Accept(broadcast, open, sample);
            }

            open?.Package(packager => packager.CloseRun());
        }
#pragma warning disable CA1031 // The owner's loop: one broadcast's failure must not take the others down.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(broadcast.StreamId, error);
            open?.Package(packager => packager.Abandon());
            broadcast.End();
        }

        reader.Dispose();
        if (open is not null)
        {
            await open.GapTimer.DisposeAsync();
            _numbers[broadcast.StreamId] = NumbersAfter(open);
        }

        return open;
    }

    private void Accept(Broadcast broadcast, OpenRecording open, Sample sample)
    {
        var end = open.Package(packager => packager.Accept(sample));
        if (open.MaxDuration is { } longest && end >= longest && broadcast.State != BroadcastState.Ended)
        {
            LogTooLong(broadcast.StreamId, longest / 90_000);
            broadcast.End();
        }
    }

    /// <summary>Never fails: the server's stop waits for it.</summary>
    private async Task CloseAsync(Broadcast broadcast, Task<OpenRecording?> packaging)
    {
        if (await packaging is not { } open)
        {
            return;
        }

        try
        {
            open.Recorder.Complete(broadcast.State == BroadcastState.Ended ? Ending(open) : null);
            await open.Writing;
            if (broadcast.State == BroadcastState.Ended)
            {
                LogEnded(broadcast.StreamId, open.Window.Recording.Id);
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
        var stream = await ReadStreamAsync(broadcast);
        // The catalog may not have heard of the recording before this one.
        var numbers = _numbers.GetValueOrDefault(broadcast.StreamId);
        var recording = new Recording
        {
            Id = Guid.NewGuid(),
            StreamId = stream.Id,
            StartedAt = time.GetUtcNow(),
            FirstSegmentNumber = Math.Max(stream.NextSegmentNumber, numbers.Segment),
            FirstDiscontinuity = Math.Max(stream.NextDiscontinuity, numbers.Discontinuity),
        };
        var origin = new PackagerOrigin(recording.Id, 0, recording.FirstSegmentNumber, null, null)
        {
            RecordingStart = RecordingIndex.StartOf(recording),
        };
        var opened = Open(broadcast, recording, [], origin, stream.MaxDurationSeconds > 0 ? stream.MaxDurationSeconds * 90_000L : null);
        opened.Recorder.Enter();
        changes.Publish(new StreamChanged(broadcast.StreamId));
        return opened;
    }

    /// <summary>
    /// Reading is enough to begin. A catalog that fails in that, too, is asked again while the reader's queue holds what comes: not every
    /// encoder dials twice.
    /// </summary>
    private async Task<LiveStream> ReadStreamAsync(Broadcast broadcast)
    {
        while (true)
        {
            try
            {
                await using var context = await contexts.CreateDbContextAsync();
                return await context.LiveStreams.AsNoTracking().SingleAsync(stream => stream.Id == broadcast.StreamId);
            }
            catch (DbException error) when (broadcast.State != BroadcastState.Ended && !_stopping.IsCancellationRequested)
            {
                LogCatalogLate(broadcast.StreamId, error);
                await Task.Delay(RetryInterval, time);
            }
        }
    }

    private OpenRecording Open(
        Broadcast broadcast, Recording recording, IReadOnlyList<RecordedSegment> segments, PackagerOrigin origin, long? maxDuration)
    {
        var window = new LiveWindow(recording, segments);
        var recorder = new Recorder(
            window, store, catalog, changes, broadcast.Brake, disk, broadcast.Disk, (long)options.Value.WriterQueueMiB << 20, time,
            loggers.CreateLogger<Recorder>());
        var packager = new Packager(origin, time, output =>
        {
            window.Accept(output);
            recorder.Offer(output);
        });
        // What passed while the server was down is listed before anybody asks.
        packager.Wait();
        windows.Add(window);
        LogRecording(recording.StreamId, recording.Id);
        return new OpenRecording(
            packager, window, recorder, Task.Run(() => recorder.RunAsync(_stopping.Token)), maxDuration, time);
    }

    private Func<CatalogDbContext, Task> Ending(OpenRecording open)
    {
        var (recording, ended, next) = (open.Window.Recording, time.GetUtcNow(), NumbersAfter(open));
        return async context =>
        {
            await context.Recordings.Where(stored => stored.Id == recording.Id)
                .ExecuteUpdateAsync(stored => stored.SetProperty(r => r.EndedAt, ended));
            var stream = await context.LiveStreams.SingleAsync(stream => stream.Id == recording.StreamId);
            stream.NextSegmentNumber = Math.Max(stream.NextSegmentNumber, next.Segment);
            stream.NextDiscontinuity = Math.Max(stream.NextDiscontinuity, next.Discontinuity);
        };
    }

    /// <summary>Behind all that were ever listed, also by a gap in which it ended.</summary>
    private static (long Segment, long Discontinuity) NumbersAfter(OpenRecording open)
    {
        var runs = open.Window.Snapshot().Runs;
        return (open.NextSegment, open.Window.Recording.FirstDiscontinuity + (runs.Count > 0 ? runs[^1].Number + 1 : 0));
    }

    /// <summary>A recording on air. Its packager is used by the reader's loop and, while no pictures come, by a timer.</summary>
    private sealed class OpenRecording
    {
        private readonly Lock _gate = new();
        private readonly Packager _packager;

        public OpenRecording(
            Packager packager, LiveWindow window, Recorder recorder, Task writing, long? maxDuration, TimeProvider time)
        {
            (_packager, Window, Recorder, Writing, MaxDuration) = (packager, window, recorder, writing, maxDuration);
            GapTimer = time.CreateTimer(_ => Package(waiting => waiting.Wait()), null, GapInterval, GapInterval);
        }

        public LiveWindow Window { get; }

        public Recorder Recorder { get; }

        public Task Writing { get; }

        public long? MaxDuration { get; }

        public ITimer GapTimer { get; }

        public long NextSegment => _packager.NextSegment;

        /// <returns>Where the recording ends then.</returns>
        public long Package(Action<Packager> step)
        {
            lock (_gate)
            {
                step(_packager);
                return _packager.End;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} is on air")]
    private partial void LogRecording(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} is on air, and the catalog does not say where its numbers stand")]
    private partial void LogCatalogLate(string streamId, Exception error);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} recording {RecordingId} ended")]
    private partial void LogEnded(string streamId, Guid recordingId);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId} has reached its maximum duration of {Seconds} s and is ended")]
    private partial void LogTooLong(string streamId, long seconds);

    [LoggerMessage(LogLevel.Error, "Stream {StreamId} could not be packaged")]
    private partial void LogFailed(string streamId, Exception error);
}
