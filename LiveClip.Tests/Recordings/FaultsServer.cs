using System.Net;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Ingest;
using LiveClip.Core.Mp4;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Rtmp;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveClip.Tests.Recordings;

/// <summary>
/// A server from the RTMP connection to the files, whose clock stands still: encoders push as fast as it takes, and a run begins where
/// the one before ends.
/// </summary>
internal sealed class FaultsServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly FaultsLog _log = new();
    private readonly List<Task> _connections = [];
    private CoreServices _core = null!;
    private LiveStream _stream = null!;
    private RtmpIngestHandler _handler = null!;

    private FaultsServer()
    {
    }

    public ManualTimeProvider Time { get; } = new();

    /// <summary>The one that the newest publish belongs to, which may be over by now.</summary>
    public Broadcast Broadcast { get; private set; } = null!;

    /// <summary>All warnings and errors of the server, in order.</summary>
    public IReadOnlyList<string> Log => _log.Lines;

    public static async Task<FaultsServer> StartAsync()
    {
        var server = new FaultsServer();
        server._core = await CoreServices.StartAsync(server._folder, server.Time, started: typeof(RecorderHost));
        server._core.Get<ILoggerFactory>().AddProvider(server._log);
        server._stream = await server._core.CreateStreamAsync();
        server._handler = server._core.Get<RtmpIngestHandler>();
        return server;
    }

    /// <summary>A raw connection whose publish the server has accepted.</summary>
    public async Task<FaultsEncoder> ConnectAsync()
    {
        var pair = new PipePair();
        var serving = ServeAsync(pair);
        _connections.Add(serving);
        var encoder = new RawEncoder(pair.Client);
        await encoder.ConnectAsync(CoreServices.Token);
        var key = _core.Get<LiveStreamRegister>().RevealKey(_stream);
        Assert.Equal("NetStream.Publish.Start", await encoder.PublishAsync(key, CoreServices.Token));
        encoder.SetChunkSize(4096);
        var onAir = _core.Get<BroadcastRegistry>();
        await Eventually.TrueAsync(() => onAir.Find(_stream.Id)?.Publication is not null, Bound);
        Broadcast = onAir.Find(_stream.Id)!;
        return new FaultsEncoder(encoder, pair.Client, serving);
    }

    /// <summary>Publishes all of it, says goodbye and reads back what is in the files.</summary>
    public async Task<FaultsRecording> RecordAsync(IEnumerable<FaultsMessage> messages)
    {
        var encoder = await ConnectAsync();
        await encoder.SendAsync(messages);
        await encoder.SayGoodbyeAsync();
        return await ReadBackAsync();
    }

    /// <summary>When the recording is over.</summary>
    public async Task<FaultsRecording> ReadBackAsync()
    {
        var recording = await Eventually.SomeAsync(
            async () =>
            {
                await using var context = _core.Read();
                return await context.Recordings.SingleOrDefaultAsync(
                    recording => recording.StreamId == _stream.Id && recording.EndedAt != null, CoreServices.Token);
            },
            Bound);
        var timeline = (await _core.Get<RecordingTimelines>().FindAsync(recording.Id, CoreServices.Token))!;
        return new FaultsRecording(timeline, [.. timeline.Segments.SelectMany(segment => Read(timeline, segment))]);
    }

    /// <summary>Comes back when so much of what was sent can be clipped.</summary>
    public Task UntilOnAirAsync(double seconds) => _core.UntilOnAirAsync(_stream, seconds);

    /// <summary>Bytes of the segments that the live window holds now.</summary>
    public long HeldByWindow()
    {
        if (_core.Get<LiveClip.Core.Live.LiveWindows>().FindByStream(_stream.Id) is not { } window)
        {
            return 0;
        }

        var now = window.Snapshot();
        return now.Segments.Sum(segment => window.Find(segment.Number)?.Length ?? 0) + (now.Open?.Length ?? 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _folder.Dispose();
    }

    private async Task ServeAsync(PipePair pair)
    {
        await _handler.ServeAsync(pair.Server, IPAddress.Loopback, CancellationToken.None);
        // As the listener does when a connection has been served.
        await pair.Server.Input.CompleteAsync();
        await pair.Server.Output.CompleteAsync();
    }

    private IEnumerable<FaultsSample> Read(RecordingTimeline timeline, RecordedSegment segment)
    {
        var run = timeline.FindRun(segment.Run)!;
        var file = File.ReadAllBytes(
            Path.Combine(_folder.FullPath, "recordings", $"{segment.RecordingId}", $"{segment.Run}", $"{segment.Number}.m4s"));
        var index = SegmentIndex.Scan(file);
        Assert.Equal(file.Length, index.ValidLength);
        var tracks = InitSegment.Read(run.Init).Tracks.ToDictionary(track => track.Id);
        foreach (var sample in index.Fragments.SelectMany(fragment => fragment.Samples))
        {
            var timescale = tracks[sample.TrackId].Timescale;
            yield return new FaultsSample(
                run.Number,
                sample.TrackId,
                FaultsStream.NameOf(sample.TrackId, file.AsSpan((int)sample.Offset, sample.Size)),
                timescale.To(Core.Samples.Timescale.Video, sample.PresentationTime) + run.TimelineStart,
                timescale.ToSeconds(sample.Duration),
                sample.Size);
        }
    }
}

/// <summary>An encoder's end of a connection.</summary>
internal sealed class FaultsEncoder(RawEncoder encoder, System.IO.Pipelines.IDuplexPipe transport, Task serving)
{
    /// <summary>Completes when the server has left.</summary>
    public Task Serving => serving;

    public async Task SendAsync(IEnumerable<FaultsMessage> messages)
    {
        foreach (var message in messages)
        {
            await encoder.SendAsync(message.ToRtmp(), CoreServices.Token);
        }
    }

    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes) => encoder.SendBytesAsync(bytes, CoreServices.Token);

    public async Task SayGoodbyeAsync()
    {
        await encoder.SendAsync(new RtmpCommand(RtmpCommand.DeleteStream, 7, null, 1.0).ToMessage(), CoreServices.Token);
        await CloseAsync();
    }

    public async Task CloseAsync()
    {
        await transport.Output.CompleteAsync();
        await Eventually.EndsAsync(serving, TimeSpan.FromSeconds(60));
    }
}

/// <summary>A sample as it stands in a recording.</summary>
/// <param name="Shown">On the timeline, 1/90,000 s.</param>
/// <param name="Duration">Seconds.</param>
internal sealed record FaultsSample(int Run, int TrackId, string Name, long Shown, double Duration, int Size);

internal sealed record FaultsRecording(RecordingTimeline Timeline, IReadOnlyList<FaultsSample> Samples)
{
    public IEnumerable<FaultsSample> Of(int trackId) => Samples.Where(sample => sample.TrackId == trackId);

    /// <summary>The first sample of each run.</summary>
    public IEnumerable<string> RunsBeginWith => Samples.GroupBy(sample => sample.Run).Select(run => run.First().Name);
}

internal sealed class FaultsLog : ILoggerProvider, ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            if (IsEnabled(logLevel))
            {
                _lines.Add($"{logLevel}: {formatter(state, exception)} {exception}");
            }
        }
    }

    public void Dispose()
    {
    }
}
