using System.Net;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>What viewers and players get of a broadcast, on air and over.</summary>
public sealed class LivePictureTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(60);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 12, Gop = 60 };

    /// <summary>More than the minute that a viewer without DVR may go back by.</summary>
    private static readonly TestMedia Long = Small with { Seconds = 70 };

    [Fact]
    public async Task The_live_picture_plays_in_ffmpeg_and_is_exact_in_its_numbers()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await stream.PublishAsync(Small);
        await stream.PlaylistWithAsync(segments: 2);

        var live = await DecodedVideo.FrameNumbersAsync(stream.Playback.ToString(), atMost: 90);

        Assert.Equal(Enumerable.Range(live[0], 90), live);
        Assert.Equal(0, live[0] % 60);
        Assert.Equal("active", await stream.StatusAsync());
        await Eventually.EndsAsync(publisher.Completion, Publishing);
        var whole = await stream.EndedAsync();
        Assert.Equal(Enumerable.Range(0, Small.PictureCount), await DecodedVideo.FrameNumbersAsync(stream.Playback.ToString()));
        await IsExactAsync(whole);
    }

    [Fact]
    public async Task A_player_polling_the_live_edge_sees_it_grow_only()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await stream.PublishAsync(Small);
        var last = await stream.PlaylistWithAsync(segments: 1);
        await Eventually.TrueAsync(
            async () =>
            {
                var now = await stream.PlaylistAsync();
                Assert.True(now.MediaSequence >= last.MediaSequence, now.Text);
                Assert.Equal(last.TargetDuration, now.TargetDuration);
                Assert.Equal(Listed(last), Listed(now).Take(last.Segments.Count));
                last = now;
                return now.Ended;
            },
            Publishing);

        static IEnumerable<(Uri?, decimal, DateTimeOffset?)> Listed(HlsPlaylist playlist) =>
            playlist.Segments.Select(segment => (segment.Address, segment.Duration, segment.ProgramDateTime));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DvrMode_lists_the_whole_broadcast_only_where_the_stream_allows_it(bool enableDvrMode)
    {
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode);
        await using var publisher = await SilentPublisher.StartAsync(await Long.FlvAsync(), stream.Ingest);
        var edge = await Eventually.SomeAsync(
            async () => await stream.FindPlaylistAsync() is { MediaSequence: >= 4 } moved ? moved : null,
            Publishing,
            "the live edge to have left the first segments behind");
        var dvr = await stream.PlaylistAsync("?dvrMode=true");

        Assert.InRange(edge.Segments.Sum(segment => segment.Duration), 56, 60);
        Assert.True(edge.MediaSequence > 0);
        // The edge may have moved on in between.
        Assert.True(enableDvrMode ? dvr.MediaSequence == 0 : dvr.MediaSequence >= edge.MediaSequence, $"begins with {dvr.MediaSequence}");
        Assert.Equal(enableDvrMode, dvr.Segments.Sum(segment => segment.Duration) > 65);
        Assert.False(dvr.Ended);
        using var browser = await Browser.SignedInAsync(server.Process);
        using var studio = await browser.GetAsync($"/recordings/{RecordingOf(edge)}/index.m3u8");
        Assert.Equal(0, (await HlsPlaylist.ReadAsync(studio)).MediaSequence);
        Assert.True(studio.Headers.CacheControl!.Private);
        await publisher.StopAsync();
    }

    [Fact]
    public async Task Media_is_open_to_any_page_and_segments_are_kept_for_ever()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(Small);
        var segment = (await stream.PlaylistAsync()).Segments[1];

        using var playlist = await FromAPageAsync(stream.Playback);
        Assert.Equal("application/vnd.apple.mpegurl", playlist.Content.Headers.ContentType?.MediaType);
        Assert.True(playlist.Headers.CacheControl!.MaxAge <= TimeSpan.FromMinutes(1));
        foreach (var address in (Uri[])[segment.Map!, segment.Address!])
        {
            using var media = await FromAPageAsync(address);
            Assert.Equal("video/mp4", media.Content.Headers.ContentType?.MediaType);
            Assert.Equal("public, max-age=31536000, immutable", string.Join(", ", media.Headers.GetValues("Cache-Control")));
            using var unchanged = await server.AskAsync(address, headers => headers.IfNoneMatch.Add(media.Headers.ETag!));
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
            using var partial = await server.AskAsync(address, headers => headers.Range = new(0, 99));
            Assert.Equal(HttpStatusCode.PartialContent, partial.StatusCode);
            Assert.Equal(100, partial.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task A_page_may_ask_for_media_with_headers_of_its_own()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        using var request = new HttpRequestMessage(HttpMethod.Options, stream.Playback)
        {
            Headers = { { "Origin", "https://elsewhere.example" }, { "Access-Control-Request-Method", "GET" }, { "Access-Control-Request-Headers", "range,x-own" } },
        };

        using var answer = await server.Anyone.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(
            ("*", "GET,HEAD", "range,x-own"),
            (Header("Access-Control-Allow-Origin"), Header("Access-Control-Allow-Methods"), Header("Access-Control-Allow-Headers")));

        string Header(string name) => string.Join(',', answer.Headers.GetValues(name));
    }

    [Fact]
    public async Task What_is_not_there_is_answered_in_JSON()
    {
        var idle = await TestStream.CreateAsync(server.Process);
        string[] nothing = [$"/{Guid.NewGuid()}.m3u8", $"/{idle.PlaybackId}.m3u8", $"/{idle.PlaybackId}/{Guid.NewGuid()}/0/0.m4s"];
        foreach (var path in nothing)
        {
            var answer = await server.Anyone.GetAnswerAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.Status);
            Assert.Equal(404, answer.Error.GetProperty("code").GetInt32());
        }
    }

    [Fact]
    public async Task A_private_stream_and_the_studios_recording_need_a_login()
    {
        var stream = await TestStream.CreateAsync(server.Process, accessPolicy: "private");
        await using var publisher = await SilentPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        using var browser = await Browser.SignedInAsync(server.Process);
        HlsPlaylist? playlist = null;
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await browser.GetAsync(stream.Media.PathAndQuery);
                playlist = answer.IsSuccessStatusCode ? await HlsPlaylist.ReadAsync(answer) : null;
                return playlist is not null;
            },
            Publishing,
            "the picture for somebody with a login");

        var refused = await server.Anyone.GetAnswerAsync(stream.Playback.PathAndQuery);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Equal("unauthorized", refused.Error.GetProperty("message").GetString());
        using var media = await server.AskAsync(playlist!.Segments[0].Address!);
        Assert.NotEqual(HttpStatusCode.OK, media.StatusCode);
        using var mine = await browser.GetAsync(playlist.Segments[0].Address!.PathAndQuery);
        Assert.Equal(HttpStatusCode.OK, mine.StatusCode);
        Assert.True(mine.Headers.CacheControl!.Private);

        var recording = RecordingOf(playlist);
        foreach (var path in (string[])["index.m3u8", "0/init.mp4", $"0/{playlist.MediaSequence}.m4s"])
        {
            using var stranger = await server.AskAsync(new Uri($"/recordings/{recording}/{path}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
            using var producer = await browser.GetAsync($"/recordings/{recording}/{path}");
            Assert.Equal(HttpStatusCode.OK, producer.StatusCode);
        }
    }

    [Fact]
    public async Task The_numbers_of_the_next_broadcast_go_on_where_the_one_before_ended()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await stream.RecordAsync(Small);
        var first = await stream.PlaylistAsync();

        await using var publisher = await SilentPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        var second = await Eventually.SomeAsync(
            async () => await stream.PlaylistAsync() is { Ended: false, Segments.Count: > 0 } live ? live : null, Publishing);

        Assert.NotEqual(RecordingOf(first), RecordingOf(second));
        Assert.Equal(first.MediaSequence + first.Segments.Count, second.MediaSequence);
        Assert.Equal(first.DiscontinuitySequence + 1, second.DiscontinuitySequence);
        await publisher.StopAsync();
    }

    private static string RecordingOf(HlsPlaylist playlist) => playlist.Segments[0].Address!.Segments[^3].TrimEnd('/');

    /// <summary>
    /// EXTINF is what the segment's pictures last, and the wall clock is the timeline plus a constant, but for the one step that it may
    /// take in so short a time: where the first picture came later than the others.
    /// </summary>
    private async Task IsExactAsync(HlsPlaylist playlist)
    {
        Assert.Equal(Small.Seconds, (double)playlist.Segments.Sum(segment => segment.Duration), 0.0015);
        var first = playlist.Segments[0].ProgramDateTime!.Value;
        var start = 0m;
        foreach (var segment in playlist.Segments)
        {
            Assert.Equal((double)start, (segment.ProgramDateTime!.Value - first).TotalSeconds, 0.1);
            start += segment.Duration;
            Assert.True(Math.Round(segment.Duration) <= playlist.TargetDuration, playlist.Text);

            using var folder = new TempFolder();
            var alone = (await (playlist with { Segments = [segment] }).DownloadRunsAsync(server.Anyone, folder))[0];
            Assert.Equal((await DecodedVideo.FrameNumbersAsync(alone)).Count / 30.0, (double)segment.Duration, 0.0015);
        }
        Assert.DoesNotContain(playlist.Segments, segment => segment.Discontinuity);
    }

    private async Task<HttpResponseMessage> FromAPageAsync(Uri address)
    {
        var response = await server.AskAsync(address, headers => headers.Add("Origin", "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
        return response;
    }
}
