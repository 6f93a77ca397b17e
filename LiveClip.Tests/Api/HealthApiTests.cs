using System.Net;
using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

public sealed class HealthApiTests(LiveServer server) : IClassFixture<LiveServer>
{
    private HttpClient Api => server.Process.Api;

    [Fact]
    public async Task A_stream_off_air_has_no_data()
    {
        var stream = await TestStream.CreateAsync(server.Process);

        var answer = await Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(
            $$"""{"streamId":"{{stream.Id}}","status":"noData","now":null,"issues":[],"readings":[]}""", answer.Data.GetRawText());
        var past = await Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health?from=2026-01-01T00:00:00Z&seconds=0");
        Assert.Equal("[]", past.Data.GetProperty("minutes").GetRawText());
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_not_found() =>
        Assert.Equal(HttpStatusCode.NotFound, (await Api.GetAnswerAsync($"/v1/live/streams/{new string('0', 32)}/health")).Status);

    [Theory]
    [InlineData("seconds=3601", "seconds")]
    [InlineData("seconds=-1", "seconds")]
    [InlineData("seconds=x&from=yesterday", "seconds", "from")]
    public async Task What_cannot_be_meant_is_named(string query, params string[] fields)
    {
        var stream = await TestStream.CreateAsync(server.Process);

        var answer = await Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health?{query}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal(fields, answer.Fields);
    }

    [Fact]
    public async Task A_bad_encoder_is_told_what_to_change_until_a_good_one_takes_over()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        var began = DateTimeOffset.UtcNow;
        var good = new TestMedia { Width = 320, Height = 180, Seconds = 40 };
        var bad = good with { Gop = 180, Audio = false };
        await good.FlvAsync();
        await using var first = await FfmpegPublisher.StartAsync(await bad.FlvAsync(), stream.Ingest, loop: true);

        await BecomesAsync(stream, health => Types(health).Contains("gopSizeLong") && Types(health).Contains("noAudioStream"));
        var told = await HealthAsync(stream);
        Assert.Equal("ok", told.GetProperty("status").GetString());
        var issue = told.GetProperty("issues").EnumerateArray().Single(issue => issue.GetProperty("type").GetString() == "gopSizeLong");
        Assert.Equal("warning", issue.GetProperty("severity").GetString());
        Assert.Contains("Keyframe Interval 2 s", issue.GetProperty("advice").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, told.GetProperty("now").GetProperty("audioBitrate").GetDouble());
        Assert.InRange(told.GetProperty("now").GetProperty("frameRate").GetDouble(), 28, 32);
        Assert.InRange(told.GetProperty("now").GetProperty("lead").GetDouble(), -3, 3);

        await using var second = await FfmpegPublisher.StartAsync(await good.FlvAsync(), stream.Ingest, loop: true);

        await BecomesAsync(
            stream, health => !Types(health).Contains("gopSizeLong") && !Types(health).Contains("noAudioStream"));
        var now = (await HealthAsync(stream)).GetProperty("now");
        Assert.True(now.GetProperty("connected").GetBoolean());
        Assert.True(now.GetProperty("audioBitrate").GetDouble() > 0);
        Assert.InRange(now.GetProperty("audioVideoSkew").GetDouble(), -0.25, 0.25);
        var readings = (await HealthAsync(stream)).GetProperty("readings").EnumerateArray();
        Assert.Equal(1, readings.Sum(reading => reading.GetProperty("reconnects").GetInt32()));

        await second.StopAsync();
        await stream.EndedAsync();
        List<JsonElement> minutes = [];
        await Eventually.TrueAsync(
            async () => (minutes = await MinutesAsync(stream, began)).Sum(minute => minute.GetProperty("reconnects").GetInt32()) == 1,
            TimeSpan.FromSeconds(10),
            "the minute of the other encoder");
        Assert.Contains(
            "gopSizeLong", minutes.SelectMany(minute => minute.GetProperty("issues").EnumerateArray()).Select(issue => issue.GetString()));
        Assert.Empty(await MinutesAsync(stream, DateTimeOffset.UtcNow));
    }

    private async Task<List<JsonElement>> MinutesAsync(TestStream stream, DateTimeOffset from) =>
    [
        .. (await Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health?from={from.UtcDateTime:O}&seconds=0")).Data
            .GetProperty("minutes").EnumerateArray(),
    ];

    private async Task<JsonElement> HealthAsync(TestStream stream) =>
        (await Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health?seconds=600")).Data;

    private Task BecomesAsync(TestStream stream, Func<JsonElement, bool> condition) => Eventually.TrueAsync(
        async () => condition((await Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health?seconds=0")).Data),
        TimeSpan.FromSeconds(60),
        "health to become what its encoder is");

    private static List<string> Types(JsonElement health) =>
        [.. health.GetProperty("issues").EnumerateArray().Select(issue => issue.GetProperty("type").GetString()!)];
}
