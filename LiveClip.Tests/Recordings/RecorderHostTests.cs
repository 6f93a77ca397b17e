using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class RecorderHostTests : IDisposable
{
    private static readonly TestMedia Media = TestMedia.Default with { Seconds = 8 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Numbers_of_segments_and_discontinuities_count_on_through_a_streams_recordings()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        var flv = await Media.FlvAsync();

        // Each begins while the one before may still be being written.
        foreach (var _ in Enumerable.Range(0, 3))
        {
            (await core.PublishAsync(stream, flv)).Finish(endedByPublisher: true);
        }

        await core.StopAsync();
        await using var context = core.Read();
        var recordings = await context.Recordings.Include(recording => recording.Runs)
            .OrderBy(recording => recording.FirstSegmentNumber).ToListAsync(CoreServices.Token);
        Assert.Equal([0, 4, 8], recordings.Select(recording => recording.FirstSegmentNumber));
        Assert.Equal([0, 1, 2], recordings.Select(recording => recording.FirstDiscontinuity));
        Assert.All(recordings, recording => Assert.NotNull(recording.EndedAt));
        foreach (var recording in recordings)
        {
            var segments = await core.SegmentsAsync(recording.Id);
            Assert.Equal(Enumerable.Range(0, 4).Select(i => recording.FirstSegmentNumber + i), segments.Select(segment => segment.Number));
            Assert.Equal((0, 8 * 90_000), (segments[0].Start, (int)Math.Round(segments[^1].End / 9_000.0) * 9_000));
        }

        var stored = await context.LiveStreams.SingleAsync(CoreServices.Token);
        Assert.Equal((12, 3), (stored.NextSegmentNumber, stored.NextDiscontinuity));
    }

    [Fact]
    public async Task A_taken_over_publish_is_another_run_of_the_same_recording()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await core.PublishAsync(stream, await Media.FlvAsync());
        (await core.PublishAsync(stream, await Media.FlvAsync())).Finish(endedByPublisher: true);
        await core.StopAsync();

        await using var context = core.Read();
        var recording = await context.Recordings.Include(recording => recording.Runs).SingleAsync(CoreServices.Token);
        Assert.Equal([0, 1], recording.Runs.Select(run => run.Number).Order());
        Assert.Equal(8, (await core.SegmentsAsync(recording.Id)).Count);
    }

    [Fact]
    public async Task What_a_lost_encoder_has_sent_is_listed_and_can_be_clipped_at_once()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        var publication = await core.PublishAsync(stream, await Media.FlvAsync());
        var window = await core.UntilOnAirAsync(stream, 7);
        publication.Finish(endedByPublisher: false);

        await Eventually.TrueAsync(() => window.Snapshot() is { Open: null, Segments.Count: 4 }, FlvPublish.Bound);
        Assert.Equal(8 * 90_000, window.NewestPicture, 200d);
    }

    [Fact]
    public async Task Numbers_of_a_gap_are_not_given_again_though_the_encoder_never_returned()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await LoseAsync(core, stream);
        var window = core.Get<LiveWindows>().FindByStream(stream.Id)!;
        // 8 s came at once: where they end, real time is 8 s later.
        time.Advance(TimeSpan.FromSeconds(8 + 21));
        Assert.Equal((8 + 20) * 90_000, window.Snapshot().GapEnd!.Value, 200d);
        Assert.Null(window.Snapshot().Open);

        time.Advance(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => core.Get<LiveWindows>().FindByStream(stream.Id) is null, FlvPublish.Bound);
        Assert.Equal(4, (await core.SegmentsAsync(window.Recording.Id)).Count);
        (await core.PublishAsync(stream, await Media.FlvAsync())).Finish(endedByPublisher: true);
        await core.StopAsync();
        await using var context = core.Read();
        Assert.Equal(4 + 26, await context.Recordings.MaxAsync(recording => recording.FirstSegmentNumber, CoreServices.Token));
    }

    [Fact]
    public async Task The_time_a_server_was_down_is_a_gap_that_goes_on_with_its_numbers()
    {
        var time = new ManualTimeProvider();
        LiveStream stream;
        await using (var core = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost)))
        {
            stream = await core.CreateStreamAsync();
            await LoseAsync(core, stream);
            time.Advance(TimeSpan.FromSeconds(8 + 11));
        }

        time.StepUtc(TimeSpan.FromSeconds(-10));
        await using (var core = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost)))
        {
            // UTC says that a second has passed; five gaps were listed.
            Assert.Equal(18 * 90_000, core.Get<LiveWindows>().FindByStream(stream.Id)!.Snapshot().GapEnd!.Value, 200d);
            time.Advance(TimeSpan.FromSeconds(10 + 2));
            Assert.Equal(20 * 90_000, core.Get<LiveWindows>().FindByStream(stream.Id)!.Snapshot().GapEnd!.Value, 200d);
        }

        time.Advance(TimeSpan.FromSeconds(60));
        await using var last = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost));
        Assert.Equal(80 * 90_000, last.Get<LiveWindows>().FindByStream(stream.Id)!.Snapshot().GapEnd!.Value, 200d);
        var recording = await last.RecordAsync(stream, await Media.FlvAsync());
        var returned = (await last.SegmentsAsync(recording.Id)).Where(segment => segment.Run == 1).ToList();
        Assert.Equal((81 * 90_000, 4 + 37L), (returned[0].Start, returned[0].Number));
    }

    private static async Task LoseAsync(CoreServices core, LiveStream stream)
    {
        (await core.PublishAsync(stream, await Media.FlvAsync())).Finish(endedByPublisher: false);
        await Eventually.TrueAsync(
            async () => core.Get<LiveWindows>().FindByStream(stream.Id)?.Snapshot() is { Open: null, Segments.Count: 4 } now
                && (await core.SegmentsAsync(now.Runs[0].RecordingId)).Count == 4,
            FlvPublish.Bound);
    }

    [Fact]
    public async Task A_broadcast_that_fails_is_ended_and_the_next_one_is_recorded()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await core.Catalog.WriteAsync(context => context.LiveStreams.ExecuteDeleteAsync(CoreServices.Token), CoreServices.Token);
        var publication = await core.PublishAsync(stream, await Media.FlvAsync());
        await Eventually.TrueAsync(() => publication.Cancelled.IsCancellationRequested, FlvPublish.Bound);
        publication.Publish(new SyntheticEncoder().Encode(seconds: 1)[0]);
        publication.Finish(endedByPublisher: false);
        Assert.Null(core.Get<BroadcastRegistry>().Find(stream.Id));
        Assert.Null(core.Get<LiveWindows>().FindByStream(stream.Id));

        await core.Catalog.WriteAsync(context => context.AddAsync(stream).AsTask(), CoreServices.Token);
        (await core.PublishAsync(stream, await Media.FlvAsync())).Finish(endedByPublisher: true);
        await core.StopAsync();
        await using var context = core.Read();
        var newest = await context.Recordings.OrderByDescending(recording => recording.StartedAt).FirstAsync(CoreServices.Token);
        Assert.NotNull(newest.EndedAt);
        Assert.Equal(4, (await core.SegmentsAsync(newest.Id)).Count);
    }

    [Fact]
    public async Task The_longest_duration_ends_the_broadcast_and_drops_its_publisher()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, MaxDurationSeconds = 5 });
        var publication = await core.PublishAsync(stream, await Media.FlvAsync());
        await Eventually.TrueAsync(() => publication.Cancelled.IsCancellationRequested, FlvPublish.Bound);
        Assert.Null(core.Get<BroadcastRegistry>().Find(stream.Id));
        await core.StopAsync();
        await using var context = core.Read();
        Assert.NotNull((await context.Recordings.SingleAsync(CoreServices.Token)).EndedAt);
    }

    [Fact]
    public async Task A_catalog_that_fails_as_a_broadcast_begins_costs_neither_the_publisher_nor_a_picture()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        using var log = new ErrorLog();
        core.Get<ILoggerFactory>().AddProvider(log);

        await ExecuteAsync("ALTER TABLE Recordings RENAME TO Away");
        var publication = await core.PublishAsync(stream, await Media.FlvAsync());
        await Eventually.TrueAsync(() => log.Errors > 0, FlvPublish.Bound);
        Assert.False(publication.Cancelled.IsCancellationRequested);
        await ExecuteAsync("ALTER TABLE Away RENAME TO Recordings");
        await core.UntilOnAirAsync(stream, 7);
        await core.StopAsync();

        await using var context = core.Read();
        var recording = await context.Recordings.SingleAsync(CoreServices.Token);
        Assert.Equal(1, await context.Runs.CountAsync(CoreServices.Token));
        Assert.Equal(8 * 90_000, (await core.SegmentsAsync(recording.Id)).Sum(segment => segment.Duration), 200d);

        async Task ExecuteAsync(string sql)
        {
            await using var context = core.Read();
            await context.Database.ExecuteSqlRawAsync(sql, CoreServices.Token);
        }
    }

    [Fact]
    public async Task Broadcasts_begin_and_end_without_the_catalog_and_it_is_told_when_it_is_back()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await ExecuteAsync("ALTER TABLE Recordings RENAME TO Away");
        (await core.PublishAsync(stream, await Media.FlvAsync())).Finish(endedByPublisher: true);
        await core.PublishAsync(stream, await Media.FlvAsync());
        // The first one's window stays until its rows are stored; the second one's takes its place in front.
        await Eventually.TrueAsync(
            () => core.Get<LiveWindows>().FindByStream(stream.Id) is { Recording.FirstSegmentNumber: > 0 }, FlvPublish.Bound);
        var second = await core.UntilOnAirAsync(stream, 7);
        Assert.Equal((4, 1), (second.Recording.FirstSegmentNumber, second.Recording.FirstDiscontinuity));
        await ExecuteAsync("ALTER TABLE Away RENAME TO Recordings");
        core.Get<BroadcastRegistry>().Find(stream.Id)!.End();
        await Eventually.TrueAsync(
            async () =>
            {
                await using var context = core.Read();
                return await context.Recordings.CountAsync(recording => recording.EndedAt != null, CoreServices.Token) == 2;
            },
            FlvPublish.Bound);

        await using var context = core.Read();
        Assert.Equal(8, await context.Segments.CountAsync(CoreServices.Token));
        var stored = await context.LiveStreams.SingleAsync(CoreServices.Token);
        Assert.Equal((8, 2), (stored.NextSegmentNumber, stored.NextDiscontinuity));

        async Task ExecuteAsync(string sql)
        {
            await using var context = core.Read();
            await context.Database.ExecuteSqlRawAsync(sql, CoreServices.Token);
        }
    }

    [Fact]
    public async Task The_catalogs_status_follows_the_broadcast()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: [typeof(LiveStreamStatusWriter), typeof(RecorderHost)]);
        var stream = await core.CreateStreamAsync();
        var publication = core.Get<BroadcastRegistry>().Begin(stream.Id, TimeSpan.FromSeconds(60), "127.0.0.1", null);
        await UntilAsync(LiveStreamStatus.Preparing);
        publication.Publish(new SyntheticEncoder().Encode(seconds: 1)[0]);
        await UntilAsync(LiveStreamStatus.Active);
        publication.Finish(endedByPublisher: false);
        await UntilAsync(LiveStreamStatus.Disconnected);
        core.Get<BroadcastRegistry>().Find(stream.Id)!.End();
        await UntilAsync(LiveStreamStatus.Idle);

        Task UntilAsync(LiveStreamStatus status) => Eventually.TrueAsync(
            async () =>
            {
                await using var context = core.Read();
                return (await context.LiveStreams.SingleAsync(CoreServices.Token)).Status == status;
            },
            FlvPublish.Bound);
    }

    /// <summary>Counts what <see cref="Recorder"/> reports.</summary>
    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private int _errors;

        public int Errors => Volatile.Read(ref _errors);

        public ILogger CreateLogger(string categoryName) => categoryName == typeof(Recorder).FullName ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Increment(ref _errors);

        public void Dispose()
        {
        }
    }
}
