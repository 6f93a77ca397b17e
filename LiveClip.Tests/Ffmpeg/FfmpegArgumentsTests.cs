using System.Globalization;
using LiveClip.Core.Ffmpeg;
using LiveClip.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveClip.Tests.Ffmpeg;

public class FfmpegArgumentsTests
{
    private readonly FfmpegRunner _ffmpeg = new(NullLogger<FfmpegRunner>.Instance, TimeProvider.System);

    [Fact]
    public void Appending_leaves_the_list_appended_to_as_it_was()
    {
        var one = FfmpegArguments.Quiet.With("-an");

        var two = one.With("-sn");

        Assert.Equal("-an", one.List[^1]);
        Assert.Equal(["-an", "-sn"], two.List.TakeLast(2));
    }

    [Fact]
    public void A_clip_is_opened_as_nothing_but_a_local_mp4_of_h264_and_aac()
    {
        var arguments = FfmpegArguments.Quiet.Mp4Input("-vf");

        Assert.Equal(
            [
                "-nostdin", "-hide_banner", "-v", "error",
                "-protocol_whitelist", "file", "-format_whitelist", "mov,mp4", "-codec_whitelist", "h264,aac", "-i", "file:-vf",
            ],
            arguments.List);
    }

    [Fact]
    public async Task A_playlist_named_like_a_clip_is_refused()
    {
        using var folder = new TempFolder();
        var clip = await TestMedia.Default.Mp4Async();
        await File.WriteAllTextAsync(
            folder.File("clip.mp4"),
            $"#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\nfile:{clip}\n#EXT-X-ENDLIST\n",
            TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<FfmpegException>(() => PosterAsync(folder.File("clip.mp4"), TimeSpan.Zero, folder.File("poster.jpg")));

        Assert.False(File.Exists(folder.File("poster.jpg")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(59)]  // the last before a sync sample
    [InlineData(60)]  // a sync sample
    [InlineData(100)]
    [InlineData(599)] // the last of all
    public async Task A_poster_is_the_picture_that_is_on_screen_at_the_time(int picture)
    {
        using var folder = new TempFolder();
        var clip = await TestMedia.Default.Mp4Async();
        var shown = (await DecodedVideo.PresentationTimesAsync(clip))[picture];

        await PosterAsync(clip, shown, folder.File("begins.jpg"));
        await PosterAsync(clip, shown + TimeSpan.FromMilliseconds(32), folder.File("stays.jpg"));

        Assert.Equal([picture], await DecodedVideo.FrameNumbersAsync(folder.File("begins.jpg")));
        Assert.Equal([picture], await DecodedVideo.FrameNumbersAsync(folder.File("stays.jpg")));
    }

    [Fact]
    public async Task A_poster_is_a_jpeg_no_wider_than_640()
    {
        using var folder = new TempFolder();
        var large = await new TestMedia { Width = 1280, Height = 720, Seconds = 1, Audio = false }.Mp4Async();

        await PosterAsync(large, TimeSpan.Zero, folder.File("poster.jpg"));

        var probe = await ChildProcess.RunAsync(
            "ffprobe",
            ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", folder.File("poster.jpg")],
            TimeSpan.FromSeconds(20));
        Assert.Equal(["mjpeg,640,360"], probe.Lines);
    }

    [Fact]
    public async Task A_poster_past_the_end_fails()
    {
        using var folder = new TempFolder();
        var clip = await TestMedia.Default.Mp4Async();

        await Assert.ThrowsAsync<FfmpegException>(() => PosterAsync(clip, TimeSpan.FromSeconds(30), folder.File("poster.jpg")));
    }

    [Fact]
    public async Task Parts_of_a_byte_stream_are_encoded_each_beginning_with_an_IDR_picture()
    {
        using var folder = new TempFolder();
        var source = await TestMedia.Default.Mp4Async();
        await ChildProcess.RunAsync(
            "ffmpeg", ["-v", "error", "-i", source, "-c", "copy", "-an", "-f", "h264", folder.File("in.h264")], TimeSpan.FromSeconds(20));
        var encoding = new PictureEncoding([(7, 3), (61, 1), (100, 30)], (30, 1))
        {
            Profile = "high",
            PixelFormat = "yuv420p",
            Preset = "superfast",
            X264Params = "keyint=infinite:scenecut=0:bframes=0:slices=1",
            Threads = 2,
        };

        await using (var input = File.OpenRead(folder.File("in.h264")))
        await using (var output = File.Create(folder.File("out.h264")))
        {
            await _ffmpeg.RunAsync(
                FfmpegArguments.EncodePictures(encoding), TimeSpan.FromSeconds(60), input, output, TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            [7, 8, 9, 61, .. Enumerable.Range(100, 30)], await DecodedVideo.FrameNumbersAsync(folder.File("out.h264")));
        var probe = await ChildProcess.RunAsync(
            "ffprobe",
            ["-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0", folder.File("out.h264")],
            TimeSpan.FromSeconds(20));
        Assert.Equal([0, 3, 4], Enumerable.Range(0, 34).Where(i => probe.Lines.ElementAt(i).StartsWith('K')));
        Assert.False(FfmpegArguments.EncodePictures(encoding).UsesFiles);
    }

    [Fact]
    public async Task A_byte_stream_that_is_something_else_is_refused()
    {
        var encoding = new PictureEncoding([(0, 1)], (30, 1))
        {
            Profile = "high",
            PixelFormat = "yuv420p",
            Preset = "superfast",
            X264Params = "bframes=0",
            Threads = 1,
        };
        await using var flv = File.OpenRead(await TestMedia.Default.FlvAsync());
        await Assert.ThrowsAsync<FfmpegException>(() => _ffmpeg.RunAsync(
            FfmpegArguments.EncodePictures(encoding), TimeSpan.FromSeconds(20), flv, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_demo_source_comes_in_real_time_with_a_sync_sample_every_two_seconds_and_no_B_frames()
    {
        using var folder = new TempFolder();
        var target = new FailingTarget(bytes: 1_500_000);

        await Assert.ThrowsAsync<FailingTarget.GoneException>(() => _ffmpeg.RunAsync(
            FfmpegArguments.DemoSource(), Timeout.InfiniteTimeSpan, null, target, TestContext.Current.CancellationToken));

        await File.WriteAllBytesAsync(folder.File("demo.flv"), target.ToArray(), TestContext.Current.CancellationToken);
        var probe = await ChildProcess.RunAsync(
            "ffprobe",
            ["-v", "error", "-show_entries", "packet=codec_type,pts,dts,flags", "-of", "compact=p=0:nk=1", folder.File("demo.flv")],
            TimeSpan.FromSeconds(20));
        var video = probe.Lines.Select(line => line.Split('|')).Where(packet => packet[0] == "video").ToList();
        Assert.All(video, packet => Assert.Equal(packet[1], packet[2]));
        var syncSamples = video.Where(packet => packet[3].StartsWith('K')).Select(packet => int.Parse(packet[1], CultureInfo.InvariantCulture));
        Assert.Equal([0, 2000, 4000], syncSamples.Take(3).Select(time => time - int.Parse(video[0][1], CultureInfo.InvariantCulture)));
        var ticks = await DecodedAudio.TickTimesAsync(folder.File("demo.flv"));
        Assert.InRange(ticks[2] - ticks[1], TimeSpan.FromMilliseconds(995), TimeSpan.FromMilliseconds(1005));
        Assert.InRange(target.Elapsed, TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(30));
    }

    private Task PosterAsync(string clip, TimeSpan at, string jpeg) => _ffmpeg.RunAsync(
        FfmpegArguments.Poster(clip, at, jpeg), TimeSpan.FromSeconds(20), null, null, TestContext.Current.CancellationToken);
}
