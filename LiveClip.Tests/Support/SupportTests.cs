using System.Net;
using System.Net.Sockets;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>The measuring tools measured: a test that looks through them is worth what they are.</summary>
public class SupportTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(123_456)]
    [InlineData(int.MaxValue)]
    [InlineData(-2)]
    public void A_number_drawn_is_the_number_read(int number)
    {
        var picture = Gray(320, 180);

        BarCode.Draw(picture, 320, 180, number);

        Assert.Equal(number, BarCode.Read(picture, 320, 180));
    }

    [Fact]
    public void Any_box_turned_over_is_noticed()
    {
        for (var box = 0; box < 40; box++)
        {
            var picture = Gray(320, 180);
            BarCode.Draw(picture, 320, 180, 4711);
            for (var y = box / 20 * 18; y < (box / 20 + 1) * 18; y++)
            {
                foreach (ref var level in picture.AsSpan(y * 320 + box % 20 * 16, 16))
                {
                    level = (byte)(255 - level);
                }
            }
            Assert.Null(BarCode.Read(picture, 320, 180));
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(128)]
    [InlineData(235)]
    public void A_picture_of_one_colour_has_no_number(byte level) => Assert.Null(BarCode.Read(Gray(320, 180, level), 320, 180));

    [Fact]
    public async Task Pictures_are_numbered_through_and_carry_times_of_the_frame_rate()
    {
        var media = new TestMedia { FrameRate = (30000, 1001), Seconds = 4, Gop = 15, BFrames = 3, X264Params = "open-gop=1", FirstNumber = 7 };
        var file = await media.Mp4Async();

        Assert.Equal(Enumerable.Range(7, media.PictureCount), await DecodedVideo.FrameNumbersAsync(file));
        var times = await DecodedVideo.PresentationTimesAsync(file);
        Assert.Equal(media.PictureCount, times.Count);
        Assert.InRange(times[^1] - times[0], TimeSpan.FromSeconds(3.93), TimeSpan.FromSeconds(3.94)); // 118 × 1001/30000 s
    }

    [Fact]
    public async Task Each_whole_second_of_the_media_ticks()
    {
        var file = await TestMedia.Default.FlvAsync();

        var begin = (await DecodedVideo.PresentationTimesAsync(file))[0];
        var ticks = await DecodedAudio.TickTimesAsync(file);

        Assert.Equal(20, ticks.Count);
        Assert.All(ticks.Index(), tick => Assert.InRange((tick.Item - begin).TotalSeconds - tick.Index, -0.030, 0.030));
    }

    [Fact]
    public async Task The_same_media_is_made_once() =>
        Assert.Equal(await new TestMedia { Seconds = 1 }.FlvAsync(), await new TestMedia { Seconds = 1 }.FlvAsync());

    [Fact]
    public async Task A_damaged_file_does_not_count_as_decoded()
    {
        using var folder = new TempFolder();
        var bytes = await File.ReadAllBytesAsync(await TestMedia.Default.FlvAsync(), TestContext.Current.CancellationToken);
        bytes.AsSpan(bytes.Length / 2, 2000).Fill(0x55);
        await File.WriteAllBytesAsync(folder.File("damaged.flv"), bytes, TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<Exception>(() => DecodedVideo.FrameNumbersAsync(folder.File("damaged.flv")));
    }

    [Fact]
    public async Task A_publisher_delivers_the_file_over_rtmp()
    {
        using var folder = new TempFolder();
        var media = new TestMedia { Seconds = 2 };
        var (address, server) = await ListenAsync(folder.File("received.flv"));
        await using var listening = server;

        await using var publisher = await FfmpegPublisher.StartAsync(await media.FlvAsync(), address, realTime: false);
        await Eventually.EndsAsync(publisher.Completion, TimeSpan.FromSeconds(30));
        await Eventually.EndsAsync(server.Exited, TimeSpan.FromSeconds(30));

        Assert.Equal(Enumerable.Range(0, 60), await DecodedVideo.FrameNumbersAsync(folder.File("received.flv")));
    }

    [Fact]
    public async Task A_stopped_publisher_says_goodbye()
    {
        using var folder = new TempFolder();
        var (address, server) = await ListenAsync(folder.File("received.flv"));
        await using var listening = server;
        await using var publisher = await FfmpegPublisher.StartAsync(await TestMedia.Default.FlvAsync(), address, loop: true);
        await Eventually.TrueAsync(
            () => File.Exists(folder.File("received.flv")) && new FileInfo(folder.File("received.flv")).Length > 50_000,
            TimeSpan.FromSeconds(30));

        await publisher.StopAsync();

        Assert.Equal(0, await Eventually.EndsAsync(server.Exited, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_publisher_that_is_refused_fails()
    {
        await using var publisher = await FfmpegPublisher.StartAsync(
            await TestMedia.Default.FlvAsync(), new Uri($"rtmp://127.0.0.1:{FreePort()}/live/key"));

        var error = await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EndsAsync(publisher.Completion, TimeSpan.FromSeconds(30)));

        Assert.Contains("Connection refused", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("      Now listening on: http://127.0.0.1:40123", "http", "http://127.0.0.1:40123/")]
    [InlineData("info: Now listening on: rtmp://127.0.0.1:1935", "rtmp", "rtmp://127.0.0.1:1935")]
    [InlineData("Now listening on: http://127.0.0.1:40123", "rtmp", null)]
    [InlineData("Application started. Press Ctrl+C to shut down.", "http", null)]
    public void The_server_names_its_addresses(string line, string scheme, string? address) =>
        Assert.Equal(address is null ? null : new Uri(address), ServerProcess.ListeningAddress(line, scheme));

    [Fact]
    public void The_built_server_is_found() =>
        Assert.True(File.Exists(Path.ChangeExtension(Repository.WebProgram, ".runtimeconfig.json")), Repository.WebProgram);

    [Fact]
    public async Task A_condition_that_stays_false_fails_with_what_was_awaited()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(
            () => Eventually.TrueAsync(() => false, TimeSpan.FromMilliseconds(50), "the moon's fall"));

        Assert.Contains("the moon's fall", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Gray(int width, int height, byte level = 128)
    {
        var picture = new byte[width * height];
        picture.AsSpan().Fill(level);
        return picture;
    }

    /// <summary>ffmpeg as the server of one publisher.</summary>
    private static async Task<(Uri Address, ChildProcess Server)> ListenAsync(string file)
    {
        var address = new Uri($"rtmp://127.0.0.1:{FreePort()}/live/key");
        var server = await ChildProcess.StartAsync(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-listen", "1", "-i", address.ToString(), "-c", "copy", "-flush_packets", "1", file]);
        await Eventually.TrueAsync(() => IsListening(address.Port), TimeSpan.FromSeconds(20));
        return (address, server);
    }

    private static bool IsListening(int port) =>
        File.ReadLines("/proc/net/tcp").Any(line => line.Contains($"0100007F:{port:X4} 00000000:0000 0A", StringComparison.Ordinal));

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
