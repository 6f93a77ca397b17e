using System.Net;
using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>A clip whose end lies ahead, over the wire: its link works at once, its playlist grows, and it is cut with its last picture.</summary>
public sealed class GrowingClipTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 20, Gop = 30, BFrames = 0 };

    [Fact]
    public async Task It_grows_behind_its_link_and_is_ready_with_its_last_picture()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await SteppedPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        await publisher.SendAsync(pictures: 100);
        await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() >= 3, Deadline);

        var answer = await stream.PostClipAsync(new { start = 1.5, end = 7 });

        Assert.Equal((HttpStatusCode.Created, "waiting"), (answer.Status, Text(answer.Data, "status")));
        var first = await ListAsync(answer.Data);
        Assert.False(first.Ended);
        Assert.NotEmpty(first.Segments);
        using var page = await server.AskAsync(new Uri(Text(answer.Data, "shareUrl")), headers => headers.Accept.ParseAdd("text/html"));
        Assert.Contains("data-playlist", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await publisher.SendAsync(pictures: 80);
        HlsPlaylist second = first;
        await Eventually.TrueAsync(async () => (second = await ListAsync(answer.Data)).Segments.Count > first.Segments.Count, Deadline);
        Assert.Equal(first.Segments, second.Segments.Take(first.Segments.Count));
        Assert.Equal("waiting", Text((await server.Process.Api.GetAnswerAsync($"/v1/clips/{Text(answer.Data, "clipId")}")).Data, "status"));

        await publisher.SendAsync(pictures: 60);
        var ready = await stream.ReadyAsync(answer.Data);
        Assert.False(ready.GetProperty("trimmed").GetBoolean());
        Assert.InRange(ready.GetProperty("delivered").GetProperty("end").GetDouble(), 6.998, 7.04);
        var over = await ListAsync(ready);
        Assert.True(over.Ended);
        Assert.Equal(second.Segments, over.Segments.Take(second.Segments.Count));
        var numbers = await DecodedVideo.FrameNumbersAsync(Text(ready, "playlistUrl"));
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
        Assert.True(numbers[0] <= 45 && numbers[^1] >= 209, $"{numbers[0]} to {numbers[^1]}");
    }

    [Fact]
    public async Task It_ends_with_the_broadcast_and_says_so()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await SilentPublisher.StartAsync(await (Small with { Seconds = 5 }).FlvAsync(), stream.Ingest);
        await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() >= 3, Deadline);
        var answer = await stream.PostClipAsync(new { start = 1, end = 25 });
        Assert.Equal("waiting", Text(answer.Data, "status"));

        await publisher.StopAsync();

        var ready = await stream.ReadyAsync(answer.Data);
        Assert.Equal((true, "broadcastEnded"), (ready.GetProperty("trimmed").GetBoolean(), Text(ready, "trimReason")));
        Assert.Equal("""{"start":1,"end":25}""", ready.GetProperty("requested").GetRawText());
        Assert.Equal(5, ready.GetProperty("delivered").GetProperty("end").GetDouble(), 0.002);
    }

    private async Task<HlsPlaylist> ListAsync(JsonElement clip)
    {
        using var answer = await server.AskAsync(new Uri(Text(clip, "playlistUrl")));
        return await HlsPlaylist.ReadAsync(answer);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
