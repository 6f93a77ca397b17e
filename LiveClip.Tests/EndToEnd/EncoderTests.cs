using System.Text;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>How other encoders than a well-behaved one get on, and what becomes of keys that open nothing.</summary>
public sealed class EncoderTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(60);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 6 };

    [Fact]
    public async Task All_of_what_is_sent_faster_than_real_time_is_recorded()
    {
        var source = new TestMedia { Seconds = 30 };
        var stream = await TestStream.CreateAsync(server.Process);

        await stream.RecordAsync(source);

        var run = Assert.Single(await stream.RecordedFramesAsync());
        Assert.Equal(Enumerable.Range(0, source.PictureCount), run);
    }

    [Theory]
    [InlineData("without sound")]
    [InlineData("29.97 pictures a second")]
    [InlineData("no B-frames")]
    public async Task Every_picture_is_recorded(string what)
    {
        var source = what switch
        {
            "without sound" => Small with { Audio = false },
            "no B-frames" => Small with { BFrames = 0 },
            _ => Small with { FrameRate = (30000, 1001) },
        };
        var stream = await TestStream.CreateAsync(server.Process);

        await stream.RecordAsync(source);

        Assert.Equal(Enumerable.Range(0, source.PictureCount), Assert.Single(await stream.RecordedFramesAsync()));
    }

    [Fact]
    public async Task Gstreamer_publishes_too()
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "gst-launch-1.0"))))
        {
            Assert.Skip("gst-launch-1.0 is not installed");
        }
        var stream = await TestStream.CreateAsync(server.Process);

        await ChildProcess.RunAsync(
            "gst-launch-1.0",
            [
                "-q", "filesrc", $"location={await Small.FlvAsync()}", "!", "flvdemux", "name=d",
                "flvmux", "name=m", "streamable=true", "!", "rtmp2sink", $"location={stream.Ingest}",
                "d.video", "!", "queue", "!", "h264parse", "!", "m.video",
                "d.audio", "!", "queue", "!", "aacparse", "!", "m.audio",
            ],
            Publishing);

        await stream.BecomesAsync("idle");
        Assert.Equal(Enumerable.Range(0, Small.PictureCount), Assert.Single(await stream.RecordedFramesAsync()));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_like_an_unknown_one_and_nothing_is_recorded()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        var wrong = stream.Key[..^1] + (stream.Key[^1] == '0' ? '1' : '0');
        var unknown = $"{new string('0', 32)}k{new string('0', 32)}";

        var answers = new List<string>();
        foreach (var key in (string[])[wrong, unknown, stream.Id, "no-such-key"])
        {
            await using var publisher = await FfmpegPublisher.StartAsync(
                await Small.FlvAsync(), new Uri(server.Process.Rtmp, $"/live/{key}"), realTime: false);
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EndsAsync(publisher.Completion, Publishing));
            answers.Add(refused.Message.Replace(key, "KEY", StringComparison.Ordinal));
        }

        Assert.Single(answers.Select(WithoutAddresses).Distinct());
        Assert.Equal("idle", await stream.StatusAsync());
        Assert.Null(await stream.FindPlaylistAsync());
    }

    [Fact]
    public async Task A_key_stands_neither_in_the_log_nor_in_any_file()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(Small);
        await using (var refused = await FfmpegPublisher.StartAsync(
            await Small.FlvAsync(), new Uri(server.Process.Rtmp, $"/other/{stream.Key}x"), realTime: false))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EndsAsync(refused.Completion, Publishing));
        }

        var secret = stream.Key[..32];
        Assert.Contains(server.Process.Log, line => line.Contains(stream.Id, StringComparison.Ordinal));
        Assert.DoesNotContain(server.Process.Log, line => line.Contains(secret, StringComparison.Ordinal));
        // The server holds its lock, which is empty, from every other reader.
        var files = Directory.GetFiles(server.Process.DataDirectory, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "liveclip.lock").ToList();
        Assert.Contains(files, file => Holds(file, stream.Id));
        Assert.DoesNotContain(files, file => Holds(file, secret));
    }

    private static bool Holds(string file, string text)
    {
        using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[open.Length];
        open.ReadExactly(bytes);
        return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }

    /// <summary>ffmpeg's lines begin with where in its memory something is: [rtmp @ 0x55d6…].</summary>
    private static string WithoutAddresses(string transcript) =>
        System.Text.RegularExpressions.Regex.Replace(transcript, "0x[0-9a-f]+", "0x");
}
