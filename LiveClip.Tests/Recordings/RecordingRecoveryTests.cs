using System.Text.Json;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class RecordingRecoveryTests : IDisposable
{
    private static readonly TestMedia Media = TestMedia.Default with { Seconds = 8 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("nothing of it", 0)]
    [InlineData("half a box header", 1)]
    [InlineData("inside the first fragment", 2)]
    [InlineData("behind the first fragment", 3)]
    [InlineData("a byte behind the first fragment", 4)]
    [InlineData("a byte before the end", 5)]
    [InlineData("all of it", 6)]
    [InlineData("garbage behind the end", 7)]
    public async Task A_crash_costs_the_fragment_that_was_being_written_and_the_recording_goes_on(string what, int place)
    {
        using var crashed = new TempFolder();
        var stream = await CrashAsync(crashed);
        var file = Tear(crashed, place);

        await using var core = await CoreServices.StartAsync(crashed, started: typeof(RecorderHost));
        var window = core.Get<LiveWindows>().FindByStream(stream.Id)!;
        var segments = await core.SegmentsAsync(window.Recording.Id);
        var left = File.Exists(file) ? SegmentIndex.Scan(await File.ReadAllBytesAsync(file, CoreServices.Token)) : null;

        // 0 to 2 were closed, 3 was open.
        Assert.Equal(left is null ? [0, 1, 2] : [0L, 1, 2, 3], segments.Select(segment => segment.Number));
        Assert.Equal(place < 3, left is null);
        if (left is not null)
        {
            Assert.Equal((left.ValidLength, left.ValidLength), (new FileInfo(file).Length, segments[3].Length));
            Assert.True(segments[3].Start == segments[2].End && segments[3].StartsWithSync, what);
            Assert.InRange(segments[3].End - segments[3].Start, 1, 160_000);
        }

        Assert.Equal(BroadcastState.Disconnected, core.Get<BroadcastRegistry>().Find(stream.Id)!.State);
        Assert.Equal(segments[^1].End, window.NewestPicture);

        // The encoder returns.
        var returned = await core.RecordAsync(stream, await Media.FlvAsync());
        var all = await core.SegmentsAsync(returned.Id);
        Assert.Equal(window.Recording.Id, returned.Id);
        Assert.Equal([0, 1], returned.Runs.Select(run => run.Number).Order());
        Assert.Equal(Enumerable.Range(0, all.Count).Select(number => (long)number), all.Select(segment => segment.Number));
        var second = all.Where(segment => segment.Run == 1).ToList();
        Assert.Equal(returned.Runs.Single(run => run.Number == 1).TimelineStart, second[0].Start);
        Assert.True(second[0].Start >= segments[^1].End);
        Assert.Equal(segments.Count, second[0].Number);
    }

    [Fact]
    public async Task A_file_that_the_disk_does_not_give_back_keeps_nobody_from_starting()
    {
        using var crashed = new TempFolder();
        var stream = await CrashAsync(crashed);
        var run = Directory.GetFiles(crashed.FullPath, "init.mp4", SearchOption.AllDirectories).Single();
        // Reading it fails with EIO, like a bad block.
        File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(run)!, "99.m4s"), "/proc/self/mem");

        await using var core = await CoreServices.StartAsync(crashed, started: typeof(RecorderHost));
        var segments = core.Get<LiveWindows>().FindByStream(stream.Id)!.Snapshot().Segments;
        Assert.Equal([0L, 1, 2, 3], segments.Select(segment => segment.Number));
    }

    [Fact]
    public async Task A_stop_loses_nothing_that_was_received()
    {
        LiveStream stream;
        Guid recordingId;
        await using (var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost)))
        {
            stream = await core.CreateStreamAsync();
            await core.PublishAsync(stream, await Media.FlvAsync());
            await core.StopAsync();
            await using var context = core.Read();
            recordingId = (await context.Recordings.SingleAsync(recording => recording.EndedAt == null, CoreServices.Token)).Id;
            var segments = await core.SegmentsAsync(recordingId);
            Assert.Equal(8 * 90_000, segments[^1].End, 200d);
            Assert.Null(core.Get<LiveWindows>().FindByStream(stream.Id));
        }

        await using var next = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        Assert.Equal(recordingId, next.Get<LiveWindows>().FindByStream(stream.Id)!.Recording.Id);
    }

    [Fact]
    public async Task A_recording_whose_encoder_does_not_return_is_ended_after_a_window()
    {
        LiveStream stream;
        await using (var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost)))
        {
            stream = await core.CreateStreamAsync();
            await core.PublishAsync(stream, await Media.FlvAsync());
        }

        var time = new ManualTimeProvider();
        await using var next = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(next.Get<BroadcastRegistry>().Find(stream.Id));
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(
            async () =>
            {
                await using var context = next.Read();
                return await context.Recordings.AllAsync(recording => recording.EndedAt != null, CoreServices.Token)
                    && (await context.LiveStreams.SingleAsync(CoreServices.Token)).NextSegmentNumber == 4;
            },
            FlvPublish.Bound);
    }

    [Fact]
    public async Task Only_the_newest_of_two_open_recordings_goes_on()
    {
        LiveStream stream;
        await using (var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost)))
        {
            stream = await core.CreateStreamAsync();
            var over = await core.RecordAsync(stream, await Media.FlvAsync());
            await core.Catalog.WriteAsync(
                context => context.Recordings.ExecuteUpdateAsync(
                    recording => recording.SetProperty(r => r.EndedAt, (DateTimeOffset?)null), CoreServices.Token),
                CoreServices.Token);
            await core.PublishAsync(stream, await Media.FlvAsync());
            await core.UntilOnAirAsync(stream, 5);
            Assert.NotEqual(over.Id, core.Get<LiveWindows>().FindByStream(stream.Id)!.Recording.Id);
            // The catalog was told nothing of the end.
            await core.Catalog.WriteAsync(
                context => context.LiveStreams.ExecuteUpdateAsync(
                    stream => stream.SetProperty(s => s.NextSegmentNumber, 0).SetProperty(s => s.NextDiscontinuity, 0), CoreServices.Token),
                CoreServices.Token);
        }

        await using var next = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        Assert.Equal((4, 1), await NumbersAsync(next));
        await using var context = next.Read();
        var recordings = await context.Recordings.OrderBy(recording => recording.StartedAt).ToListAsync(CoreServices.Token);
        Assert.Equal([false, true], recordings.Select(recording => recording.EndedAt is null));
        Assert.Equal(recordings[1].Id, next.Get<LiveWindows>().FindByStream(stream.Id)!.Recording.Id);
    }

    [Fact]
    public async Task A_stream_that_was_only_preparing_is_idle_after_a_restart()
    {
        await using (var core = await CoreServices.StartAsync(_folder))
        {
            await core.CreateStreamAsync();
            await core.Catalog.WriteAsync(
                context => context.LiveStreams.ExecuteUpdateAsync(
                    stream => stream.SetProperty(s => s.Status, LiveStreamStatus.Preparing), CoreServices.Token),
                CoreServices.Token);
        }

        await using var next = await CoreServices.StartAsync(_folder, started: [typeof(LiveStreamStatusWriter), typeof(RecorderHost)]);
        await using var context = next.Read();
        Assert.Equal(LiveStreamStatus.Idle, (await context.LiveStreams.SingleAsync(CoreServices.Token)).Status);
    }

    [Fact]
    public async Task Rows_that_the_catalog_never_heard_of_are_entered_from_the_files_as_they_were()
    {
        using var crashed = new TempFolder();
        var stream = await CrashAsync(crashed);
        string expected;
        await using (var core = await CoreServices.StartAsync(crashed, started: typeof(RecorderHost)))
        {
            expected = await RowsAsync(core);
        }

        // Nothing of this broadcast arrived; the live stream itself is known.
        await using (var core = await CoreServices.StartAsync(crashed))
        {
            await core.Catalog.WriteAsync(context => context.Recordings.ExecuteDeleteAsync(CoreServices.Token), CoreServices.Token);
        }

        await using var next = await CoreServices.StartAsync(crashed, started: typeof(RecorderHost));
        Assert.Equal(expected, await RowsAsync(next));
        Assert.Equal(BroadcastState.Disconnected, next.Get<BroadcastRegistry>().Find(stream.Id)!.State);
    }

    [Fact]
    public async Task What_is_left_of_a_deleted_recording_does_not_come_back()
    {
        await using (var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost)))
        {
            await core.RecordAsync(await core.CreateStreamAsync(), await Media.FlvAsync());
            await core.Catalog.WriteAsync(context => context.Recordings.ExecuteDeleteAsync(CoreServices.Token), CoreServices.Token);
        }

        await using var next = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        await using var context = next.Read();
        Assert.Equal(0, await context.Recordings.CountAsync(CoreServices.Token));
    }

    [Fact]
    public async Task A_file_of_another_segment_or_damaged_at_its_beginning_is_not_taken_and_not_lost()
    {
        using var crashed = new TempFolder();
        var stream = await CrashAsync(crashed);
        var open = Assert.Single(Directory.GetFiles(crashed.FullPath, "3.m4s", SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(open, CoreServices.Token);
        bytes[0] ^= 0x80;
        await File.WriteAllBytesAsync(open, bytes, CoreServices.Token);
        File.Copy(Path.Combine(Path.GetDirectoryName(open)!, "2.m4s"), Path.Combine(Path.GetDirectoryName(open)!, "4.m4s"));

        await using var core = await CoreServices.StartAsync(crashed, started: typeof(RecorderHost));
        var window = core.Get<LiveWindows>().FindByStream(stream.Id)!;
        Assert.Equal([0L, 1, 2], (await core.SegmentsAsync(window.Recording.Id)).Select(segment => segment.Number));
        Assert.Equal(
            ["3.m4s", "4.m4s"],
            Directory.GetFiles(Path.GetDirectoryName(open)!, "*.aside").Select(path => Path.GetFileName(path)[..5]).Order());
    }

    private static async Task<string> RowsAsync(CoreServices core)
    {
        await using var context = core.Read();
        var recordings = await context.Recordings.Include(recording => recording.Runs.OrderBy(run => run.Number))
            .ToListAsync(CoreServices.Token);
        var segments = await context.Segments.OrderBy(segment => segment.Number).ToListAsync(CoreServices.Token);
        return JsonSerializer.Serialize((object[])[recordings, segments]);
    }

    private static async Task<(long Segment, long Discontinuity)> NumbersAsync(CoreServices core)
    {
        await using var context = core.Read();
        var stream = await context.LiveStreams.SingleAsync(CoreServices.Token);
        return (stream.NextSegmentNumber, stream.NextDiscontinuity);
    }

    /// <summary>A server on air whose data directory is copied as a crash would leave it.</summary>
    private async Task<LiveStream> CrashAsync(TempFolder copy)
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await core.PublishAsync(stream, await Media.FlvAsync());
        var window = await core.UntilOnAirAsync(stream, 7.2);
        await Eventually.TrueAsync(
            async () => (await core.SegmentsAsync(window.Recording.Id)).Count == 3
                && Directory.GetFiles(_folder.FullPath, "3.m4s", SearchOption.AllDirectories) is [var path]
                && new FileInfo(path).Length == window.Snapshot().Open!.Length,
            FlvPublish.Bound);
        foreach (var source in Directory.EnumerateFiles(_folder.FullPath, "*", SearchOption.AllDirectories))
        {
            var target = copy.File(Path.GetRelativePath(_folder.FullPath, source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(source, target);
        }

        return stream;
    }

    private static string Tear(TempFolder folder, int place)
    {
        var file = Assert.Single(Directory.GetFiles(folder.FullPath, "3.m4s", SearchOption.AllDirectories));
        var bytes = File.ReadAllBytes(file);
        var first = (int)SegmentIndex.Scan(bytes).Fragments[0].Length;
        byte[] left = place switch
        {
            0 => [],
            1 => bytes[..4],
            2 => bytes[..(first - 1)],
            3 => bytes[..first],
            4 => bytes[..(first + 1)],
            5 => bytes[..^1],
            6 => bytes,
            _ => [.. bytes, .. new byte[100]],
        };
        File.WriteAllBytes(file, left);
        return file;
    }
}
