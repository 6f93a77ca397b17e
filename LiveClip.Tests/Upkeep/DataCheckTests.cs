using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Core.Upkeep;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Upkeep;

public sealed class DataCheckTests : IAsyncLifetime
{
    private static readonly TestMedia Media = TestMedia.Default with { Seconds = 12, Width = 320, Height = 180 };

    private readonly TempFolder _folder = new();
    private LiveStream _stream = null!;
    private Recording _recording = null!;

    /// <summary>A recording of two runs with six segments each.</summary>
    public async ValueTask InitializeAsync()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        _stream = await core.CreateStreamAsync();
        _recording = await core.RecordAsync(_stream, await Media.FlvAsync(), await (Media with { BFrames = 0 }).FlvAsync());
    }

    public ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Nothing_is_found_where_all_is_well()
    {
        var report = await CheckAsync();
        Assert.Equal((1, 12, 0), (report.Recordings, report.Segments, report.Clips));
        Assert.Equal([], Lines(report));
    }

    [Theory]
    [InlineData("UPDATE Recordings SET StartedAt = 'soon'")]
    [InlineData("UPDATE Runs SET WallClock = 'soon' WHERE Number = 1")]
    public async Task A_value_that_cannot_be_read_is_a_finding_of_the_database(string damage)
    {
        await WriteAsync(context => context.Database.ExecuteSqlRawAsync(damage, CoreServices.Token));
        var found = Assert.Single(Lines(await CheckAsync()));
        Assert.StartsWith("liveclip.db: cannot be read any further: ", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_torn_tail_is_cut()
    {
        var length = new FileInfo(PathOf(0, 1)).Length;
        await File.AppendAllTextAsync(PathOf(0, 1), "torn", CoreServices.Token);
        Assert.Equal([$"{NameOf(0, 1)} at byte {length}: a torn tail of 4 bytes"], await MendsAsync());
        Assert.Equal(length, new FileInfo(PathOf(0, 1)).Length);
    }

    [Fact]
    public async Task A_damaged_file_keeps_what_is_whole()
    {
        var bytes = await File.ReadAllBytesAsync(PathOf(1, 8), CoreServices.Token);
        var end = LiveClip.Core.Mp4.SegmentIndex.Scan(bytes).Fragments[1].Offset;
        bytes.AsSpan((int)end, 50).Clear();
        await File.WriteAllBytesAsync(PathOf(1, 8), bytes, CoreServices.Token);
        Assert.StartsWith($"{NameOf(1, 8)} at byte {end}: damaged from here on", Assert.Single(await MendsAsync()));
        Assert.Equal(end, new FileInfo(PathOf(1, 8)).Length);
    }

    [Fact]
    public async Task A_segment_that_is_gone_becomes_a_gap()
    {
        File.Delete(PathOf(0, 2));
        Assert.Equal([$"{NameOf(0, 2)}: missing, and the catalog has it"], await MendsAsync());
        await using var core = await CoreServices.StartAsync(_folder);
        Assert.Equal([0L, 1, 3, 4], (await core.SegmentsAsync(_recording.Id)).Select(segment => segment.Number).Take(4));
    }

    [Fact]
    public async Task A_file_of_another_segment_is_set_aside_and_not_deleted()
    {
        File.Copy(PathOf(0, 1), PathOf(0, 2), overwrite: true);
        Assert.Equal([$"{NameOf(0, 2)} at byte 0: holds no whole fragment of this segment"], await MendsAsync());
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(PathOf(0, 2))!, "2.m4s.*.aside"));
    }

    [Fact]
    public async Task An_init_segment_that_is_missing_or_differs_is_written_from_the_catalog()
    {
        File.Delete(InitOf(0));
        var bytes = await File.ReadAllBytesAsync(InitOf(1), CoreServices.Token);
        bytes[33] ^= 1;
        await File.WriteAllBytesAsync(InitOf(1), bytes, CoreServices.Token);
        Assert.Equal(
            [
                $"{SegmentStore.InitName(_recording.Id, 0)}: missing",
                $"{SegmentStore.InitName(_recording.Id, 1)} at byte 33: differs from what the catalog has",
            ],
            await MendsAsync());
    }

    [Fact]
    public async Task Rows_that_are_missing_are_entered()
    {
        var before = await RowsAsync();
        await WriteAsync(context => context.Segments.Where(segment => segment.Number == 4).ExecuteDeleteAsync(CoreServices.Token));
        Assert.Equal([$"{NameOf(0, 4)}: not in the catalog"], await MendsAsync());
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task Rows_of_a_run_that_are_missing_are_entered()
    {
        var before = await RowsAsync();
        await WriteAsync(context => context.Runs.Where(run => run.Number == 1).ExecuteDeleteAsync(CoreServices.Token));
        await WriteAsync(context => context.Segments.Where(segment => segment.Run == 1).ExecuteDeleteAsync(CoreServices.Token));
        Assert.Equal(7, (await MendsAsync()).Count);
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task A_whole_recording_that_the_catalog_never_heard_of_is_entered()
    {
        var before = await RowsAsync();
        await WriteAsync(context => context.Recordings.ExecuteDeleteAsync(CoreServices.Token));
        Assert.Equal(
            [$"{SegmentStore.RecordingName(_recording.Id)}: not in the catalog: it was deleted, or its stream was"],
            Lines(await CheckAsync()));
        await WriteAsync(context => context.LiveStreams.ExecuteUpdateAsync(
            stream => stream.SetProperty(s => s.NextSegmentNumber, 0), CoreServices.Token));
        await MendsAsync();
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task Rows_that_do_not_say_what_the_file_says_or_overlap_are_found()
    {
        await WriteAsync(context => context.Segments.Where(segment => segment.Number == 3).ExecuteUpdateAsync(
            segment => segment.SetProperty(s => s.Duration, s => s.Duration + 9), CoreServices.Token));
        var lines = Lines(await CheckAsync());
        Assert.Equal(2, lines.Count);
        Assert.Contains("but the catalog says", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{NameOf(0, 4)}: begins at", lines[1]);
    }

    [Fact]
    public async Task A_wall_clock_that_is_not_what_the_fragments_say_is_put_right()
    {
        var before = await ClocksAsync();
        await WriteAsync(async context =>
        {
            var run = await context.Runs.SingleAsync(run => run.Number == 1, CoreServices.Token);
            run.Add(new WallClockAnchor(run.TimelineStart + 90_000, run.WallClock));
        });
        Assert.StartsWith($"{NameOf(1, 6)}: begins at", Assert.Single(await MendsAsync()), StringComparison.Ordinal);
        Assert.Equal(before, await ClocksAsync());
    }

    [Fact]
    public async Task A_ready_clip_without_its_file_is_made_again()
    {
        var clip = new Clip
        {
            Id = Guid.NewGuid(),
            StreamId = _stream.Id,
            RecordingId = _recording.Id,
            Slug = Clip.NewSlug(),
            Status = ClipStatus.Ready,
            RequestedStart = 0,
            RequestedEnd = 1,
            Start = 0,
            End = 1,
            Trimmed = false,
            TrimmableUntil = DateTimeOffset.UnixEpoch,
            CreatedBy = "test",
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await WriteAsync(context => context.AddAsync(clip).AsTask());
        Assert.Equal([$"clips/{clip.Id}/v1.mp4: missing, and its clip is ready"], await MendsAsync());
    }

    [Fact]
    public async Task Nothing_is_changed_when_more_than_half_would_go()
    {
        Directory.Move(Path.Combine(_folder.FullPath, "recordings"), _folder.File("unmounted"));
        var report = await CheckAsync(repair: true);
        Assert.Contains("12 of 12 segments would go", report.Refusal, StringComparison.Ordinal);
        Assert.All(report.Findings, finding => Assert.False(finding.IsMended));
        Directory.Move(_folder.File("unmounted"), Path.Combine(_folder.FullPath, "recordings"));
        Assert.Equal([], Lines(await CheckAsync()));
    }

    [Fact]
    public async Task A_damaged_database_is_a_finding()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        SqliteConnection.ClearAllPools();
        await using (var file = File.OpenWrite(_folder.File("liveclip.db")))
        {
            file.Position = 4096;
            await file.WriteAsync(new byte[8192], CoreServices.Token);
        }

        File.Delete(_folder.File("liveclip.db-wal"));
        var report = await core.Get<DataCheck>().RunAsync(repair: true, CoreServices.Token);
        Assert.Contains(Lines(report), line => line.StartsWith("liveclip.db: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_directory_has_one_holder_at_a_time()
    {
        await using var first = await CoreServices.StartAsync(_folder);
        first.Get<DataDirectoryLock>().Take();
        await using var second = await CoreServices.StartAsync(_folder);
        var refused = Assert.Throws<DataDirectoryInUseException>(() => second.Get<DataDirectoryLock>().Take());
        Assert.Contains(_folder.FullPath, refused.Message, StringComparison.Ordinal);
        first.Get<DataDirectoryLock>().Dispose();
        second.Get<DataDirectoryLock>().Take();
    }

    private async Task<CheckReport> CheckAsync(bool repair = false)
    {
        await using var core = await CoreServices.StartAsync(_folder);
        return await core.Get<DataCheck>().RunAsync(repair, CoreServices.Token);
    }

    /// <summary>What is found, all of which a repair mends.</summary>
    private async Task<IReadOnlyList<string>> MendsAsync()
    {
        var found = Lines(await CheckAsync());
        Assert.NotEmpty(found);
        var repaired = await CheckAsync(repair: true);
        Assert.True(repaired.IsClean, string.Join('\n', Lines(repaired)));
        Assert.Equal([], Lines(await CheckAsync()));
        return found;
    }

    private async Task WriteAsync(Func<CatalogDbContext, Task> work)
    {
        await using var core = await CoreServices.StartAsync(_folder);
        await core.Catalog.WriteAsync(work, CoreServices.Token);
    }

    private async Task<IReadOnlyList<object>> RowsAsync()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        await using var context = core.Read();
        var runs = await context.Runs.OrderBy(run => run.Number).ToListAsync(CoreServices.Token);
        return
        [
            .. runs.Select(run => (object)(
                run.Number, run.TimelineStart, run.WallClock, Convert.ToHexString(run.Init), run.Width, run.Codecs)),
            .. (await core.SegmentsAsync(_recording.Id)).Select(segment => (object)(
                segment.Number, segment.Run, segment.Start, segment.Duration, segment.Length, segment.StartsWithSync)),
        ];
    }

    /// <summary>UTC where each segment begins.</summary>
    private async Task<IReadOnlyList<DateTimeOffset>> ClocksAsync()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        await using var context = core.Read();
        var runs = await context.Runs.ToDictionaryAsync(run => run.Number, CoreServices.Token);
        return [.. (await core.SegmentsAsync(_recording.Id)).Select(segment => runs[segment.Run].WallClockAt(segment.Start))];
    }

    private static List<string> Lines(CheckReport report) => [.. report.Findings.Select(finding => finding.ToString())];

    private string NameOf(int run, long number) => SegmentStore.SegmentName(_recording.Id, run, number);

    private string PathOf(int run, long number) => _folder.File(NameOf(run, number));

    private string InitOf(int run) => _folder.File(SegmentStore.InitName(_recording.Id, run));
}
