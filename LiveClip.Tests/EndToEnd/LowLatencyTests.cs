using System.Globalization;
using System.Net;
using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>Low-latency HLS over the wire: what a player is told of the parts to come, and that it can wait for them.</summary>
public sealed class LowLatencyTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 20, BFrames = 0 };

    [Fact]
    public async Task A_player_is_told_what_it_will_get()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 100);

        using var answer = await server.AskAsync(stream.Playback);
        var lines = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n');

        var attributes = Assert.Single(lines, line => line.StartsWith("#EXT-X-STREAM-INF:", StringComparison.Ordinal));
        Assert.Contains("CODECS=\"avc1.64000D,mp4a.40.2\"", attributes, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("RESOLUTION=320x180,FRAME-RATE=30.000", attributes, StringComparison.Ordinal);
        var segment = (await stream.PlaylistAsync()).Segments[0];
        var length = (await server.Anyone.GetByteArrayAsync(segment.Address, TestContext.Current.CancellationToken)).Length;
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"BANDWIDTH={(long)(length * 8 / segment.Duration)},"), attributes, StringComparison.Ordinal);
        Assert.Equal($"{stream.PlaybackId}/index.m3u8", lines[^2]);
    }

    [Fact]
    public async Task A_playlist_waits_for_the_part_that_is_asked_for()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 100);
        var now = await stream.PlaylistAsync();
        var parts = now.OpenParts.Count;
        Assert.InRange(parts, 3, 5);

        var next = stream.PlaylistAsync($"?_HLS_msn={now.MediaSequence + now.Segments.Count}&_HLS_part={parts}");
        var hinted = server.Anyone.GetByteArrayAsync(now.NextPart, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted || hinted.IsCompleted);
        await publisher.SendAsync(pictures: 10);

        var then = await Eventually.EndsAsync(next, Deadline);
        Assert.Equal(parts + 1, then.OpenParts.Count);
        Assert.Equal(now.NextPart, then.OpenParts[^1]);
        Assert.Equal(
            await Eventually.EndsAsync(hinted, Deadline),
            await server.Anyone.GetByteArrayAsync(then.OpenParts[^1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_parts_of_a_segment_are_the_segment()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 200);
        var playlist = await stream.PlaylistAsync();

        var last = playlist.Segments[^1];

        Assert.Equal(7, last.Parts.Count);
        var parts = new List<byte>();
        foreach (var part in last.Parts)
        {
            using var answer = await server.AskAsync(part);
            Assert.Equal(("video/mp4", "public, max-age=31536000, immutable"), (answer.Content.Headers.ContentType?.MediaType, string.Join(", ", answer.Headers.GetValues("Cache-Control"))));
            Assert.NotNull(answer.Headers.ETag);
            parts.AddRange(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(await server.Anyone.GetByteArrayAsync(last.Address, TestContext.Current.CancellationToken), parts);
    }

    [Fact]
    public async Task Whoever_waits_is_told_at_once_when_the_broadcast_is_over()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await SilentPublisher.StartAsync(await (Small with { Seconds = 5 }).FlvAsync(), stream.Ingest);
        var now = await stream.PlaylistWithAsync(segments: 2);

        var next = stream.PlaylistAsync($"?_HLS_msn={now.MediaSequence + now.Segments.Count + 1}");
        await publisher.StopAsync();

        var then = await Eventually.EndsAsync(next, Deadline);
        Assert.True(then.Ended);
        Assert.DoesNotContain("#EXT-X-PART", then.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Anyone.GetAnswerAsync(now.NextPart!.PathAndQuery)).Status);
    }

    [Theory]
    [InlineData("_HLS_msn=abc", "_HLS_msn")]
    [InlineData("_HLS_msn=-1", "_HLS_msn")]
    [InlineData("_HLS_msn=99999999999999999999", "_HLS_msn")]
    [InlineData("_HLS_msn=100000", "_HLS_msn")]
    [InlineData("_HLS_part=0", "_HLS_part")]
    [InlineData("_HLS_msn=1&_HLS_part=x", "_HLS_part")]
    [InlineData("_HLS_msn=1&_HLS_part=5000", "_HLS_part")]
    [InlineData("_HLS_skip=maybe", "_HLS_skip")]
    [InlineData("lowLatency=2", "lowLatency")]
    public async Task What_nobody_can_mean_is_refused_with_the_fields_name(string query, string field)
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 100);

        var answer = await server.Anyone.GetAnswerAsync($"{stream.Media.PathAndQuery}?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(field, answer.Error.GetProperty("fields")[0].GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_part_that_nobody_was_promised_is_not_waited_for()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 100);
        var next = (await stream.PlaylistAsync()).NextPart!;

        foreach (var path in (string[])[next.AbsolutePath.Replace("/0/p", "/0/p9", StringComparison.Ordinal), next.AbsolutePath.Replace("/0/p", "/7/p", StringComparison.Ordinal)])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await server.Anyone.GetAnswerAsync(path)).Status);
        }
    }

    [Fact]
    public async Task Playlists_are_packed_for_whoever_can_unpack_them()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 100);
        foreach (var packing in (string[])["gzip", "br"])
        {
            using var answer = await server.AskAsync(stream.Media, headers => headers.AcceptEncoding.ParseAdd(packing));
            Assert.Equal(packing, Assert.Single(answer.Content.Headers.ContentEncoding));
        }

        using var plain = await server.AskAsync(stream.Media);
        Assert.Empty(plain.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task For_a_player_with_few_connections_there_is_a_playlist_without_parts()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 100);

        var plain = await stream.PlaylistAsync("?lowLatency=false");

        Assert.DoesNotContain("CAN-BLOCK-RELOAD", plain.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("#EXT-X-PART", plain.Text, StringComparison.Ordinal);
        Assert.Equal((await stream.PlaylistAsync()).Segments.Select(segment => segment.Address), plain.Segments.Select(segment => segment.Address));
    }

    [Fact]
    public async Task The_studio_can_open_a_piece_of_a_long_recording()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 400);
        using var browser = await Browser.SignedInAsync(server.Process);
        var recording = (await stream.PlaylistAsync()).Segments[0].Address!.Segments[2].TrimEnd('/');

        using var answer = await browser.GetAsync($"/recordings/{recording}/index.m3u8?from=4.5&to=7");
        var piece = await HlsPlaylist.ReadAsync(answer);

        Assert.True(piece.Ended);
        Assert.Equal(["2.m4s", "3.m4s"], piece.Segments.Select(segment => segment.Address!.Segments[^1]));
        Assert.Contains("#EXT-X-START:TIME-OFFSET=0.5,PRECISE=YES", piece.Text, StringComparison.Ordinal);
        foreach (var (query, status) in ((string, HttpStatusCode)[])
            [("from=7&to=7", HttpStatusCode.UnprocessableEntity), ("from=-1&to=7", HttpStatusCode.UnprocessableEntity), ("to=7", HttpStatusCode.UnprocessableEntity), ("from=500&to=501", HttpStatusCode.NotFound)])
        {
            using var refused = await browser.GetAsync($"/recordings/{recording}/index.m3u8?{query}");
            Assert.Equal(status, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Viewers_and_what_is_sent_to_them_are_told()
    {
        var stream = await TestStream.CreateAsync(server.Process);
        await using var publisher = await OnAirAsync(stream, pictures: 200);
        var playlist = await stream.PlaylistAsync();
        var part = playlist.Segments[^1].Parts[0];
        foreach (var program in (string[])["one", "another"])
        {
            using var media = await server.AskAsync(part, headers => headers.UserAgent.ParseAdd(program));
            using var unsent = await server.AskAsync(part, headers => headers.UserAgent.ParseAdd(program), HttpMethod.Head);
        }

        var held = server.Anyone.GetByteArrayAsync(playlist.NextPart, TestContext.Current.CancellationToken);
        var length = (await server.Anyone.GetByteArrayAsync(part, TestContext.Current.CancellationToken)).Length;

        JsonElement health = default;
        await Eventually.TrueAsync(
            async () => Sum(health = (await server.Process.Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}/health")).Data, "memoryHits") >= 3,
            Deadline);
        // The two, and this test, which has read the playlist and says no name.
        Assert.Equal(3, health.GetProperty("now").GetProperty("viewers").GetInt32());
        Assert.Equal(1, health.GetProperty("now").GetProperty("waitingRequests").GetInt32());
        Assert.Equal((3, 0, 3 * length), (Sum(health, "memoryHits"), Sum(health, "diskReads"), Sum(health, "bytesSent")));
        await publisher.SendAsync(pictures: 20);
        await Eventually.EndsAsync(held, Deadline);
    }

    private static int Sum(JsonElement health, string figure) =>
        health.GetProperty("readings").EnumerateArray().Sum(reading => reading.GetProperty(figure).GetInt32());

    private static async Task<SteppedPublisher> OnAirAsync(TestStream stream, int pictures)
    {
        var publisher = await SteppedPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        await publisher.SendAsync(pictures);
        // The last one is held until it is clear how long it lasts.
        await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() >= (pictures - 10) / 30.0, Deadline);
        return publisher;
    }
}
