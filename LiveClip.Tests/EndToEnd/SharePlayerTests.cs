using System.Text.Json;
using LiveClip.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>The share page in Chromium while the clip's file is not there yet: hls.js plays segments, from the in point to the out point.</summary>
public sealed class SharePlayerTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 6, Gop = 60 };

    /// <summary>What a viewer sees, noted picture by picture: places on the timeline.</summary>
    private const string NotePictures =
        """
        addEventListener('DOMContentLoaded', () => {
          window.seen = [];
          const video = document.querySelector('video');
          const note = () => {
            if (video.dataset.shown && video.style.opacity !== '0') { seen.push(Number(video.dataset.shown)); }
            video.requestVideoFrameCallback(note);
          };
          video.requestVideoFrameCallback(note);
        });
        """;

    [Fact]
    public async Task It_begins_at_the_in_point_ends_at_the_out_point_and_goes_over_to_the_file()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(Small);
        var clip = await stream.ClipAsync(75 / 30.0, 135 / 30.0);
        await using var browser = await Chromium.StartAsync();
        var page = await OpenWithoutFileAsync(browser, clip);

        await UntilOverAsync(page);

        var seen = await page.EvaluateAsync<double[]>("() => window.seen");
        Assert.Equal(75, Number(seen[0]));
        Assert.Equal(134, Number(await ShownAsync(page)));
        Assert.All(seen, shown => Assert.InRange(Number(shown), 75, 136));

        // Again from the in point; and nobody gets out of the clip by seeking.
        await page.EvaluateAsync("() => { seen.length = 0; return document.querySelector('video').play(); }");
        await UntilOverAsync(page);
        Assert.Equal(75, Number((await page.EvaluateAsync<double[]>("() => window.seen")).Min()));
        await page.EvaluateAsync("() => { document.querySelector('video').currentTime = 0; }");
        await page.WaitForFunctionAsync("() => Math.round(document.querySelector('video').dataset.shown / 3000) === 75");

        await SetStatusAsync(clip, "Ready");
        await page.WaitForFunctionAsync("() => document.querySelector('video').currentSrc.endsWith('/clip.mp4')");
        await page.Locator("[data-when-ready]").WaitForAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('video').readyState >= 2");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task It_plays_across_a_reconnect_to_the_last_picture_behind_it()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using (await SilentPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest))
        {
        }

        await stream.BecomesAsync("disconnected");
        await using var back = await SilentPublisher.StartAsync(await (Small with { FirstNumber = 5_000 }).FlvAsync(), stream.Ingest);
        await back.StopAsync();
        await stream.EndedAsync();
        var second = (await stream.PostClipAsync(new { start = 5, end = 100 })).Data.GetProperty("gaps")[0].GetProperty("end").GetDouble();
        var clip = await stream.ClipAsync(5, second + 1.5);
        await using var browser = await Chromium.StartAsync();
        var page = await OpenWithoutFileAsync(browser, clip);

        await UntilOverAsync(page);

        var seen = await page.EvaluateAsync<double[]>("() => window.seen");
        Assert.Equal(150, Number(seen[0]));
        Assert.Contains(seen, shown => shown >= second * 90_000);
        Assert.Equal(44, Number(await ShownAsync(page) - (second * 90_000)));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task An_embed_shows_the_in_point_plays_when_its_address_says_so_and_goes_over_to_the_file()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(Small);
        var clip = await stream.ClipAsync(75 / 30.0, 135 / 30.0);
        await using var browser = await Chromium.StartAsync();
        var page = await OpenWithoutFileAsync(browser, clip, embed: "");

        await page.WaitForFunctionAsync("() => window.seen.length && Math.round(document.querySelector('video').dataset.shown / 3000) === 75");
        Assert.True(await page.EvaluateAsync<bool>("() => { const { paused, muted } = document.querySelector('video'); return paused && !muted; }"));

        page = await OpenWithoutFileAsync(browser, clip, embed: "?autoplay=1");
        await UntilOverAsync(page);
        Assert.Equal((75, 134), (Number((await page.EvaluateAsync<double[]>("() => window.seen"))[0]), Number(await ShownAsync(page))));

        await SetStatusAsync(clip, "Ready");
        await page.WaitForFunctionAsync("() => document.querySelector('video').currentSrc.endsWith('/clip.mp4')");
        await page.Context.CloseAsync();
    }

    /// <param name="embed">Of the embed page, what its address says; null for the share page.</param>
    private async Task<IPage> OpenWithoutFileAsync(Chromium browser, JsonElement clip, string? embed = null)
    {
        await SetStatusAsync(clip, "Queued");
        var share = new Uri(clip.GetProperty("shareUrl").GetString()!);
        var page = await browser.OpenAsync(new Uri(share, "/"));
        await page.AddInitScriptAsync(NotePictures);
        await page.GotoAsync((embed is null ? share : new Uri(share, $"/embed/{share.Segments[^1]}{embed}")).ToString());
        return page;
    }

    /// <summary>What the server's worker would do by and by, when the test wants it.</summary>
    private async Task SetStatusAsync(JsonElement clip, string status)
    {
        await using var catalog = new SqliteConnection($"Data Source={server.Process.DataDirectory}/liveclip.db;Pooling=False");
        await catalog.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = catalog.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 5000; UPDATE Clips SET Status = $status WHERE Slug = $slug";
        command.Parameters.AddWithValue("$status", status);
        command.Parameters.AddWithValue("$slug", new Uri(clip.GetProperty("shareUrl").GetString()!).Segments[^1]);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The picture on the screen stands for a while.</summary>
    private static Task<IJSHandle> UntilOverAsync(IPage page) => page.WaitForFunctionAsync(
        "() => { const video = document.querySelector('video'), now = performance.now();"
        + " if (!video.paused || video.seeking || !window.seen.length || window.standing !== video.dataset.shown)"
        + " { window.standing = video.dataset.shown; window.since = now; } return now - window.since > 500; }");

    private static Task<double> ShownAsync(IPage page) => page.EvaluateAsync<double>("() => Number(document.querySelector('video').dataset.shown)");

    private static int Number(double place) => (int)Math.Round(place / 3_000);
}
