using System.Net.Sockets;
using LiveClip.Core.Ingest;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>What many bad clients at a time cost those who publish: nothing.</summary>
public sealed class HostileClientsTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(60);

    private static readonly int MaxUnauthenticated = new IngestOptions().MaxUnauthenticated;

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 8, Gop = 30, BFrames = 0 };

    [Fact]
    public async Task Idle_connections_do_not_keep_a_publisher_out()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        var flv = await Small.FlvAsync();
        var idle = new List<Socket>();
        for (var i = 0; i < 500; i++)
        {
            idle.Add(await ConnectAsync());
        }

        await Eventually.TrueAsync(
            () => idle.Count(socket => socket.Poll(0, SelectMode.SelectRead)) >= 500 - MaxUnauthenticated, Publishing, "those that have to go");
        Assert.Contains(server.Process.Log, line => line.Contains("had to go", StringComparison.Ordinal));

        // At once, while the others are there: in a few seconds each would have to leave for its silence.
        await using (var publisher = await SilentPublisher.StartAsync(flv, stream.Ingest))
        {
            await publisher.StopAsync();
        }

        idle.ForEach(socket => socket.Dispose());
        await stream.EndedAsync();
        Assert.Equal(Enumerable.Range(0, Small.PictureCount), Assert.Single(await stream.RecordedFramesAsync()));
    }

    /// <summary>Each of them with a reset, while the server is held: it finds them in front of the publisher's.</summary>
    [Fact]
    public async Task Connections_that_are_gone_before_they_are_served_delay_nobody()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        var flv = await Small.FlvAsync();
        server.Process.Freeze();
        for (var i = 0; i < 400; i++)
        {
            using var gone = await ConnectAsync();
            gone.LingerState = new LingerOption(true, 0);
        }

        server.Process.Continue();
        await using (var publisher = await SilentPublisher.StartAsync(flv, stream.Ingest))
        {
            await Eventually.TrueAsync(async () => await stream.StatusAsync() is "preparing" or "active", AtOnce);
            await publisher.StopAsync();
        }

        Assert.DoesNotContain(server.Process.Log, line => line.Contains("No RTMP connection can be taken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refused_connections_leave_no_file_open_and_one_line_in_ten_seconds()
    {
        await SendNonsenseAsync();
        var lines = server.Process.Log.Count;
        await Eventually.TrueAsync(() => server.Process.OpenFiles > 0, Publishing);
        var before = server.Process.OpenFiles;

        for (var i = 0; i < 1_000; i++)
        {
            await SendNonsenseAsync();
        }

        await Eventually.TrueAsync(() => server.Process.OpenFiles <= before, Publishing);
        Assert.InRange(server.Process.Log.Count - lines, 0, 50);
    }

    /// <summary>Two hundred of 10 KB/s each, as long as the publish lasts.</summary>
    [Fact]
    public async Task Slow_viewers_cost_the_recording_no_picture_and_the_server_little_memory()
    {
        // Filled up to the bit rate of a real one: two seconds are more than a MiB.
        var source = TestMedia.Default with
        {
            BFrames = 0,
            X264Params = "nal-hrd=cbr:bitrate=6000:vbv-maxrate=6000:vbv-bufsize=6000",
        };
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var publisher = await stream.PublishAsync(source);
        var playlist = await stream.PlaylistWithAsync(segments: 1);
        var before = server.Process.ResidentBytes;
        var most = before;
        var viewers = new List<SlowViewer>();
        for (var i = 0; i < 200; i++)
        {
            var viewer = await SlowViewer.ConnectAsync(server.Process.Http);
            await viewer.AskAsync([stream.Playback, playlist.Segments[0].Address!], times: 20);
            viewers.Add(viewer);
        }

        long read = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
        while (!publisher.Completion.IsCompleted)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            foreach (var viewer in viewers)
            {
                var count = viewer.Read();
                Assert.NotNull(count);
                read += count.Value;
            }

            most = Math.Max(most, server.Process.ResidentBytes);
        }

        await publisher.Completion;
        viewers.ForEach(viewer => viewer.Dispose());
        await stream.EndedAsync();
        Assert.Equal(Enumerable.Range(0, source.PictureCount), Assert.Single(await stream.RecordedFramesAsync()));
        Assert.InRange(read, 200 * 20_000, long.MaxValue);
        Assert.InRange(most - before, long.MinValue, 200 << 20);
    }

    /// <summary>A handshake of another version, and the server's end of the connection.</summary>
    private async Task SendNonsenseAsync()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(new byte[2000]);
        try
        {
            while (await socket.ReceiveAsync(new byte[4096]) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Closed with what it had not read.
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Process.Rtmp.Host, server.Process.Rtmp.Port);
        return socket;
    }
}
