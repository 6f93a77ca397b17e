using System.Net;
using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>The API of clips on the wire: what is refused in which order, and what a clip's links answer before and after its end.</summary>
public sealed class ClipsApiTests(RecordedServer recorded) : IClassFixture<RecordedServer>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private HttpClient Api => recorded.Server.Process.Api;

    [Theory]
    [InlineData("""{}""", "start")]
    [InlineData("""{"start": 1, "end": 2, "last": 3}""", "start")]
    [InlineData("""{"start": 1}""", "end")]
    [InlineData("""{"end": 1}""", "start")]
    [InlineData("""{"start": -1, "end": 5}""", "start")]
    [InlineData("""{"start": 5, "end": 5}""", "end")]
    [InlineData("""{"start": 5, "end": 4}""", "end")]
    [InlineData("""{"start": 1e999, "end": 4}""", "start")]
    [InlineData("""{"start": 1, "end": 1e999}""", "end")]
    [InlineData("""{"start": "1", "end": 4}""", "start")]
    [InlineData("""{"start": 1, "end": true}""", "end")]
    [InlineData("""{"last": 0}""", "last")]
    [InlineData("""{"last": -3}""", "last")]
    [InlineData("""{"last": 86401}""", "last")]
    [InlineData("""{"last": "30"}""", "last")]
    [InlineData("""{"startTime": "2026-01-01T00:00:00Z"}""", "endTime")]
    [InlineData("""{"endTime": "2026-01-01T00:00:00Z"}""", "startTime")]
    [InlineData("""{"startTime": "yesterday", "endTime": "2026-01-01T00:00:00Z"}""", "startTime")]
    [InlineData("""{"startTime": "2026-01-01T00:00:05Z", "endTime": "2026-01-01T00:00:05Z"}""", "endTime")]
    [InlineData("""{"last": 5, "onGap": "maybe"}""", "onGap")]
    [InlineData("""{"last": 5, "onGap": 1}""", "onGap")]
    [InlineData("""{"last": 5, "title": 5}""", "title")]
    [InlineData("""{"last": 5, "tags": "goal"}""", "tags")]
    [InlineData("""{"last": 5, "tags": [""]}""", "tags")]
    [InlineData("""{"last": 5, "tags": [null]}""", "tags")]
    [InlineData("""{"last": 5, "clientId": "no uuid"}""", "clientId")]
    [InlineData("""{"last": 5, "recordingId": 7}""", "recordingId")]
    [InlineData("""{"last": 5""", "body")]
    [InlineData("[]", "body")]
    [InlineData("null", "body")]
    [InlineData("", "body")]
    public async Task A_request_that_cannot_be_names_the_field_and_makes_nothing(string body, string field)
    {
        var before = await CountAsync(recorded.Over);

        var answer = await Api.PostTextAsync(recorded.Over.ClipsPath, body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal(422, answer.Error.GetProperty("code").GetInt32());
        Assert.Equal([field], answer.Fields);
        Assert.Equal(before, await CountAsync(recorded.Over));
    }

    [Fact]
    public async Task Titles_and_tags_have_limits()
    {
        var start = 1;
        Assert.Equal(["title"], (await recorded.Over.PostClipAsync(new { start, end = 2, title = new string('x', 256) })).Fields);
        Assert.Equal(["tags"], (await recorded.Over.PostClipAsync(new { start, end = 2, tags = new string[21].Select(_ => "x") })).Fields);
        Assert.Equal(["tags"], (await recorded.Over.PostClipAsync(new { start, end = 2, tags = new[] { new string('x', 65) } })).Fields);

        var made = await recorded.Over.PostClipAsync(new { start, end = 2, title = new string('x', 255), tags = new[] { "goal", "2:1" } });
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal("""["goal","2:1"]""", made.Data.GetProperty("tags").GetRawText());
    }

    // In the order of the checks: each of these would fail the later ones too.
    [Theory]
    [InlineData("""{"start": 100, "end": 50}""", "end")]
    [InlineData("""{"start": 36.5, "end": 200}""", "start")]
    [InlineData("""{"startTime": "2001-01-01T00:00:00Z", "endTime": "2001-01-01T00:00:09Z"}""", "startTime")]
    [InlineData("""{"startTime": "2101-01-01T00:00:00Z", "endTime": "2101-01-01T00:00:09Z"}""", "startTime")]
    public async Task Numbers_come_before_the_start_and_the_start_before_the_length(string body, string field)
    {
        var answer = await Api.PostTextAsync(recorded.Over.ClipsPath, body);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, field), (answer.Status, Assert.Single(answer.Fields)));
    }

    [Theory]
    [InlineData("""{"start": 2, "end": 32}""", 2, 32, false)]
    [InlineData("""{"start": 2, "end": 33}""", 2, 32, true)]
    [InlineData("""{"start": 2, "end": 3600}""", 2, 32, true)] // the cap comes before the end of the recording
    [InlineData("""{"start": 33, "end": 38}""", 33, 36, true)]
    [InlineData("""{"last": 30}""", 6, 36, false)]
    [InlineData("""{"last": 33}""", 6, 36, true)] // keeps the end
    [InlineData("""{"last": 4}""", 32, 36, false)]
    public async Task What_is_too_long_is_trimmed_and_the_reply_says_so(string body, double start, double end, bool trimmed)
    {
        var answer = await Api.PostTextAsync(recorded.Over.ClipsPath, body);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var clip = await recorded.Over.ReadyAsync(answer.Data);

        Assert.Equal(trimmed, clip.GetProperty("trimmed").GetBoolean());
        var delivered = clip.GetProperty("delivered");
        Assert.InRange(delivered.GetProperty("start").GetDouble(), start - 1, start + 0.002);
        Assert.InRange(delivered.GetProperty("end").GetDouble(), end - 0.002, end + 0.11);
    }

    [Fact]
    public async Task A_new_clip_is_answered_at_once_with_all_its_links()
    {
        var answer = await recorded.Over.PostClipAsync(new { start = 12.5, end = 14, title = "Goal", tags = new[] { "home" } });

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal(
            [
                "clipId", "streamId", "recordingId", "clientId", "title", "tags", "status", "version", "requested", "delivered",
                "duration", "trimmed", "trimReason", "onGap", "gaps", "trimmableUntil", "shareUrl", "playlistUrl", "mp4Url", "posterUrl",
                "createdAt", "readyAt", "error", "versions",
            ],
            answer.Data.EnumerateObject().Select(property => property.Name));
        Assert.Contains(Text(answer.Data, "status"), (string[])["queued", "cutting", "ready"]);
        Assert.Equal("""{"start":12.5,"end":14}""", answer.Data.GetProperty("requested").GetRawText());
        Assert.Equal(recorded.Over.Id, Text(answer.Data, "streamId"));
        Assert.StartsWith(new Uri(recorded.Server.Process.Http, "/c/").ToString(), Text(answer.Data, "shareUrl"), StringComparison.Ordinal);

        var ready = await recorded.Over.ReadyAsync(answer.Data);
        Assert.Equal(["start", "end", "frames"], ready.GetProperty("delivered").EnumerateObject().Select(property => property.Name));
        Assert.Matches(@"Z$", Text(ready, "readyAt"));
        Assert.Equal(JsonValueKind.Null, ready.GetProperty("error").ValueKind);
        await Eventually.TrueAsync(
            async () => (await ReadAsync(ready)).GetProperty("posterUrl").ValueKind == JsonValueKind.String, Deadline, "the poster");
        using var poster = await recorded.Server.AskAsync(new Uri(Text(await ReadAsync(ready), "posterUrl")));
        Assert.Equal("image/jpeg", poster.Content.Headers.ContentType?.MediaType);
        Assert.Equal([0xFF, 0xD8], (await poster.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))[..2]);
    }

    [Fact]
    public async Task Wall_clock_times_name_the_same_pictures_as_places_on_the_timeline()
    {
        var first = (await recorded.Over.PlaylistAsync()).Segments[0].ProgramDateTime!.Value;

        var answer = await recorded.Over.PostClipAsync(new { startTime = first.AddSeconds(5), endTime = first.AddSeconds(7) });
        var byTimeline = await recorded.Over.ClipAsync(5, 7);

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var byClock = await recorded.Over.ReadyAsync(answer.Data);
        Assert.Equal(5, byClock.GetProperty("requested").GetProperty("start").GetDouble(), 0.001);
        Assert.Equal(byTimeline.GetProperty("delivered").GetRawText(), byClock.GetProperty("delivered").GetRawText());
    }

    [Fact]
    public async Task Another_range_is_another_version_behind_the_same_link()
    {
        var first = await recorded.Over.ClipAsync(8, 9);
        var (id, link) = (Text(first, "clipId"), new Uri(Text(first, "mp4Url")));
        using var before = await recorded.Server.AskAsync(link);

        var changed = await Api.PatchTextAsync($"/v1/clips/{id}", """{"end": 11, "title": "Goal", "tags": ["home"]}""");

        Assert.Equal(HttpStatusCode.OK, changed.Status);
        Assert.Equal((2, "Goal"), (changed.Data.GetProperty("version").GetInt32(), Text(changed.Data, "title")));
        Assert.Equal("""{"start":8,"end":11}""", changed.Data.GetProperty("requested").GetRawText());
        Assert.Equal(Text(first, "shareUrl"), Text(changed.Data, "shareUrl"));
        var ready = await recorded.Over.ReadyAsync(changed.Data);
        var versions = ready.GetProperty("versions").EnumerateArray().ToList();
        Assert.Equal([1, 2], versions.Select(version => version.GetProperty("version").GetInt32()));
        Assert.Equal(first.GetProperty("delivered").GetRawText(), versions[0].GetProperty("delivered").GetRawText());
        Assert.Equal(ready.GetProperty("delivered").GetRawText(), versions[1].GetProperty("delivered").GetRawText());
        using var old = await recorded.Server.AskAsync(new Uri(Text(versions[0], "mp4Url")));
        using var newest = await recorded.Server.AskAsync(link);
        Assert.Equal(await BytesAsync(before), await BytesAsync(old));
        Assert.NotEqual((await BytesAsync(before)).Length, (await BytesAsync(newest)).Length);
        Assert.NotEqual(before.Headers.ETag, newest.Headers.ETag);
        using var none = await recorded.Server.AskAsync(new Uri(Text(versions[0], "mp4Url").Replace("/v1/", "/v3/", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);

        await Api.DeleteAnswerAsync($"/v1/clips/{id}");
        using var gone = await recorded.Server.AskAsync(new Uri(Text(versions[0], "mp4Url")));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.PatchTextAsync($"/v1/clips/{id}", """{"end": 12}""")).Status);
    }

    [Theory]
    [InlineData("""{"start": 9.5}""", "end")]
    [InlineData("""{"start": -1}""", "start")]
    [InlineData("""{"start": 40, "end": 41}""", "start")]
    [InlineData("""{"end": "9"}""", "end")]
    [InlineData("""{"tags": [""]}""", "tags")]
    [InlineData("[]", "body")]
    public async Task A_change_that_cannot_be_names_the_field(string body, string field)
    {
        var clip = (await recorded.Over.PostClipAsync(new { start = 8, end = 9 })).Data;

        var answer = await Api.PatchTextAsync($"/v1/clips/{Text(clip, "clipId")}", body);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, field), (answer.Status, Assert.Single(answer.Fields)));
        Assert.Equal(1, (await ReadAsync(clip)).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_clip_says_until_when_it_can_be_trimmed()
    {
        var clip = (await recorded.Over.PostClipAsync(new { start = 8, end = 9 })).Data;

        Assert.Equal(
            TimeSpan.FromDays(7), clip.GetProperty("trimmableUntil").GetDateTimeOffset() - clip.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal("splice", Text(clip, "onGap"));
        Assert.Empty(clip.GetProperty("gaps").EnumerateArray());
    }

    [Fact]
    public async Task A_repeat_with_the_same_client_id_makes_nothing_twice_also_at_the_same_moment()
    {
        var body = new { start = 3, end = 4, clientId = Guid.NewGuid() };
        var before = await CountAsync(recorded.Over);

        var both = await Task.WhenAll(recorded.Over.PostClipAsync(body), recorded.Over.PostClipAsync(body));
        var later = await recorded.Over.PostClipAsync(body);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Created], both.Select(answer => answer.Status).Order());
        Assert.Equal(HttpStatusCode.OK, later.Status);
        Assert.Single(both.Append(later).Select(answer => Text(answer.Data, "clipId")).Distinct());
        Assert.Equal(before + 1, await CountAsync(recorded.Over));
    }

    [Fact]
    public async Task Clips_are_listed_by_stream_in_pages()
    {
        var made = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            made.Insert(0, Text((await recorded.OnAir.PostClipAsync(new { start = i, end = i + 1 })).Data, "clipId"));
        }

        var page = await Api.GetAnswerAsync($"/v1/clips?streamId={recorded.OnAir.Id}&limit=2");

        Assert.Equal(made[..2], page.Data.EnumerateArray().Select(clip => Text(clip, "clipId")));
        Assert.Equal("""{"totalRecords":3,"currentOffset":1,"offsetCount":2}""", page.Body.GetProperty("pagination").GetRawText());
        Assert.Equal(["limit"], (await Api.GetAnswerAsync("/v1/clips?limit=51")).Fields);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.GetAnswerAsync($"/v1/clips/{Guid.NewGuid()}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.GetAnswerAsync("/v1/clips/none")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.PostAnswerAsync("/v1/live/streams/none/clips", new { last = 5 })).Status);
        Assert.Equal(
            HttpStatusCode.NotFound, (await recorded.Over.PostClipAsync(new { last = 5, recordingId = Guid.NewGuid() })).Status);
    }

    [Fact]
    public async Task A_deleted_clip_is_gone_at_once_under_all_its_links()
    {
        var clip = await recorded.Over.ClipAsync(8, 9);
        var id = Text(clip, "clipId");
        Uri[] links = [.. ((string[])["shareUrl", "mp4Url", "playlistUrl"]).Select(name => new Uri(Text(clip, name)))];
        using var listed = await recorded.Server.AskAsync(new Uri(Text(clip, "playlistUrl")));
        Uri[] media = [.. (await HlsPlaylist.ReadAsync(listed)).Segments.Select(segment => segment.Address!)];
        var poster = new Uri(Text(clip, "mp4Url").Replace("clip.mp4", "poster.jpg", StringComparison.Ordinal));
        foreach (var link in (Uri[])[.. links, .. media])
        {
            using var there = await recorded.Server.AskAsync(link);
            Assert.Equal(HttpStatusCode.OK, there.StatusCode);
        }

        var deleted = await Api.DeleteAnswerAsync($"/v1/clips/{id}");

        Assert.Equal("""{"success":true}""", deleted.Body.GetRawText());
        foreach (var link in (Uri[])[.. links, .. media, poster])
        {
            using var gone = await recorded.Server.AskAsync(link);
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }
        Assert.Equal("deleted", Text(await ReadAsync(clip), "status"));
        var others = await Api.GetAnswerAsync($"/v1/clips?streamId={recorded.Over.Id}&limit=50");
        Assert.DoesNotContain(others.Data.EnumerateArray(), other => Text(other, "clipId") == id);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.DeleteAnswerAsync($"/v1/clips/{id}")).Status);
    }

    [Fact]
    public async Task The_file_answers_HEAD_ranges_and_what_has_not_changed()
    {
        var clip = await recorded.Over.ClipAsync(8, 9);
        var link = new Uri(Text(clip, "mp4Url"));
        using var whole = await recorded.Server.AskAsync(link);
        var length = whole.Content.Headers.ContentLength!.Value;

        using var head = await recorded.Server.AskAsync(link, method: HttpMethod.Head);
        Assert.Equal((HttpStatusCode.OK, length), (head.StatusCode, head.Content.Headers.ContentLength!.Value));
        Assert.Equal("video/mp4", head.Content.Headers.ContentType?.MediaType);
        Assert.Equal(whole.Headers.ETag, head.Headers.ETag);
        Assert.True(head.Headers.CacheControl!.NoCache);

        using var part = await recorded.Server.AskAsync(link, headers => headers.Range = new(100, 199));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal($"bytes 100-199/{length}", part.Content.Headers.ContentRange?.ToString());
        Assert.Equal(
            (await whole.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))[100..200],
            await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        using var behind = await recorded.Server.AskAsync(link, headers => headers.Range = new(length, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, behind.StatusCode);
        using var unchanged = await recorded.Server.AskAsync(link, headers => headers.IfNoneMatch.Add(whole.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        using var missing = await recorded.Server.AskAsync(new Uri("/c/none/clip.mp4", UriKind.Relative), method: HttpMethod.Head);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task The_instant_playlist_plays_what_was_asked_for()
    {
        var answer = await recorded.Over.PostClipAsync(new { start = 8.5, end = 9.5 });

        var numbers = await DecodedVideo.FrameNumbersAsync(Text(answer.Data, "playlistUrl"));

        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
        Assert.True(numbers[0] <= 255 && numbers[^1] >= 284, $"{numbers[0]} to {numbers[^1]}");
        Assert.Equal(0, numbers[0] % 30);
    }

    [Fact]
    public async Task A_title_is_only_ever_text()
    {
        const string Title = "\"><script>alert(1)</script> ../../etc/passwd\r\nX-Header: 1 🎬 Tor für 1:0 & mehr";
        var made = await recorded.Over.PostClipAsync(new { start = 8, end = 9, title = Title });
        var clip = await recorded.Over.ReadyAsync(made.Data);
        Assert.Equal(Title, Text(clip, "title"));

        using var page = await recorded.Server.AskAsync(new Uri(Text(clip, "shareUrl")));
        var document = Browser.Parse(await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain(document.Scripts, script => script.Text.Contains("alert", StringComparison.Ordinal));
        Assert.Equal(Words(Title), Words(document.QuerySelector("h1")!.TextContent));
        Assert.Equal(Words(Title), Words(document.QuerySelector("meta[property='og:title']")!.GetAttribute("content")!));

        using var download = await recorded.Server.AskAsync(new Uri(Text(clip, "mp4Url") + "?download=true"));
        var name = download.Content.Headers.ContentDisposition!;
        Assert.Equal("attachment", name.DispositionType);
        Assert.Matches(@"^[\w \-]+\.mp4$", name.FileNameStar ?? name.FileName);
        Assert.Contains("für", name.FileNameStar, StringComparison.Ordinal);
        Assert.False(download.Headers.Contains("X-Header"));

        static string Words(string text) => string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    private static Task<byte[]> BytesAsync(HttpResponseMessage answer) =>
        answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private async Task<JsonElement> ReadAsync(JsonElement clip) => (await Api.GetAnswerAsync($"/v1/clips/{Text(clip, "clipId")}")).Data;

    private async Task<int> CountAsync(TestStream stream) =>
        (await Api.GetAnswerAsync($"/v1/clips?streamId={stream.Id}"))
        .Body.GetProperty("pagination").GetProperty("totalRecords").GetInt32();
}
