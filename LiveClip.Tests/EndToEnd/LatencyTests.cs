using System.Globalization;
using LiveClip.Tests.Faults;
using LiveClip.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>How late the studio shows what was sent, and whether it knows.</summary>
public sealed class LatencyTests(LiveServer server) : IClassFixture<LiveServer>
{
    private const int Width = 320;
    private const int Height = 180;

    /// <summary>Seconds; 1 to 2 on a machine that has nothing else to do.</summary>
    private const double Bound = 5;

    /// <summary>The picture on the screen as gray base64, what the page says of it, and when that was.</summary>
    private const string Look =
        """
        async () => {
          await new Promise(requestAnimationFrame);
          const video = document.querySelector('video'), canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
          const context = canvas.getContext('2d');
          context.drawImage(video, 0, 0);
          const now = Date.now(), said = document.querySelector('[data-part=behind]').textContent;
          const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
          return [btoa(Array.from({ length: pixels.length / 4 }, (_, i) => String.fromCharCode(pixels[4 * i])).join('')), said, String(now)];
        }
        """;

    private static readonly TestMedia Media = new() { Width = Width, Height = Height, Seconds = 120, BFrames = 0 };

    [Fact]
    public async Task A_picture_is_soon_on_the_screen_and_the_page_says_how_late_it_is()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await PacedPublisher.StartAsync(await Media.FlvAsync(), stream.Ingest);
        await using var browser = await Chromium.StartAsync();
        var page = await OpenStudioAsync(browser, stream);

        List<(double Late, double Said)> seen = [];
        await Eventually.TrueAsync(
            async () =>
            {
                if (await LookAsync(page, publisher) is { } look)
                {
                    seen.Add(look);
                }

                return seen.Count == 15;
            },
            TimeSpan.FromSeconds(40),
            "pictures on the screen");

        // In the middle: a machine that does other things delays now this, now that.
        Assert.InRange(Median(seen.Select(look => look.Late)), 0.3, Bound);
        Assert.InRange(Median(seen.Select(look => look.Said - look.Late)), -0.5, 0.5);
    }

    [Fact]
    public async Task A_stall_leaves_the_studio_behind_for_a_moment_only()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await PacedPublisher.StartAsync(await Media.FlvAsync(), stream.Ingest);
        await using var browser = await Chromium.StartAsync();
        var page = await OpenStudioAsync(browser, stream);

        await page.Context.SetOfflineAsync(true);
        await Eventually.TrueAsync(
            async () => await LookAsync(page, publisher) is { Late: > Bound + 2 }, TimeSpan.FromSeconds(30), "the picture to stand still");
        await page.Context.SetOfflineAsync(false);

        await Eventually.TrueAsync(
            async () => await LookAsync(page, publisher) is { Late: < Bound }, TimeSpan.FromSeconds(30), "the live edge");
        Assert.False(await page.EvaluateAsync<bool>("() => document.querySelector('video').paused"));
    }

    private static async Task<IPage> OpenStudioAsync(Chromium browser, TestStream stream)
    {
        await stream.BecomesAsync("active");
        var page = await browser.SignInAsync(new Uri(stream.Playback, "/"));
        await page.GotoAsync($"/studio/{stream.Id}");
        await page.WaitForFunctionAsync("() => document.querySelector('video')?.currentTime > 0 && document.querySelector('[data-part=behind]').textContent");
        return page;
    }

    /// <summary>How long ago the picture on the screen was sent, and how long ago the page says; null when either cannot be read.</summary>
    private static async Task<(double Late, double Said)?> LookAsync(IPage page, PacedPublisher publisher)
    {
        var look = await page.EvaluateAsync<string[]>(Look);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(look[2], CultureInfo.InvariantCulture));
        return BarCode.Read(Convert.FromBase64String(look[0]), Width, Height) is { } picture
            && double.TryParse(look[1].Split(' ')[0], CultureInfo.InvariantCulture, out var said)
            ? ((now - publisher.SentAt(picture)).TotalSeconds, said)
            : null;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
