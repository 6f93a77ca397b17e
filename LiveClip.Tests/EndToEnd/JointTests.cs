using System.Text.Json;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>
/// Where an encoded picture meets a copied one, in Chromium, which plays files and what a script hands to it in different ways: every
/// picture's number is read from the screen, while it plays and after a seek to each one.
/// </summary>
public sealed class JointTests : IDisposable
{
    private const string Site = "http://media.test/";
    private const int Width = 160;
    private const int Height = 90;
    private const int FramesPerSecond = 30;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly Type[] Parts = [typeof(RecorderHost), typeof(ClipWorker)];
    private static readonly TestMedia Closed = TestMedia.Default with { Width = 320, Height = 180, Seconds = 10, X264Params = "b-pyramid=normal" };
    private static readonly TestMedia Open = Closed with { Gop = 48, BFrames = 3, X264Params = "open-gop=1:b-pyramid=normal" };
    private static readonly TestMedia Plain = Closed with { BFrames = 0, X264Params = "cabac=0:8x8dct=0:slices=4" };

    private readonly TempFolder _folder = new();

    public static TheoryData<TestMedia, bool> Sources => new()
    {
        { Closed, false },
        { Closed, true },
        { Plain, false },
        { Plain, true },
        // Joining one in the middle fails where a script hands it over: the exact file is what is promised.
        { Open, false },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task No_picture_is_missing_doubled_or_broken_at_a_joint(TestMedia media, bool byScript)
    {
        // From the middle of a group of pictures over two whole ones into the middle of another: a joint near the beginning and one at the end.
        var (first, count) = (media.Gop + 20, (2 * media.Gop) + 17);
        var clip = await CutAsync(media, first, count);
        await using var chromium = await Chromium.StartAsync();
        var page = await chromium.OpenAsync(new Uri(Site));
        await ServeAsync(page, byScript ? await AsPlaylistAsync(clip) : clip);
        await page.GotoAsync(Site);

        var played = await page.EvaluateAsync<JsonElement>("play()").WaitAsync(Bound, CoreServices.Token);
        var shown = Numbers(played.GetProperty("pictures"));
        Assert.Equal(count, played.GetProperty("total").GetInt32());
        Assert.All(shown, number => Assert.InRange(number, first, first + count - 1));
        // A busy machine shows fewer than it decodes, but never one twice, nor an earlier one.
        Assert.Equal(shown.Distinct().Order(), shown);

        int[] near = [.. Enumerable.Range(0, 6), .. Enumerable.Range(media.Gop - 20 - 6, 12), .. Enumerable.Range(count - 22, 22)];
        var sought = await page.EvaluateAsync<JsonElement>("seek", near.Select(picture => (picture + 0.5) / FramesPerSecond)).WaitAsync(Bound, CoreServices.Token);
        Assert.Equal(near.Select(picture => first + picture), Numbers(sought));
    }

    private async Task<string> CutAsync(TestMedia media, int first, int count)
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await media.FlvAsync());
        var range = new TimelineRange(first / (double)FramesPerSecond, (first + count) / (double)FramesPerSecond);
        var answer = await core.Get<ClipQueue>().CreateAsync(new ClipRequest(stream.Id, range, "test", recording.Id), CoreServices.Token);
        return await Eventually.SomeAsync(
            async () =>
            {
                await using var context = core.Read();
                var clip = await context.Clips.AsNoTracking().SingleAsync(clip => clip.Id == answer.Clip!.Id, CoreServices.Token);
                Assert.NotEqual(ClipStatus.Failed, clip.Status);
                return clip.Status == ClipStatus.Ready ? core.Get<ClipStore>().FindVideo(clip.Id, clip.Version) : null;
            },
            Bound);
    }

    /// <summary>The same pictures in segments of half a second, for hls.js.</summary>
    private async Task<string> AsPlaylistAsync(string clip)
    {
        var playlist = Path.Combine(_folder.FullPath, "clip.m3u8");
        await ChildProcess.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-i", clip, "-map", "0:v:0", "-c", "copy", "-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "0.5",
                "-hls_playlist_type", "vod", playlist,
            ],
            TimeSpan.FromSeconds(30));
        return playlist;
    }

    private static async Task ServeAsync(IPage page, string media)
    {
        var library = Path.Combine(Repository.Root, "LiveClip.Web", "node_modules", "hls.js", "dist", "hls.min.js");
        var byScript = media.EndsWith("m3u8", StringComparison.Ordinal);
        await page.RouteAsync($"{Site}**", async route =>
        {
            var name = new Uri(route.Request.Url).AbsolutePath[1..];
            await (name switch
            {
                "" => route.FulfillAsync(new() { ContentType = "text/html", Body = PageOf(byScript ? Path.GetFileName(media) : null) }),
                "hls.js" => route.FulfillAsync(new() { ContentType = "text/javascript", Path = library }),
                "clip.mp4" => route.FulfillAsync(new() { ContentType = "video/mp4", Path = media }),
                _ => route.FulfillAsync(new() { Path = Path.Combine(Path.GetDirectoryName(media)!, name) }),
            });
        });
    }

    private static string PageOf(string? playlist) => $$"""
        <!doctype html><video muted width={{Width}} height={{Height}}></video><script src="/hls.js"></script>
        <script>
          const video = document.querySelector('video');
          const context = new OffscreenCanvas({{Width}}, {{Height}}).getContext('2d', { willReadFrequently: true });
          const happens = event => new Promise((done, fail) => {
            video.addEventListener(event, done, { once: true });
            video.addEventListener('error', () => fail(video.error.message), { once: true });
          });
          const read = () => {
            context.drawImage(video, 0, 0, {{Width}}, {{Height}});
            const { data } = context.getImageData(0, 0, {{Width}}, {{Height}});
            let gray = '';
            for (let i = 0; i < data.length; i += 4) gray += String.fromCharCode((data[i] + data[i + 1] + data[i + 2]) / 3);
            return btoa(gray);
          };
          const loaded = (async () => {
            const playlist = {{(playlist is null ? "null" : $"'/{playlist}'")}};
            if (playlist) {
              const hls = new Hls({ enableWorker: false });
              hls.loadSource(playlist);
              hls.attachMedia(video);
            } else {
              video.src = URL.createObjectURL(await (await fetch('/clip.mp4')).blob());
            }
            await happens('canplaythrough');
          })();
          async function play() {
            await loaded;
            const pictures = [];
            const next = () => { pictures.push(read()); video.requestVideoFrameCallback(next); };
            video.requestVideoFrameCallback(next);
            video.playbackRate = 0.5;
            const ended = happens('ended');
            await video.play();
            await ended;
            return { pictures, total: video.getVideoPlaybackQuality().totalVideoFrames };
          }
          async function seek(times) {
            const pictures = [];
            // ffmpeg lets its segments begin where the first picture is decoded, a little before it is shown.
            const zero = video.buffered.start(0);
            for (const time of times.map(time => zero + time)) {
              const sought = happens('seeked');
              // A picture that was on its way before the seek may come first.
              const shown = new Promise(done => {
                const next = (_, { mediaTime }) => Math.abs(mediaTime - time) < 0.025 ? done() : video.requestVideoFrameCallback(next);
                video.requestVideoFrameCallback(next);
              });
              video.currentTime = time;
              await sought;
              await shown;
              pictures.push(read());
            }
            return pictures;
          }
        </script>
        """;

    private static List<int> Numbers(JsonElement pictures) =>
        [.. pictures.EnumerateArray().Select(picture => BarCode.Read(Convert.FromBase64String(picture.GetString()!), Width, Height) ?? -1)];
}
