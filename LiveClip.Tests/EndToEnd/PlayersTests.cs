using LiveClip.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>Players that others have made follow a broadcast whose encoder, and then whose server, breaks off and comes back.</summary>
public sealed class PlayersTests(LiveServer server) : IClassFixture<LiveServer>
{
    private const int Width = 320;
    private const int Height = 180;

    /// <summary>The first number of the encoder that came back.</summary>
    private const int Second = 5000;

    /// <summary>Of the one that came back to the server that had.</summary>
    private const int Third = 10_000;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    private static readonly TestMedia Small = new() { Width = Width, Height = Height, FrameRate = (15, 1), Gop = 30, BFrames = 0, Seconds = 60 };

    [Fact]
    public async Task Hls_js_plays_on_at_low_latency()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var chromium = await Chromium.StartAsync();
        var page = await chromium.OpenAsync(server.Process.Http);
        await ServeAsync(page, stream.Playback);
        var shown = new List<int>();
        await ReconnectAsync(stream, outlivesServer: true, async isThere =>
        {
            if (shown.Count == 0)
            {
                await page.GotoAsync("/player/");
            }

            await Eventually.TrueAsync(
                async () =>
                {
                    shown.AddRange(Number(await page.EvaluateAsync<string>("read()")));
                    Assert.Empty(await page.EvaluateAsync<string[]>("fatal"));
                    return isThere(shown);
                },
                Bound,
                "pictures on the screen");
        });

