using LiveClip.Core.Images;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Images;

/// <summary>Real recordings, whose pictures bear their number and whose sound ticks each second.</summary>
public sealed class RecordingImagesTests : IDisposable
{
    private const long Second = 90_000;
    private static readonly TestMedia Closed = TestMedia.Default with { Seconds = 14 };
    private static readonly TestMedia Open = Closed with { Gop = 48, BFrames = 3, X264Params = "open-gop=1:b-pyramid=normal" };
    private readonly TempFolder _folder = new();

    public static TheoryData<TestMedia> Sources => [Closed, Open, Closed with { BFrames = 0, Gop = 15, Audio = false }];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task A_thumbnail_is_the_picture_that_is_shown_at_that_time(TestMedia media)
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var timeline = await RecordAsync(core, media);
        foreach (var number in (int[])[0, 1, 47, 48, 59, 60, 61, 199, media.PictureCount - 1])
        {
            // In the middle of its time on screen, and right at its beginning.
            foreach (var time in (long[])[(number * 3000) + 1500, number * 3000])
            {
                var jpeg = await core.Get<RecordingImages>().ThumbnailAsync(timeline, time, new ImageSize(Width: 320));

                Assert.Equal([number], await NumbersAsync(jpeg!));
            }
        }
    }

    [Fact]
    public async Task A_thumbnail_has_the_size_that_was_asked_for()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var timeline = await RecordAsync(core, Closed);

        Assert.Equal("640x360", await SizeAsync(default));
        Assert.Equal("320x180", await SizeAsync(new ImageSize(Width: 320)));
        Assert.Equal("320x180", await SizeAsync(new ImageSize(Height: 180)));
        Assert.Equal("160x90", await SizeAsync(new ImageSize(Width: 160, Height: 160)));
        Assert.Equal("160x160", await SizeAsync(new ImageSize(Width: 160, Height: 160, Stretch: true)));

        async Task<string> SizeAsync(ImageSize size)
        {
            var file = await SaveAsync((await core.Get<RecordingImages>().ThumbnailAsync(timeline, 0, size))!);
            var probe = await ChildProcess.RunAsync(
                "ffprobe", ["-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0:s=x", file], TimeSpan.FromSeconds(20));
            return probe.Lines.Single();
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task A_filmstrip_shows_for_each_second_the_sync_sample_at_or_before_it(TestMedia media)
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var timeline = await RecordAsync(core, media);

        var first = await TilesAsync((await core.Get<RecordingImages>().FilmstripAsync(timeline, 0))!);
        Assert.Equal([.. Enumerable.Range(0, 10).Select(second => second * 30 / media.Gop * media.Gop)], first);

        // The recording ends in the second row, on or a millisecond behind a whole second; the rest of it is black.
        var second = await TilesAsync((await core.Get<RecordingImages>().FilmstripAsync(timeline, 1))!);
        Assert.Equal([.. Enumerable.Range(10, 4).Select(second => second * 30 / media.Gop * media.Gop)], second.Take(4));
        Assert.Null(await core.Get<RecordingImages>().FilmstripAsync(timeline, 2));
    }

    [Fact]
    public async Task A_waveform_is_loud_at_each_whole_second_and_nowhere_else()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var timeline = await RecordAsync(core, Closed);

        for (var row = 0; row < 2; row++)
        {
            var levels = (await core.Get<RecordingImages>().WaveformAsync(timeline, row))!;

            Assert.Equal(2000, levels.Length);
            for (var column = 0; column < (row == 0 ? 1000 : 380); column++)
            {
                var (low, high) = ((sbyte)levels[2 * column], (sbyte)levels[(2 * column) + 1]);
                var ticks = column % 100 is > 0 and < 3;
                Assert.True(!ticks || (low < -20 && high > 20), $"row {row} column {column} of a tick: {low} to {high}");
                Assert.True(column % 100 is < 10 or > 97 || (low >= -8 && high <= 8), $"row {row} column {column}: {low} to {high}");
            }
        }
    }

    [Fact]
    public async Task What_was_made_once_is_kept_and_asked_for_by_many_is_made_once()
    {
        using var cache = new ImageCache();
        var made = 0;
        var gate = new TaskCompletionSource();
        var asked = Enumerable.Range(0, 20).Select(_ => cache.GetOrMakeAsync("key", keep: true, MakeAsync)).ToList();
        gate.SetResult();

        Assert.All(await Task.WhenAll(asked), image => Assert.Equal([1], image));
        Assert.Equal([1], await cache.GetOrMakeAsync("key", keep: true, MakeAsync));
        Assert.Equal(1, made);

        async Task<byte[]?> MakeAsync()
        {
            await gate.Task;
            return [(byte)Interlocked.Increment(ref made)];
        }
    }

    [Fact]
    public async Task More_than_can_be_made_in_good_time_is_refused()
    {
        using var cache = new ImageCache();
        var gate = new TaskCompletionSource<byte[]?>();
        var waiting = Enumerable.Range(0, 64).Select(key => cache.GetOrMakeAsync(key, keep: false, () => gate.Task)).ToList();

        await Assert.ThrowsAsync<ImagesBusyException>(() => cache.GetOrMakeAsync(64, keep: false, () => gate.Task));
        gate.SetResult([]);
        await Task.WhenAll(waiting);
        Assert.NotNull(await cache.GetOrMakeAsync(64, keep: false, () => gate.Task));
    }

    private static async Task<RecordingTimeline> RecordAsync(CoreServices core, TestMedia media)
    {
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await media.FlvAsync());
        return (await core.Get<RecordingTimelines>().FindAsync(recording.Id, CoreServices.Token))!;
    }

    private async Task<IReadOnlyList<int>> NumbersAsync(byte[] jpeg) => await DecodedVideo.FrameNumbersAsync(await SaveAsync(jpeg));

    private async Task<IReadOnlyList<int>> TilesAsync(byte[] jpeg)
    {
        var strip = await SaveAsync(jpeg);
        var tiles = Path.ChangeExtension(strip, "mkv");
        await ChildProcess.RunAsync(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-i", strip, "-vf", "untile=10x1,blackframe=0,metadata=select:key=lavfi.blackframe.pblack:value=99:function=less", "-fps_mode", "passthrough", "-c:v", "ffv1", tiles],
            TimeSpan.FromSeconds(20));
        return await DecodedVideo.FrameNumbersAsync(tiles);
    }

    private async Task<string> SaveAsync(byte[] jpeg)
    {
        var file = Path.Combine(_folder.FullPath, $"{Guid.NewGuid():N}.jpg");
        await File.WriteAllBytesAsync(file, jpeg, CoreServices.Token);
        return file;
    }
}
