using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LiveClip.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>A server with one stream on air from a numbered source, and a browser. Shared by the tests of <see cref="DashboardTests"/>.</summary>
public sealed class DashboardFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private FfmpegPublisher? _publisher;

    public ServerProcess Server { get; private set; } = null!;

    public Chromium Browser { get; private set; } = null!;

    public string StreamId { get; private set; } = "";

    public string StreamKey { get; private set; } = "";

    public TestMedia Media { get; } = TestMedia.Default with { Seconds = 240, Width = 320, Height = 180 };

    public async ValueTask InitializeAsync()
    {
        Server = await ServerProcess.StartAsync(_folder.FullPath);
        (StreamId, StreamKey) = await CreateStreamAsync("Match A");
        _publisher = await FfmpegPublisher.StartAsync(await Media.FlvAsync(), new Uri(Server.Rtmp, $"/live/{StreamKey}"));
        Browser = await Chromium.StartAsync();
    }

    public async Task<(string Id, string Key)> CreateStreamAsync(string name)
    {
        var answer = await Server.Api.PostAsJsonAsync("/v1/live/streams", new
        {
            playbackSettings = new { accessPolicy = "public" },
            inputMediaSettings = new { metadata = new { livestream_name = name } },
        });
        var stream = (await answer.Content.ReadFromJsonAsync<JsonNode>())!["data"]!;
        return ((string)stream["streamId"]!, (string)stream["streamKey"]!);
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }

        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class DashboardTests(DashboardFixture on) : IClassFixture<DashboardFixture>
{
    [Fact]
    public async Task Producer_marks_two_shown_pictures_and_the_link_of_the_clip_plays_for_somebody_without_login()
    {
        var page = await OpenStudioAsync();
        var before = await IdsAsync(page);
        var first = await MarkAsync(page, "i");
        await page.Keyboard.PressAsync("Space");
        await MoveOnAsync(page, 2.5);
        var last = await MarkAsync(page, "o");
        await page.Keyboard.PressAsync("Enter");

        var made = await NewIdAsync(page, before);
        await page.Locator($"[data-clip-id='{made}'][data-status=ready]").WaitForAsync();
        var clip = await GetClipAsync(made);
        // Both pictures are in the clip: it ends where the one after the second begins.
        Assert.Equal(first, (double)clip["requested"]!["start"]!, 0.0015);
        Assert.Equal(last + (1 / 30d), (double)clip["requested"]!["end"]!, 0.0015);

        // The n-th picture of the source is at n/30 s.
        var numbers = await DecodedVideo.FrameNumbersAsync(await DownloadAsync((string)clip["mp4Url"]!));
        var (marked, end) = ((int)Math.Round(first * 30), (int)Math.Round(last * 30));
        Assert.Equal(Enumerable.Range(marked, end - marked + 1), numbers);

        var stranger = await on.Browser.OpenAsync(on.Server.Http);
        await stranger.GotoAsync((string)clip["shareUrl"]!);
        await stranger.WaitForFunctionAsync("() => document.querySelector('video').currentTime > 0.5");
        Assert.Equal(320, await stranger.EvaluateAsync<int>("() => document.querySelector('video').videoWidth"));
        await stranger.Context.CloseAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task After_a_gap_the_picture_goes_on_by_itself_and_marks_name_the_shown_pictures()
    {
        var stream = await TestStream.CreateAsync(on.Server);
        var publisher = await FfmpegPublisher.StartAsync(await on.Media.FlvAsync(), stream.Ingest);
        var page = await on.Browser.SignInAsync(on.Server.Http);
        await page.GotoAsync($"/studio/{stream.Id}");
        await page.WaitForFunctionAsync("() => document.querySelector('video')?.dataset.run === '0'");
        await MoveOnAsync(page, 3);
        publisher.Kill();
        await publisher.DisposeAsync();
        await Eventually.TrueAsync(
            async () => (await stream.PlaylistAsync()).Text.Split("#EXT-X-GAP").Length > 3, TimeSpan.FromSeconds(30), "three gaps to be listed");

        // Nobody touches the page.
        await using var returned = await FfmpegPublisher.StartAsync(await on.Media.FlvAsync(), stream.Ingest);
        await page.WaitForFunctionAsync("() => document.querySelector('video').dataset.run === '1'");
        await MoveOnAsync(page, 1);
        var before = await IdsAsync(page);
        var first = await MarkAsync(page, "i");
        await page.Keyboard.PressAsync("Space");
        await MoveOnAsync(page, 2.5);
        var last = await MarkAsync(page, "o");
        await page.Keyboard.PressAsync("Enter");
        var made = await NewIdAsync(page, before);
        await page.Locator($"[data-clip-id='{made}'][data-status=ready]").WaitForAsync();

        // The player's time is the timeline: what is listed before the run is as long as the run's place says.
        var start = (double)(await stream.PlaylistAsync()).Segments.TakeWhile(segment => !segment.Discontinuity).Sum(segment => segment.Duration);
        var clip = await GetClipAsync(made);
        Assert.Equal(start + first, (double)clip["requested"]!["start"]!, 0.06);
        Assert.Equal(last - first + (1 / 30d), (double)clip["requested"]!["end"]! - (double)clip["requested"]!["start"]!, 0.0015);
        var numbers = await DecodedVideo.FrameNumbersAsync(await DownloadAsync((string)clip["mp4Url"]!));
        Assert.InRange(first - (numbers[0] / 30d), -0.001, on.Media.Gop / 30d);
        Assert.Equal(Enumerable.Range(numbers[0], (int)clip["delivered"]!["frames"]!), numbers);
        // Pictures that refer to each other across the out point come along.
        Assert.InRange(numbers[^1] - Math.Round(last * 30), 0, on.Media.BFrames);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Clip_of_one_producer_turns_ready_in_the_browser_of_another_without_a_reload()
    {
        var producer = await OpenStudioAsync();
        var colleague = await OpenStudioAsync();
        await MoveOnAsync(producer, 1);
        var before = await IdsAsync(producer);
        await producer.Keyboard.PressAsync("1");

        var made = await NewIdAsync(producer, before);
        await colleague.Locator($"[data-clip-id='{made}'][data-status=ready]").WaitForAsync();
        await producer.Context.CloseAsync();
        await colleague.Context.CloseAsync();
    }

    [Fact]
    public async Task Enter_makes_one_clip_though_a_button_has_the_focus_and_it_is_pressed_twice()
    {
        var page = await OpenStudioAsync();
        await page.Keyboard.PressAsync("i");
        await MoveOnAsync(page, 1);
        await page.Keyboard.PressAsync("o");
        var before = await IdsAsync(page);
        var paused = await page.EvaluateAsync<bool>("() => document.querySelector('video').paused");
        await page.Locator("[data-command=playPause]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        var made = await NewIdAsync(page, before);
        await page.Locator($"[data-clip-id='{made}'][data-status=ready]").WaitForAsync();

        Assert.Single((await IdsAsync(page)).Except(before));
        Assert.Equal(paused, await page.EvaluateAsync<bool>("() => document.querySelector('video').paused"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Link_is_copied_in_the_click_on_plain_http_too()
    {
        var plain = new UriBuilder(on.Server.Http) { Host = Chromium.PlainHost }.Uri;
        var page = await on.Browser.SignInAsync(plain);
        var clip = await MakeClipAsync("Copy me");
        await GoToAsync(page, "/clips?q=Copy");
        Assert.False(await page.EvaluateAsync<bool>("() => isSecureContext"));
        var copy = page.Locator($"[data-clip-id='{clip["clipId"]}'] [data-copy]").First;
        await copy.ClickAsync();
        await page.Locator("[data-copied=yes]").First.WaitForAsync();

        await page.FocusAsync("input[type=search]");
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.PressAsync("Control+V");
        var pasted = await page.InputValueAsync("input[type=search]");
        Assert.EndsWith($"/c/{((string)clip["shareUrl"]!).Split('/')[^1]}", pasted);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Deleted_clip_is_unreachable_at_once_and_undo_brings_the_same_link_back()
    {
        var clip = await MakeClipAsync("Delete me");
        var page = await on.Browser.SignInAsync(on.Server.Http);
        await GoToAsync(page, "/clips?q=Delete");
        var card = page.Locator($"[data-clip-id='{clip["clipId"]}']");
        await card.Locator("[title=Delete]").ClickAsync();
        await card.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Equal(404, await StatusAsync((string)clip["shareUrl"]!));
        Assert.Equal(404, await StatusAsync((string)clip["mp4Url"]!));

        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await card.WaitForAsync();
        Assert.Equal(200, await StatusAsync((string)clip["shareUrl"]!));
        Assert.Equal(200, await StatusAsync((string)clip["mp4Url"]!));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Stream_key_is_copied_while_the_page_never_holds_it()
    {
        var page = await on.Browser.SignInAsync(on.Server.Http);
        await GoToAsync(page, "/admin/streams");
        var copy = page.Locator($"[data-copy-from*='{on.StreamId}']");
        await copy.WaitForAsync();
        Assert.DoesNotContain(on.StreamKey, await page.ContentAsync());
        await copy.ClickAsync();
        await page.Locator("[data-copied=yes]").WaitForAsync();

        Assert.Equal(on.StreamKey, await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
        Assert.DoesNotContain(on.StreamKey, await page.ContentAsync());
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Rotated_key_drops_its_publisher_and_is_refused_at_once()
    {
        var (id, key) = await on.CreateStreamAsync("Rotate me");
        var media = TestMedia.Default with { Width = 320, Height = 180 };
        await using var publisher = await FfmpegPublisher.StartAsync(await media.FlvAsync(), new Uri(on.Server.Rtmp, $"/live/{key}"));
        await Eventually.TrueAsync(async () => await StatusOfStreamAsync(id) == "active", TimeSpan.FromSeconds(20), "the stream to be active");

        var page = await on.Browser.SignInAsync(on.Server.Http);
        await GoToAsync(page, "/admin/streams");
        await page.Locator($"[data-stream-id='{id}']").GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();

        await Eventually.TrueAsync(async () => await StatusOfStreamAsync(id) == "disconnected", TimeSpan.FromSeconds(20), "the publisher to be dropped");
        await using var again = await FfmpegPublisher.StartAsync(await media.FlvAsync(), new Uri(on.Server.Rtmp, $"/live/{key}"));
        await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EndsAsync(again.Completion, TimeSpan.FromSeconds(20)));
        Assert.Equal("disconnected", await StatusOfStreamAsync(id));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Every_page_passes_the_accessibility_check()
    {
        var clip = await MakeClipAsync("Look at me");
        var stranger = await on.Browser.OpenAsync(on.Server.Http);
        await AssertAccessibleAsync(stranger, "/login");
        await AssertAccessibleAsync(stranger, new Uri((string)clip["shareUrl"]!).PathAndQuery);
        await stranger.Context.CloseAsync();

        var page = await OpenStudioAsync();
        await AssertAccessibleAsync(page, null);
        foreach (var path in (string[])["/", "/clips", "/admin/streams"])
        {
            await AssertAccessibleAsync(page, path);
        }

        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Health_opens_by_key_beside_the_picture_and_Escape_gives_the_focus_back()
    {
        var page = await OpenStudioAsync();
        var button = page.Locator(".head .health");
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        var panel = page.GetByRole(AriaRole.Dialog, new() { Name = "Stream health" });
        await panel.Locator("[data-figure='Video'] path:last-child[d^=M]").WaitForAsync();
        await page.WaitForFunctionAsync("() => document.activeElement?.getAttribute('role') === 'dialog'");
        await AssertAccessibleAsync(page, null);
        var picture = await page.Locator("video").BoundingBoxAsync();
        Assert.True((await panel.BoundingBoxAsync())!.X > picture!.X + (picture.Width * 0.8f));

        await page.Keyboard.PressAsync("Escape");
        await panel.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.WaitForFunctionAsync("() => document.activeElement?.classList.contains('health')");
        await page.Context.CloseAsync();
    }

    private static async Task AssertAccessibleAsync(IPage page, string? path)
    {
        if (path is not null)
        {
            await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
        }

        await Accessibility.CheckAsync(page);
    }

    /// <summary>Opens a page and waits until it answers.</summary>
    private static async Task GoToAsync(IPage page, string path)
    {
        await page.GotoAsync(path);
        await page.Locator("main:not([aria-busy])").WaitForAsync();
    }

    private async Task<IPage> OpenStudioAsync()
    {
        var page = await on.Browser.SignInAsync(on.Server.Http);
        await page.GotoAsync($"/studio/{on.StreamId}");
        await page.WaitForFunctionAsync("() => document.querySelector('video')?.dataset.time90k");
        await MoveOnAsync(page, 1);
        return page;
    }

    /// <summary>Waits until the picture has moved on by that many seconds.</summary>
    private static Task<IJSHandle> MoveOnAsync(IPage page, double seconds) => page.WaitForFunctionAsync(
        "seconds => { const video = document.querySelector('video'); const from = (window.movedFrom ??= video.currentTime);"
        + " if (video.currentTime < from + seconds) { return false; } delete window.movedFrom; return true; }",
        seconds);

    /// <summary>Pauses and marks the picture that stands on the screen; its place on the timeline.</summary>
    private static async Task<double> MarkAsync(IPage page, string key)
    {
        await page.Keyboard.PressAsync("k");
        // A picture that was on its way is still shown after the pause: wait until the same one stands for a while.
        await page.WaitForFunctionAsync(
            "() => { const video = document.querySelector('video'), now = performance.now();"
            + " if (!video.paused || video.seeking || window.standing !== video.dataset.time90k)"
            + " { window.standing = video.dataset.time90k; window.since = now; } return now - window.since > 300; }");
        var shown = await ShownTimeAsync(page);
        await page.Keyboard.PressAsync(key);
        Assert.Equal(shown, await ShownTimeAsync(page));
        return shown;
    }

    /// <summary>Where on the timeline the picture on screen lies, seconds; the stream has had one run, so its own time is the timeline's.</summary>
    private static async Task<double> ShownTimeAsync(IPage page) =>
        await page.EvaluateAsync<double>("() => Number(document.querySelector('video').dataset.time90k)") / 90_000;

    private static Task<string> NewIdAsync(IPage page, IReadOnlyList<string> before) => Eventually.SomeAsync(
        async () => (await IdsAsync(page)).Except(before).FirstOrDefault(), TimeSpan.FromSeconds(20), "a card of the new clip");

    private static async Task<IReadOnlyList<string>> IdsAsync(IPage page) =>
        await page.EvalOnSelectorAllAsync<string[]>("[data-clip-id]", "cards => cards.map(card => card.dataset.clipId)");

    private async Task<JsonNode> MakeClipAsync(string title)
    {
        var answer = await Eventually.SomeAsync(
            async () =>
            {
                var posted = await on.Server.Api.PostAsJsonAsync($"/v1/live/streams/{on.StreamId}/clips", new { last = 2, title });
                return posted.IsSuccessStatusCode ? (await posted.Content.ReadFromJsonAsync<JsonNode>())!["data"] : null;
            },
            TimeSpan.FromSeconds(30),
            "a clip to be taken");
        return await Eventually.SomeAsync(
            async () => await GetClipAsync((string)answer["clipId"]!) is { } clip && (string?)clip["status"] == "ready" ? clip : null,
            TimeSpan.FromSeconds(30),
            "the clip to be ready");
    }

    private async Task<JsonNode> GetClipAsync(string clipId) =>
        (await on.Server.Api.GetFromJsonAsync<JsonNode>($"/v1/clips/{clipId}"))!["data"]!;

    private async Task<string> StatusOfStreamAsync(string streamId) =>
        (string)(await on.Server.Api.GetFromJsonAsync<JsonNode>($"/v1/live/streams/{streamId}"))!["data"]!["status"]!;

    private static async Task<int> StatusAsync(string url)
    {
        using var anybody = new HttpClient();
        using var answer = await anybody.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead);
        return (int)answer.StatusCode;
    }

    private static async Task<string> DownloadAsync(string url)
    {
        using var anybody = new HttpClient();
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".mp4");
        await File.WriteAllBytesAsync(path, await anybody.GetByteArrayAsync(new Uri(url)));
        return path;
    }
}