        Assert.Equal(shown.Order(), shown);
    }

    /// <summary>
    /// By itself it gives up after three playlists without anything new, which on a busy machine may be a moment, and always when there is no
    /// server.
    /// </summary>
    [Fact]
    public async Task Ffmpeg_plays_on_when_the_encoder_comes_back() => await FollowsAsync(
        outlivesServer: false,
        address => ("ffmpeg", ["-nostdin", "-v", "error", "-max_reload", "1000", "-i", $"{address}", "-map", "0:v:0", "-fps_mode", "passthrough", .. DecodedVideo.Output, "pipe:1"]));

    /// <summary>It knows nothing of gaps, and asks for them.</summary>
    [Fact]
    public async Task Gstreamer_plays_on()
    {
        var decoder = new[] { "avdec_h264", "openh264dec" }.FirstOrDefault(HasElement);
        Assert.SkipUnless(decoder is not null && HasElement("hlsdemux"), "GStreamer, its hlsdemux or a decoder is not installed");
        await FollowsAsync(
            outlivesServer: true,
            address => (
                "gst-launch-1.0",
                [
                    "-q", "souphttpsrc", $"location={address}", "!", "hlsdemux", "!", "qtdemux", "name=d",
                    "d.video_0", "!", "queue", "!", "h264parse", "!", decoder!, "!", "videoconvert", "!", "videoscale", "!",
                    $"video/x-raw,format=GRAY8,width={Width},height={Height}", "!", "fdsink", "fd=1", "sync=false",
                ]));
    }

    /// <summary>A program that decodes what is live to its standard output.</summary>
    private async Task FollowsAsync(bool outlivesServer, Func<Uri, (string Program, string[] Arguments)> player)
    {
        var stream = await TestStream.CreateAsync(server.Process);
        var shown = new List<int>();
        ChildProcess? program = null;
        try
        {
            await ReconnectAsync(stream, outlivesServer, async isThere =>
            {
                var (name, arguments) = player(stream.Playback);
                program ??= await ChildProcess.StartAsync(name, arguments, readOutput: output => ReadAsync(output, shown));
                await Eventually.TrueAsync(() => program.Exited.IsCompleted || isThere(Copy(shown)), Bound, "pictures");
                Assert.True(isThere(Copy(shown)), $"{name} ended after {string.Join(' ', Copy(shown).TakeLast(20))}: {program.Transcript}");
            });
        }
        finally
        {
            await (program?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        Assert.Equal(shown.Order(), shown);
    }

    /// <summary>
    /// The encoder breaks off as soon as the player has shown some of its pictures, and another one comes; when that has been seen, too, the
    /// server is killed and started again.
    /// </summary>
    /// <param name="untilShown">Plays until that has been seen.</param>
    private async Task ReconnectAsync(TestStream stream, bool outlivesServer, Func<Func<IReadOnlyList<int>, bool>, Task> untilShown)
    {
        await using (var first = await FfmpegPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest, loop: false))
        {
            await stream.PlaylistWithAsync(segments: 3);
            await untilShown(shown => shown.Count(number => number is >= 0 and < Second) > 5);
            first.Kill();
        }

        // Longer than parts are listed: the player has nothing to hold on to but the gap.
        await Eventually.TrueAsync(async () => (await stream.PlaylistAsync()).Segments.Count(segment => segment.Gap) >= 3, Bound, "a gap");
        await using (await FfmpegPublisher.StartAsync(await (Small with { FirstNumber = Second }).FlvAsync(), stream.Ingest))
        {
            await untilShown(shown => shown.Count(number => number is >= Second and < Third) > 5);
            if (!outlivesServer)
            {
                return;
            }

            await server.Process.KillAsync();
        }

        await server.Process.RestartAsync();
        await using var third = await FfmpegPublisher.StartAsync(await (Small with { FirstNumber = Third }).FlvAsync(), stream.Ingest);
        await untilShown(shown => shown.Count(number => number >= Third) > 5);
    }

    private static async Task ServeAsync(IPage page, Uri playlist)
    {
        var library = Path.Combine(Repository.Root, "LiveClip.Web", "node_modules", "hls.js", "dist", "hls.min.js");
        await page.RouteAsync("**/player/**", route => route.Request.Url.EndsWith("hls.js", StringComparison.Ordinal)
            ? route.FulfillAsync(new() { ContentType = "text/javascript", Path = library })
            : route.FulfillAsync(new() { ContentType = "text/html", Body = PageOf(playlist) }));
    }

    private static string PageOf(Uri playlist) => $$"""
        <!doctype html><video muted width={{Width}} height={{Height}}></video><script src="/player/hls.js"></script>
        <script>
          const video = document.querySelector('video');
          const context = new OffscreenCanvas({{Width}}, {{Height}}).getContext('2d', { willReadFrequently: true });
          const fatal = [];
          const hls = new Hls({ lowLatencyMode: true });
          hls.on(Hls.Events.ERROR, (_, error) => {
            // As its documentation has it: what the network did is tried again.
            if (error.fatal && error.type === Hls.ErrorTypes.NETWORK_ERROR) setTimeout(() => hls.startLoad(), 500);
            else if (error.fatal) fatal.push(`${error.details} ${error.reason ?? error.error ?? ''}`);
          });
          hls.loadSource('{{playlist}}');
          hls.attachMedia(video);
          video.play();
          const read = () => {
            context.drawImage(video, 0, 0, {{Width}}, {{Height}});
            const { data } = context.getImageData(0, 0, {{Width}}, {{Height}});
            let gray = '';
            for (let i = 0; i < data.length; i += 4) gray += String.fromCharCode((data[i] + data[i + 1] + data[i + 2]) / 3);
            return btoa(gray);
          };
        </script>
        """;

    /// <summary>None where nothing is shown yet.</summary>
    private static IEnumerable<int> Number(string picture) =>
        BarCode.Read(Convert.FromBase64String(picture), Width, Height) is { } number ? [number] : [];

    private static async Task ReadAsync(Stream pictures, List<int> shown)
    {
        var picture = new byte[Width * Height];
        while (await pictures.ReadAtLeastAsync(picture, picture.Length, throwOnEndOfStream: false) == picture.Length)
        {
            lock (shown)
            {
                shown.Add(BarCode.Read(picture, Width, Height) ?? -1);
            }
        }
    }

    private static List<int> Copy(List<int> shown)
    {
        lock (shown)
        {
            return [.. shown];
        }
    }

    private static bool HasElement(string name)
    {
        try
        {
            using var inspect = System.Diagnostics.Process.Start("gst-inspect-1.0", ["--exists", name]);
            inspect.WaitForExit();
            return inspect.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
