using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class FfmpegPublishTests
{
    private const int Patience = 60_000;

    private static readonly string[] Source =
    [
        "-nostdin", "-v", "error",
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
        "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
        "-t", "1.5",
        "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p", "-threads", "1",
        "-c:a", "aac", "-f", "flv",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Patience)]
    public async Task Ffmpeg_publishes_over_a_socket()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var ffmpeg = Start(["-re", .. Source, $"rtmp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/live/key-1?a=b"]);
        try
        {
            using var client = await listener.AcceptTcpClientAsync(Cancellation);
            var transport = new SocketTransport(client.GetStream());
            using var connection = new RtmpConnection(transport, RtmpLimits.Default, TimeProvider.System);

            var request = await connection.AcceptPublishAsync((_, _) => ValueTask.FromResult(true), Cancellation);
            var messages = await ReadAsync(connection);

            Assert.Equal(("live", "key-1"), (request!.App, request.StreamName));
            Assert.Contains("Lavf", request.EncoderName, StringComparison.Ordinal);
            AssertIsWholeBroadcast(messages);
            Assert.True(connection.EndedByPublisher);
        }
        finally
        {
            await EndAsync(ffmpeg);
        }
    }

    [Fact(Timeout = Patience)]
    public async Task Ffmpegs_file_goes_through_our_publisher()
    {
        var pair = new PipePair();
        using var connection = new RtmpConnection(pair.Server, RtmpLimits.Default, TimeProvider.System);
        using var publisher = new RtmpPublisher(pair.Client);
        using var ffmpeg = Start([.. Source, "pipe:1"]);
        try
        {
            var tags = FlvReader.ReadAsync(PipeReader.Create(ffmpeg.StandardOutput.BaseStream), Cancellation);
            var publishing = publisher.PublishAsync("live", "rtmp://127.0.0.1/live", "key-1", tags, Cancellation);

            Assert.NotNull(await connection.AcceptPublishAsync((_, _) => ValueTask.FromResult(true), Cancellation));
            AssertIsWholeBroadcast(await ReadAsync(connection));
            await publishing;
            Assert.True(connection.EndedByPublisher);
        }
        finally
        {
            await EndAsync(ffmpeg);
        }
    }

    private static void AssertIsWholeBroadcast(List<RtmpMessage> messages)
    {
        var metadata = Amf0.ReadAll(messages.First(m => m.Type == RtmpMessageType.DataAmf0).Payload.Span, RtmpLimits.Default);
        Assert.Equal(["@setDataFrame", "onMetaData"], metadata.Take(2));
        Assert.Equal(320.0, ((OrderedDictionary<string, object?>)metadata[2]!)["width"]);

        var video = messages.Where(m => m.Type == RtmpMessageType.Video).ToList();
        var pictures = video.Select(m => (m.Timestamp, Tag: FlvVideoTag.Parse(m.Payload))).ToList();
        Assert.Equal(FlvVideoKind.SequenceHeader, pictures[0].Tag.Kind);
        Assert.Equal(1, pictures[0].Tag.Data.Span[0]); // configurationVersion
        pictures = pictures.Where(p => p.Tag.Kind == FlvVideoKind.Nalus).ToList();
        Assert.InRange(pictures.Count, 36, 39);
        Assert.True(pictures[0].Tag.IsSync);
        Assert.Equal(2, pictures.Count(p => p.Tag.IsSync));
        Assert.Contains(pictures, p => p.Tag.CompositionTime > 0);
        Assert.All(pictures.Zip(pictures.Skip(1)), pair => Assert.InRange(pair.Second.Timestamp - pair.First.Timestamp, 39u, 41u));

        var audio = messages.Where(m => m.Type == RtmpMessageType.Audio).ToList();
        var frames = audio.Select(m => (m.Timestamp, Tag: FlvAudioTag.Parse(m.Payload))).ToList();
        Assert.Equal(FlvAudioKind.SequenceHeader, frames[0].Tag.Kind);
        frames = frames.Where(f => f.Tag.Kind == FlvAudioKind.Raw).ToList();
        Assert.InRange(frames.Count, 68, 74);
        Assert.All(frames.Zip(frames.Skip(1)), pair => Assert.InRange(pair.Second.Timestamp - pair.First.Timestamp, 20u, 23u));
    }

    private static async Task<List<RtmpMessage>> ReadAsync(RtmpConnection connection)
    {
        var messages = new List<RtmpMessage>();
        await foreach (var message in connection.ReadMediaAsync(Cancellation))
        {
            messages.Add(message);
        }

        return messages;
    }

    private static Process Start(IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardOutput = true })!;

    private static async Task EndAsync(Process process)
    {
        // By then it has published everything and only has to say goodbye; should the test have failed, it may be waiting.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
    }

    private sealed class SocketTransport(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream);

        public PipeWriter Output { get; } = PipeWriter.Create(stream);
    }
}
