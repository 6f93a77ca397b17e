using System.Net;
using System.Text.RegularExpressions;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Tests.Catalog;
using LiveClip.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Components;

/// <summary>What works without a circuit, asked over HTTP: sign-in, share and embed pages, and what a stranger gets.</summary>
public sealed partial class StaticPagesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly WebApplicationFactory<Program> _app;
    private readonly HttpClient _browser;

    public StaticPagesTests()
    {
        _app = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .UseEnvironment("Production")
            .UseSetting("LiveClip:DataDirectory", _folder.FullPath)
            .UseSetting("LiveClip:PublicUrl", "https://clips.example.org")
            .UseSetting("LiveClip:Bootstrap:AdminEmail", "ana@example.org")
            .UseSetting("LiveClip:Bootstrap:AdminPassword", "correct horse"));
        _browser = _app.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });
        _browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _browser.Dispose();
        _app.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_ready_clip_unfurls_and_plays_without_scripts_of_the_dashboard()
    {
        var clip = await AddClipAsync(ClipStatus.Ready, "Goal & <glory>");

        var page = await _browser.GetStringAsync($"/c/{clip.Slug}", Token);

        Assert.Contains($"<video src=\"/c/{clip.Slug}/clip.mp4\"", page, StringComparison.Ordinal);
        Assert.Matches("<video [^>]*controls[^>]* muted[^>]* autoplay[^>]* playsinline", page);
        Assert.Contains("<meta property=\"og:title\" content=\"Goal &amp; &lt;glory&gt;\"", page, StringComparison.Ordinal);
        Assert.Contains("<meta property=\"og:type\" content=\"video.other\"", page, StringComparison.Ordinal);
        foreach (var property in new[] { "og:video", "og:video:secure_url" })
        {
            Assert.Contains(
                $"<meta property=\"{property}\" content=\"https://clips.example.org/c/{clip.Slug}/clip.mp4\"", page, StringComparison.Ordinal);
        }

        Assert.Contains($"content=\"https://clips.example.org/c/{clip.Slug}/poster.jpg\"", page, StringComparison.Ordinal);
        Assert.Contains("<meta name=\"twitter:card\" content=\"player\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("blazor.web", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Radzen", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 1, 20_000);
    }

    [Theory]
    [InlineData(ClipStatus.Queued)]
    [InlineData(ClipStatus.Cutting)]
    public async Task A_clip_on_its_way_says_so_and_looks_again(ClipStatus status)
    {
        var clip = await AddClipAsync(status);

        var page = await _browser.GetStringAsync($"/c/{clip.Slug}", Token);

        Assert.Contains("Finishing", page, StringComparison.Ordinal);
        Assert.Contains("<meta http-equiv=\"refresh\" content=\"2\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<video", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClipStatus.Queued)]
    [InlineData(ClipStatus.Waiting)]
    [InlineData(ClipStatus.Failed)]
    public async Task While_a_new_version_is_made_the_link_plays_the_one_before(ClipStatus status)
    {
        var clip = await AddClipAsync(status, hasVersion: true);

        var (page, embedded) = (await _browser.GetStringAsync($"/c/{clip.Slug}", Token), await _browser.GetStringAsync($"/embed/{clip.Slug}", Token));

        Assert.Contains($"<video src=\"/c/{clip.Slug}/clip.mp4\"", page, StringComparison.Ordinal);
        Assert.Contains("width=\"640\" height=\"360\"", page, StringComparison.Ordinal);
        Assert.Contains("0:02.0", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv=\"refresh\"", page, StringComparison.Ordinal);
        Assert.Contains($"src=\"/c/{clip.Slug}/clip.mp4\"", embedded, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Before_its_file_is_there_the_link_plays_segments_unless_the_stream_shares_the_file_only(bool exactOnly)
    {
        var clip = await AddClipAsync(ClipStatus.Queued, exactOnly: exactOnly, isRecorded: true);

        var page = await _browser.GetStringAsync($"/c/{clip.Slug}", Token);
        using var playlist = await _browser.GetAsync($"/c/{clip.Slug}/playlist.m3u8", Token);
        using var init = await _browser.GetAsync($"/c/{clip.Slug}/media/0/init.mp4", Token);

        Assert.Equal(!exactOnly, Regex.IsMatch(page, "<noscript[^>]*><meta http-equiv=\"refresh\""));
        Assert.Equal(!exactOnly, page.Contains($"data-playlist=\"/c/{clip.Slug}/playlist.m3u8\"", StringComparison.Ordinal));
        Assert.Equal(!exactOnly, page.Contains("data-start=\"0\" data-end=\"90000\" data-runs=\"0:0:180000\"", StringComparison.Ordinal));
        Assert.Equal(exactOnly ? HttpStatusCode.NotFound : HttpStatusCode.OK, playlist.StatusCode);
        Assert.Equal(exactOnly ? HttpStatusCode.NotFound : HttpStatusCode.OK, init.StatusCode);
    }

    [Fact]
    public async Task A_stream_that_shares_the_file_only_leads_players_of_the_playlist_to_it()
    {
        var clip = await AddClipAsync(ClipStatus.Ready, exactOnly: true, isRecorded: true);

        using var playlist = await _browser.GetAsync($"/c/{clip.Slug}/playlist.m3u8", Token);

        Assert.Equal((HttpStatusCode.Redirect, "clip.mp4"), (playlist.StatusCode, playlist.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task Where_segments_are_gone_the_playlist_leads_to_the_file()
    {
        var clip = await AddClipAsync(ClipStatus.Ready, isRecorded: true, end: 270_000);

        using var playlist = await _browser.GetAsync($"/c/{clip.Slug}/playlist.m3u8", Token);

        Assert.Equal((HttpStatusCode.Redirect, "clip.mp4"), (playlist.StatusCode, playlist.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task A_failed_clip_says_so_and_does_not_look_again()
    {
        var clip = await AddClipAsync(ClipStatus.Failed);

        var page = await _browser.GetStringAsync($"/c/{clip.Slug}", Token);

        Assert.Contains("could not be made", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv=\"refresh\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/c/")]
    [InlineData("/embed/")]
    public async Task A_deleted_clip_is_not_found(string door)
    {
        var clip = await AddClipAsync(ClipStatus.Ready, deleted: true);

        await AssertNotFoundAsync(door + clip.Slug);
        await AssertNotFoundAsync($"{door}nothing");
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/setup")]
    [InlineData("/setup?code=guess")]
    public Task What_is_not_there_is_not_found(string address) => AssertNotFoundAsync(address);

    [Fact]
    public async Task The_embed_page_may_be_framed_and_does_as_its_address_says()
    {
        var clip = await AddClipAsync(ClipStatus.Ready);

        using var answer = await _browser.GetAsync($"/embed/{clip.Slug}?t=3.5&autoplay=1&loop=1", Token);
        var page = await answer.Content.ReadAsStringAsync(Token);

        Assert.EndsWith("frame-ancestors *", Policy(answer), StringComparison.Ordinal);
        Assert.Contains($"src=\"/c/{clip.Slug}/clip.mp4#t=3.5\"", page, StringComparison.Ordinal);
        Assert.Matches("<video [^>]* autoplay loop muted", page);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("1e999")]
    [InlineData("NaN")]
    public async Task An_embedded_clip_plays_from_the_start_where_its_address_names_no_place(string time)
    {
        var clip = await AddClipAsync(ClipStatus.Ready);

        var page = await _browser.GetStringAsync($"/embed/{clip.Slug}?t={time}", Token);

        Assert.Contains($"src=\"/c/{clip.Slug}/clip.mp4\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/error/200")]
    [InlineData("/error/204")]
    [InlineData("/error/-1")]
    [InlineData("/error/1000")]
    public Task The_error_page_is_no_page_for_what_is_no_error(string address) => AssertNotFoundAsync(address);

    [Theory]
    [InlineData("/login")]
    [InlineData("/nothing")]
    public async Task Every_other_page_may_not_be_framed_and_runs_our_scripts_only(string address)
    {
        using var answer = await _browser.GetAsync(address, Token);

        Assert.Contains("script-src 'self';", Policy(answer), StringComparison.Ordinal);
        Assert.Contains("connect-src 'self' ws://localhost wss://localhost;", Policy(answer), StringComparison.Ordinal);
        Assert.EndsWith("frame-ancestors 'none'", Policy(answer), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/clips")]
    [InlineData("/admin/streams")]
    public async Task A_stranger_is_led_from_a_page_to_the_login(string address)
    {
        using var answer = await _browser.GetAsync(address, Token);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"/login?returnUrl={Uri.EscapeDataString(address)}", answer.Headers.Location?.PathAndQuery);
    }

    [Theory]
    [InlineData("/_blazor/negotiate")]
    [InlineData("/admin/streams/0/key")]
    public async Task A_stranger_gets_no_circuit_and_no_key(string address)
    {
        using var answer = await _browser.PostAsync(address, null, Token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("/login?returnUrl=%2Fclips", "/clips")]
    [InlineData("/login", "/")]
    [InlineData("/login?returnUrl=https%3A%2F%2Fevil.example", "/")]
    [InlineData("/login?returnUrl=%2F%2Fevil.example", "/")]
    [InlineData("/login?returnUrl=%2F%5Cevil.example", "/")]
    public async Task Signing_in_leads_to_where_one_came_from_on_this_server_only(string address, string target)
    {
        using var answer = await SignInAsync("correct horse", address);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(target, new Uri(new Uri("http://localhost"), answer.Headers.Location!).PathAndQuery);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("liveclip=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused_in_words()
    {
        using var content = new FormUrlEncodedContent([new("_handler", "login"), new("Input.Email", "ana@example.org")]);

        using var answer = await _browser.PostAsync("/login", content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("That did not work", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account()
    {
        for (var attempt = 1; attempt < 5; attempt++)
        {
            using var wrong = await SignInAsync("wrong");
            Assert.Contains("E-mail or password is wrong.", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        using var fifth = await SignInAsync("wrong");
        using var right = await SignInAsync("correct horse");

        Assert.Contains("locked for five minutes", await fifth.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains("locked for five minutes", await right.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_address_may_send_twenty_passwords_a_minute()
    {
        async Task<HttpResponseMessage> PostAsync()
        {
            using var content = new FormUrlEncodedContent([new("_handler", "login")]);
            return await _browser.PostAsync("/login", content, Token);
        }

        for (var attempt = 1; attempt <= 20; attempt++)
        {
            using var admitted = await PostAsync();
            Assert.Equal(HttpStatusCode.BadRequest, admitted.StatusCode);
        }

        using var refused = await PostAsync();
        using var page = await _browser.GetAsync("/login", Token);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("Too many tries", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_the_session()
    {
        (await SignInAsync("correct horse")).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/clips", Token)).StatusCode);

        (await PostFormAsync("/logout")).Dispose();

        Assert.Equal(HttpStatusCode.Redirect, (await _browser.GetAsync("/clips", Token)).StatusCode);
    }

    [Theory]
    [InlineData("copy", null, HttpStatusCode.OK)]
    [InlineData("copy", "same-origin", HttpStatusCode.OK)]
    [InlineData("copy", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData(null, "same-origin", HttpStatusCode.Forbidden)]
    public async Task A_key_is_handed_to_our_own_pages_only(string? header, string? site, HttpStatusCode status)
    {
        (await SignInAsync("correct horse")).Dispose();
        var register = _app.Services.GetRequiredService<LiveStreamRegister>();
        var stream = await register.CreateAsync(new LiveStreamSettings { MaxClipSeconds = 30 }, Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/admin/streams/{stream.Id}/key");
        if (header is not null)
        {
            request.Headers.Add("X-LiveClip", header);
        }

        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        using var answer = await _browser.SendAsync(request, Token);

        Assert.Equal(status, answer.StatusCode);
        var body = await answer.Content.ReadAsStringAsync(Token);
        if (status == HttpStatusCode.OK)
        {
            Assert.Equal(register.RevealKey(stream), body);
            Assert.True(answer.Headers.CacheControl?.NoStore);
        }
        else
        {
            Assert.DoesNotContain(register.RevealKey(stream), body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    public async Task Health_is_told_to_everybody(string address) =>
        Assert.Equal("Healthy", await _browser.GetStringAsync(address, Token));

    private static string Policy(HttpResponseMessage answer) => answer.Headers.GetValues("Content-Security-Policy").Single();

    private async Task AssertNotFoundAsync(string address)
    {
        using var answer = await _browser.GetAsync(address, Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is nothing here", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> SignInAsync(string password, string address = "/login") => PostFormAsync(
        address, new("Input.Email", "ana@example.org"), new("Input.Password", password));

    private async Task<HttpResponseMessage> PostFormAsync(string address, params KeyValuePair<string, string>[] fields)
    {
        var form = await _browser.GetStringAsync(address, Token);
        var hidden = HiddenField().Matches(form).Select(field => KeyValuePair.Create(field.Groups["name"].Value, field.Groups["value"].Value));
        using var content = new FormUrlEncodedContent([.. hidden, .. fields]);
        return await _browser.PostAsync(address, content, Token);
    }

    private async Task<Clip> AddClipAsync(
        ClipStatus status, string title = "Goal", bool deleted = false, bool hasVersion = false, bool exactOnly = false, bool isRecorded = false,
        long end = 90_000)
    {
        var stream = await _app.Services.GetRequiredService<LiveStreamRegister>()
            .CreateAsync(new LiveStreamSettings { Name = "Stage", MaxClipSeconds = 30, ShareExactOnly = exactOnly }, Token);
        var recording = CatalogTests.NewRecording(stream.Id, DateTimeOffset.UtcNow);
        recording.EndedAt = DateTimeOffset.UtcNow;
        var clip = new Clip
        {
            Id = Guid.NewGuid(),
            StreamId = stream.Id,
            RecordingId = recording.Id,
            Slug = Secrets.Slug(),
            Title = title,
            Status = status,
            RequestedStart = 0,
            RequestedEnd = end,
            Start = 0,
            End = end,
            Trimmed = false,
            TrimmableUntil = DateTimeOffset.UnixEpoch,
            Width = 1280,
            Height = 720,
            HasPoster = true,
            CreatedBy = "ana@example.org",
            CreatedAt = DateTimeOffset.UtcNow,
            DeletedAt = deleted ? DateTimeOffset.UtcNow : null,
        };
        await _app.Services.GetRequiredService<CatalogWriter>().WriteAsync(
            context =>
            {
                context.Clips.Add(clip);
                if (hasVersion)
                {
                    clip.Version = 2;
                    clip.Versions.Add(VersionOf(clip));
                }

                if (isRecorded)
                {
                    recording.Runs.Add(new Run
                    {
                        RecordingId = recording.Id,
                        Number = 0,
                        TimelineStart = 0,
                        WallClock = recording.StartedAt,
                        Init = [1],
                        Codecs = "avc1.64001e",
                    });
                    context.Recordings.Add(recording);
                    context.Segments.Add(new RecordedSegment
                    {
                        RecordingId = recording.Id,
                        Number = 0,
                        Run = 0,
                        Start = 0,
                        Duration = 180_000,
                        Length = 1,
                        StartsWithSync = true,
                    });
                }

                return Task.CompletedTask;
            },
            Token);
        return clip;
    }

    private static ClipVersion VersionOf(Clip clip) => new()
    {
        ClipId = clip.Id,
        Number = 1,
        RequestedStart = 0,
        RequestedEnd = 180_000,
        Start = 0,
        End = 180_000,
        DeliveredStart = 0,
        DeliveredEnd = 180_000,
        DeliveredFrames = 60,
        Duration = 180_000,
        Width = 640,
        Height = 360,
        ReadyAt = DateTimeOffset.UtcNow,
    };

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]+)\"")]
    private static partial Regex HiddenField();
}
