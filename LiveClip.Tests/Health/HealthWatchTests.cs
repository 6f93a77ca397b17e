using System.Runtime.CompilerServices;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Health;
using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Tests.Catalog;
using LiveClip.Tests.Live;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveClip.Tests.Health;

public sealed class HealthWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private CoreServices _core = null!;
    private LiveStream _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _core = await CoreServices.StartAsync(_folder, _time, started: typeof(HealthWatch));
        await Eventually.TrueAsync(() => _time.TimerCount > 0, Bound);
        _stream = await _core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, MaxResolution = "720p" });
    }

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_reading_is_taken_each_second_of_what_arrived_in_it()
    {
        var publication = Begin();
        await PublishAsync(publication, new SyntheticEncoder { Bytes = 1_000 }, seconds: 3);

        var readings = Report().Readings;
        Assert.Equal([1, 2, 3], readings.Select(reading => reading.Time.Second));
        Assert.All(readings, reading =>
        {
            Assert.Equal(30 * 8_000, reading.VideoBitsPerSecond);
            Assert.Equal(47 * 8_000, reading.AudioBitsPerSecond, 8_000f);
            Assert.Equal((30f, true, 640, 360), (reading.PicturesPerSecond, reading.IsConnected, reading.Width, reading.Height));
        });
        Assert.Equal(readings[^1], Report().Now);
    }

    [Fact]
    public async Task A_minute_that_is_over_becomes_a_row_and_the_rest_does_when_the_broadcast_ends()
    {
        var publication = Begin();
        publication.CountRepair(Repair.SoundMoved);
        // Keyframes 6 s apart, no sound; the last reading belongs to the second minute.
        await PublishAsync(publication, new SyntheticEncoder { Sound = null, Gop = 180, Bytes = 1_000 }, seconds: 60);
        var first = Assert.Single(await RowsAsync(1));
        publication.Finish(endedByPublisher: false);
        await TickAsync();
        Begin();
        await TickAsync();
        End();
        await TickAsync(counts: false);

        Assert.Equal(
            (59, 240_000d, 240_000d, 240_000d, 0d, 30d, 30d),
            (first.Readings, first.VideoBitsPerSecond, first.LowestVideoBitsPerSecond, first.HighestVideoBitsPerSecond,
                first.AudioBitsPerSecond, first.FramesPerSecond, first.LowestFramesPerSecond));
        Assert.Equal((6d, (double?)null), (first.LongestGopSeconds, first.LargestSkewSeconds));
        Assert.Equal((1, 0, 0), (first.Repairs, first.Dropped, first.Reconnects));
        Assert.Equal("gopSizeLong,noAudioStream", first.Issues);
        var second = (await RowsAsync(2))[1];
        Assert.Equal((3, 1), (second.Readings, second.Reconnects));
        Assert.Equal(HealthStatus.NoData, Report().Status);
        Assert.Null(Report().Now);
        Assert.Equal(62, Report().Readings.Count);
    }

    [Fact]
    public async Task A_catalog_that_is_away_for_minutes_is_told_of_once_and_gets_its_rows_afterwards()
    {
        var log = new FaultsLog();
        _core.Get<ILoggerFactory>().AddProvider(log);
        await WriteAsync("ALTER TABLE HealthMinutes RENAME TO Away");
        await PublishAsync(Begin(), new SyntheticEncoder(), seconds: 125);
        Assert.Equal(125, Report().Readings.Count);
        Assert.Single(log.Lines, line => line.Contains("streams' health", StringComparison.Ordinal));

        await WriteAsync("ALTER TABLE Away RENAME TO HealthMinutes");
        await TickAsync();
        Assert.Equal(2, (await RowsAsync(2)).Count);
    }

    [Fact]
    public async Task What_is_wrong_is_told_of_after_seconds_and_no_more_when_a_good_encoder_has_taken_over()
    {
        var bad = Begin();
        await PublishAsync(bad, new SyntheticEncoder { Sound = null, Gop = 180, Bytes = 3_000 }, seconds: 10);
        Assert.Equal(["noAudioStream", "gopSizeLong"], Report().Issues.Select(issue => issue.Name).OrderDescending());
        Assert.Equal(HealthStatus.Ok, Report().Status);

        var good = Begin();
        Assert.True(bad.Cancelled.IsCancellationRequested);
        await PublishAsync(good, new SyntheticEncoder { TimestampBreak = 2, Bytes = 3_000 }, seconds: 10);
        Assert.Empty(Report().Issues);
        Assert.Equal(HealthStatus.Good, Report().Status);
    }

    [Fact]
    public async Task A_stuck_disk_and_a_silent_encoder_are_told_of_within_five_seconds()
    {
        var publication = Begin();
        await PublishAsync(publication, new SyntheticEncoder { Bytes = 3_000 }, seconds: 8);
        _core.Get<BroadcastRegistry>().Find(_stream.Id)!.Disk.Begin();
        for (var second = 0; second < 5; second++)
        {
            await TickAsync();
        }

        Assert.Equal(
            [HealthIssueType.VideoIngestionStarved, HealthIssueType.DiskDelay], Report().Issues.Select(issue => issue.Type).Order());
        Assert.Equal(HealthStatus.Bad, Report().Status);
    }

    [Fact]
    public async Task The_streams_own_resolution_is_what_a_picture_is_measured_by()
    {
        var large = new VideoTrack(AvcConfiguration.Parse(Convert.FromHexString(
            "0142c028ffe100196742c028da01e0089f970110000003001000000303c0f1832a01000468ce0fc8"))); // 1920×1080
        var publication = Begin();
        var decodeTime = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                publication.Publish(new Sample
                {
                    Track = large,
                    DecodeTime = decodeTime += 90_000,
                    IsSync = true,
                    Data = new byte[100],
                    Arrival = _time.GetTimestamp(),
                });
                await TickAsync();
                return Report().Issues.Any(issue => issue.Type == HealthIssueType.VideoResolutionSuboptimal);
            },
            Bound);
    }

    [Fact]
    public async Task Rows_go_after_30_days_unless_their_recording_is_still_there()
    {
        var recording = CatalogTests.NewRecording(_stream.Id);
        await _core.Catalog.WriteAsync(
            async context =>
            {
                await context.AddAsync(recording, CoreServices.Token);
                await context.AddRangeAsync(
                    Row(daysAgo: 31, recording.Id), Row(daysAgo: 31.1, Guid.NewGuid()), Row(daysAgo: 31.2, null), Row(daysAgo: 29, null));
            },
            CoreServices.Token);
        _time.Advance(Second);

        await Eventually.TrueAsync(async () => (await RowsAsync(0)).Count == 2, Bound);
        Assert.Equal([31, 29], (await RowsAsync(0)).Select(row => Math.Round((_time.GetUtcNow() - row.Start).TotalDays)));
    }

    [Fact]
    public async Task A_stream_that_went_off_air_is_forgotten_after_an_hour()
    {
        Begin();
        await TickAsync();
        End();
        var streams = _core.Get<StreamHealths>();
        streams.Read();
        _time.Advance(TimeSpan.FromMinutes(59));
        streams.Read();
        Assert.Single(Report().Readings);
        _time.Advance(TimeSpan.FromMinutes(2));
        streams.Read();
        Assert.Empty(Report().Readings);
    }

    [Fact]
    public void An_hour_of_readings_stays_below_500_KiB()
    {
        var history = new HealthHistory();
        for (var second = 0; second < 4_000; second++)
        {
            history.Add(Readings.Good with { Publish = second });
        }

        Assert.InRange(HealthHistory.Capacity * Unsafe.SizeOf<HealthReading>(), 0, 500 << 10);
        Assert.Equal(Enumerable.Range(400, 3_600), history.Last(9_999).Select(reading => reading.Publish));
        Assert.Equal([3_998, 3_999], history.Last(2).Select(reading => reading.Publish));
    }

    private Task<int> WriteAsync(string sql) => _core.Catalog.WriteAsync(
        context => context.Database.ExecuteSqlRawAsync(sql, CoreServices.Token), CoreServices.Token);

    private HealthReport Report() => _core.Get<StreamHealths>().Report(_stream.Id, 3_600);

    private void End() => _core.Get<BroadcastRegistry>().Find(_stream.Id)!.End();

    private Publication Begin() => _core.Get<BroadcastRegistry>().Begin(_stream.Id, TimeSpan.FromMinutes(5), "127.0.0.1", "test");

    /// <summary>In real time by the test's clock.</summary>
    private async Task PublishAsync(Publication publication, SyntheticEncoder encoder, int seconds)
    {
        var began = _time.GetTimestamp();
        var samples = encoder.Encode(seconds).GroupBy(sample => sample.Arrival / TimeSpan.TicksPerSecond).OrderBy(second => second.Key);
        foreach (var second in samples)
        {
            foreach (var sample in second)
            {
                publication.Publish(sample with { Arrival = began + sample.Arrival });
            }

            await TickAsync();
        }
    }

    private async Task TickAsync(bool counts = true)
    {
        var before = Report().Readings.Count;
        _time.Advance(Second);
        if (counts)
        {
            await Eventually.TrueAsync(() => Report().Readings.Count == before + 1, Bound);
        }
    }

    private async Task<List<HealthMinute>> RowsAsync(int atLeast)
    {
        List<HealthMinute> rows = [];
        await Eventually.TrueAsync(
            async () =>
            {
                await using var context = _core.Read();
                rows = await context.HealthMinutes.AsNoTracking().OrderBy(row => row.Start).ToListAsync(CoreServices.Token);
                return rows.Count >= atLeast;
            },
            Bound);
        return rows;
    }

    private HealthMinute Row(double daysAgo, Guid? recordingId) =>
        MinuteSummary.Of(_stream.Id, recordingId, [Readings.Good with { Time = _time.GetUtcNow() - TimeSpan.FromDays(daysAgo) }], []);
}
