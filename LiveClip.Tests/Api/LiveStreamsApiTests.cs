using System.Net;
using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>The API of live streams on the wire, as code written for the upstream's API calls it.</summary>
public sealed class LiveStreamsApiTests(LiveServer server) : IClassFixture<LiveServer>
{
    private const string Streams = "/v1/live/streams";

    /// <summary>The example that every newcomer tries first, as it stands in the upstream's documentation.</summary>
    private const string Example = """
        {
          "playbackSettings": {"accessPolicy": "public"},
          "inputMediaSettings": {"maxResolution": "1080p", "reconnectWindow": 60, "mediaPolicy": "public",
                                 "metadata": {"livestream_name": "my_livestream"}, "enableDvrMode": false}
        }
        """;

    private static readonly string[] Fields =
    [
        "streamId", "streamKey", "srtSecret", "trial", "status", "maxResolution", "maxDuration", "createdAt", "reconnectWindow",
        "enableRecording", "mediaPolicy", "metadata", "enableDvrMode", "playbackIds",
    ];

    private HttpClient Api => server.Process.Api;

    [Theory]
    [InlineData("/v1/live/streams")]
    [InlineData("/live/streams")]
    public async Task The_newcomers_example_answers_as_documented(string path)
    {
        var answer = await Api.PostTextAsync(path, Example);

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal(["success", "data"], answer.Body.EnumerateObject().Select(property => property.Name));
        Assert.True(answer.Body.GetProperty("success").GetBoolean());
        Assert.Equal(Fields, answer.Data.EnumerateObject().Select(property => property.Name));
        var id = answer.Data.GetProperty("streamId").GetString()!;
        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Matches($"^[0-9a-f]{{32}}k{id}$", answer.Data.GetProperty("streamKey").GetString());
        Assert.Matches($"^[0-9a-f]{{32}}k{id}$", answer.Data.GetProperty("srtSecret").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", answer.Data.GetProperty("createdAt").GetString());
        var playback = Assert.Single(answer.Data.GetProperty("playbackIds").EnumerateArray());
        Assert.Equal(["id", "accessPolicy"], playback.EnumerateObject().Select(property => property.Name));
        Assert.True(Guid.TryParseExact(playback.GetProperty("id").GetString(), "D", out _));
        Assert.Equal("public", playback.GetProperty("accessPolicy").GetString());
        HasValues(answer.Data, """
            {"trial": false, "status": "idle", "maxResolution": "1080p", "maxDuration": 43200, "reconnectWindow": 60,
             "enableRecording": true, "mediaPolicy": "public", "metadata": {"livestream_name":"my_livestream"}, "enableDvrMode": false}
            """);
    }

    [Fact]
    public async Task A_stream_is_read_back_with_its_lists_even_when_they_are_empty()
    {
        var created = (await Api.PostTextAsync(Streams, Example)).Data;
        var id = created.GetProperty("streamId").GetString();

        foreach (var path in (string[])[$"/v1/live/streams/{id}", $"/live/streams/{id}"])
        {
            var read = await Api.GetAnswerAsync(path);

            Assert.Equal(HttpStatusCode.OK, read.Status);
            Assert.Equal([.. Fields, "simulcastResponses", "mediaIds"], read.Data.EnumerateObject().Select(property => property.Name));
            Assert.Equal("[]", read.Data.GetProperty("mediaIds").GetRawText());
            Assert.Equal("[]", read.Data.GetProperty("simulcastResponses").GetRawText());
            Assert.All(Fields, name => Assert.Equal(created.GetProperty(name).GetRawText(), read.Data.GetProperty(name).GetRawText()));
        }
    }

    [Fact]
    public async Task Values_that_are_given_are_kept_and_those_that_are_not_have_the_documented_defaults()
    {
        var given = (await Api.PostTextAsync(Streams, """
            {"playbackSettings": {"accessPolicy": "private"},
             "inputMediaSettings": {"maxResolution": "480p", "reconnectWindow": 1800, "mediaPolicy": "private", "enableDvrMode": true,
                                    "enableRecording": false}}
            """)).Data;
        var defaults = (await Api.PostTextAsync(Streams, """{"playbackSettings": {}, "inputMediaSettings": {}}""")).Data;

        HasValues(given, """
            {"status": "idle", "maxResolution": "480p", "maxDuration": 43200, "reconnectWindow": 1800, "enableRecording": false,
             "mediaPolicy": "private", "metadata": {}, "enableDvrMode": true}
            """);
        Assert.Equal("private", given.GetProperty("playbackIds")[0].GetProperty("accessPolicy").GetString());
        HasValues(defaults, """
            {"status": "idle", "maxResolution": "1080p", "maxDuration": 43200, "reconnectWindow": 60, "enableRecording": true,
             "mediaPolicy": "public", "metadata": {}, "enableDvrMode": false}
            """);
        Assert.Equal("public", defaults.GetProperty("playbackIds")[0].GetProperty("accessPolicy").GetString());
    }

    [Fact]
    public async Task Retention_of_its_own_is_kept_and_shown_and_that_of_the_server_is_not()
    {
        var created = (await Api.PostTextAsync(
            Streams, """{"playbackSettings": {}, "inputMediaSettings": {"retentionDays": 0, "retentionGiB": 250}}""")).Data;
        var read = (await Api.GetAnswerAsync($"{Streams}/{created.GetProperty("streamId").GetString()}")).Data;

        HasValues(created, """{"retentionDays": 0, "retentionGiB": 250}""");
        HasValues(read, """{"retentionDays": 0, "retentionGiB": 250}""");
        Assert.False(read.TryGetProperty("recordingPaused", out _));
    }

    [Theory]
    [InlineData("""{"clipHandleSeconds": 0, "shareExactOnly": true}""")]
    [InlineData("""{"clipHandleSeconds": 30}""")]
    public async Task What_clips_hold_and_how_they_are_shared_is_kept_and_shown(string settings)
    {
        var created = (await Api.PostTextAsync(Streams, $$"""{"playbackSettings": {}, "inputMediaSettings": {{settings}}}""")).Data;
        var read = (await Api.GetAnswerAsync($"{Streams}/{created.GetProperty("streamId").GetString()}")).Data;

        HasValues(created, settings);
        HasValues(read, settings);
    }

    [Fact]
    public async Task The_servers_disk_is_shown_with_the_hours_that_are_left()
    {
        var storage = (await Api.GetAnswerAsync("/v1/server/storage")).Data;

        Assert.Equal(
            ["state", "freeBytes", "usableBytes", "totalBytes", "bytesPerSecond", "hoursLeft"],
            storage.EnumerateObject().Select(property => property.Name));
        Assert.InRange(storage.GetProperty("freeBytes").GetInt64(), 1, storage.GetProperty("totalBytes").GetInt64());
        Assert.Equal("null", storage.GetProperty("hoursLeft").GetRawText()); // nothing is on air
    }

    [Fact]
    public async Task A_list_comes_in_pages_the_newest_first()
    {
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            made.Insert(0, (await Api.PostTextAsync(Streams, Example)).Data.GetProperty("streamId").GetString()!);
        }

        var first = await Api.GetAnswerAsync($"{Streams}?limit=3");
        var second = await Api.GetAnswerAsync($"{Streams}?limit=3&offset=2");
        Assert.Equal(made, [.. Ids(first), .. Ids(second).Take(2)]);
        var total = first.Body.GetProperty("pagination").GetProperty("totalRecords").GetInt32();
        Assert.Equal(
            $$"""{"totalRecords":{{total}},"currentOffset":1,"offsetCount":3}""", first.Body.GetProperty("pagination").GetRawText());
        Assert.Equal(2, second.Body.GetProperty("pagination").GetProperty("currentOffset").GetInt32());

        var oldest = await Api.GetAnswerAsync($"/live/streams?limit=50&orderBy=asc");
        Assert.Equal(Enumerable.Reverse(made), Ids(oldest).TakeLast(5));
        Assert.True(Ids(await Api.GetAnswerAsync(Streams)).Count <= 10);
        Assert.Empty(Ids(await Api.GetAnswerAsync($"{Streams}?offset=1000")));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=51", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("offset=0", "offset")]
    [InlineData("offset=999999999999", "offset")]
    [InlineData("orderBy=newest", "orderBy")]
    public async Task A_list_that_cannot_be_names_the_parameter(string query, string field)
    {
        var answer = await Api.GetAnswerAsync($"{Streams}?{query}");

        IsInvalid(answer, field);
    }

    [Theory]
    [InlineData("""{"inputMediaSettings": {}}""", "playbackSettings")]
    [InlineData("""{"playbackSettings": {}}""", "inputMediaSettings")]
    [InlineData("""{"playbackSettings": {"accessPolicy": "secret"}, "inputMediaSettings": {}}""", "playbackSettings.accessPolicy")]
    [InlineData("""{"playbackSettings": {"accessPolicy": "Public"}, "inputMediaSettings": {}}""", "playbackSettings.accessPolicy")]
    [InlineData("""{"playbackSettings": "public", "inputMediaSettings": {}}""", "playbackSettings")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"maxResolution": "4k"}}""", "inputMediaSettings.maxResolution")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"maxResolution": 1080}}""", "inputMediaSettings.maxResolution")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"mediaPolicy": "drm"}}""", "inputMediaSettings.mediaPolicy")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"reconnectWindow": 59}}""", "inputMediaSettings.reconnectWindow")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"reconnectWindow": 1801}}""", "inputMediaSettings.reconnectWindow")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"reconnectWindow": "60"}}""", "inputMediaSettings.reconnectWindow")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"reconnectWindow": 60.5}}""", "inputMediaSettings.reconnectWindow")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"enableDvrMode": "true"}}""", "inputMediaSettings.enableDvrMode")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"retentionDays": -1}}""", "inputMediaSettings.retentionDays")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"retentionDays": 3651}}""", "inputMediaSettings.retentionDays")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"retentionDays": "7"}}""", "inputMediaSettings.retentionDays")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"clipHandleSeconds": -1}}""", "inputMediaSettings.clipHandleSeconds")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"clipHandleSeconds": 601}}""", "inputMediaSettings.clipHandleSeconds")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"shareExactOnly": "yes"}}""", "inputMediaSettings.shareExactOnly")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"retentionGiB": -1}}""", "inputMediaSettings.retentionGiB")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"retentionGiB": 1000001}}""", "inputMediaSettings.retentionGiB")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"metadata": {"a": 1}}}""", "inputMediaSettings.metadata.a")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"metadata": {"a": null}}}""", "inputMediaSettings.metadata.a")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {"metadata": []}}""", "inputMediaSettings.metadata")]
    [InlineData("""{"playbackSettings": {}, "inputMediaSettings": {}""", "body")]
    [InlineData("[]", "body")]
    [InlineData("null", "body")]
    [InlineData("", "body")]
    [InlineData("hello", "body")]
    public async Task A_request_that_cannot_be_names_the_field_and_makes_nothing(string body, string field)
    {
        var before = await CountAsync();

        var answer = await Api.PostTextAsync(Streams, body);

        IsInvalid(answer, field);
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Metadata_is_limited_to_ten_pairs_of_255_characters()
    {
        var full = Enumerable.Range(0, 10).ToDictionary(i => $"key{i}", _ => new string('x', 255));
        Assert.Equal(HttpStatusCode.Created, (await WithMetadataAsync(full)).Status);

        IsInvalid(await WithMetadataAsync(full.Append(new("one more", "")).ToDictionary()), "inputMediaSettings.metadata");
        IsInvalid(await WithMetadataAsync(new() { ["long"] = new string('x', 256) }), "inputMediaSettings.metadata.long");

        Task<ApiAnswer> WithMetadataAsync(Dictionary<string, string> metadata) =>
            Api.PostAnswerAsync(Streams, new { playbackSettings = new { }, inputMediaSettings = new { metadata } });
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_not_found()
    {
        var answer = await Api.GetAnswerAsync($"{Streams}/{new string('0', 32)}");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("""{"success":false,"error":{"code":404,"message":"stream not found"}}""", answer.Body.GetRawText());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic")]
    [InlineData("Basic !!!")]
    [InlineData("Bearer dGVzdC10b2tlbjp4")]
    [InlineData("Basic dGVzdC10b2tlbjp3cm9uZw==")] // test-token:wrong
    [InlineData("Basic bm9ib2R5Og==")] // nobody:
    public async Task Without_a_valid_token_the_answer_is_401_in_JSON_also_for_a_browser(string? authorization)
    {
        foreach (var path in (string[])[Streams, "/live/streams", "/v1/clips", $"{Streams}/x"])
        {
            using var response = await server.AskAsync(new Uri(path, UriKind.Relative), headers =>
            {
                headers.TryAddWithoutValidation("Authorization", authorization);
                headers.Accept.ParseAdd("text/html,application/xhtml+xml");
            });

            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("Basic", response.Headers.WwwAuthenticate.Single().Scheme);
            var answer = await ApiAnswer.FromAsync(Task.FromResult(response));
            Assert.Equal("""{"success":false,"error":{"code":401,"message":"unauthorized"}}""", answer.Body.GetRawText());
        }
    }

    [Fact]
    public async Task A_login_is_no_token()
    {
        using var browser = await Browser.SignedInAsync(server.Process);

        using var answer = await browser.GetAsync(Streams);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private static void IsInvalid(ApiAnswer answer, string field)
    {
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.False(answer.Body.GetProperty("success").GetBoolean());
        Assert.Equal(422, answer.Error.GetProperty("code").GetInt32());
        Assert.Equal("payload validation failed", answer.Error.GetProperty("message").GetString());
        Assert.Equal([field], answer.Fields);
    }

    private static void HasValues(JsonElement stream, string expected)
    {
        foreach (var property in JsonSerializer.Deserialize<JsonElement>(expected).EnumerateObject())
        {
            Assert.Equal(property.Value.GetRawText(), stream.GetProperty(property.Name).GetRawText());
        }
    }

    private async Task<int> CountAsync() =>
        (await Api.GetAnswerAsync(Streams)).Body.GetProperty("pagination").GetProperty("totalRecords").GetInt32();

    private static List<string> Ids(ApiAnswer list) =>
        [.. list.Data.EnumerateArray().Select(stream => stream.GetProperty("streamId").GetString()!)];
}
