using System.Net;
using System.Text.Json;
using LiveClip.Core.Access;
using LiveClip.Core.Changes;
using LiveClip.Web.Hubs;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LiveClip.Tests.Hubs;

public sealed class LiveHubTests
{
    private const string ClientId = "0b9f7a46-3b1c-4f0e-8a53-5f6d1c2e3a40";

    [Fact]
    public async Task Join_answers_with_the_stream_its_newest_recording_and_its_runs()
    {
        await using var server = await HubServer.StartAsync();
        await using var viewer = await server.ConnectAsync(Roles.Viewer);

        var snapshot = (await viewer.InvokeAsync("Join", HubServer.StreamId)).GetProperty("result");

        Assert.Equal(0, snapshot.GetProperty("sequence").GetInt64());
        var stream = snapshot.GetProperty("stream");
        Assert.Equal(HubServer.StreamId, stream.GetProperty("streamId").GetString());
        Assert.Equal("Match A", stream.GetProperty("name").GetString());
        Assert.Equal("idle", stream.GetProperty("status").GetString());
        Assert.Equal(5, stream.GetProperty("maxClipSeconds").GetInt32());
        Assert.Equal(60, stream.GetProperty("reconnectWindow").GetDouble());
        var recording = stream.GetProperty("recording");
        Assert.Equal(HubServer.RecordingId, recording.GetProperty("recordingId").GetGuid());
        Assert.True(recording.GetProperty("ended").GetBoolean());
        Assert.Equal(10 * 90_000, recording.GetProperty("newestPicture").GetInt64());
        Assert.Equal([(0, 0L), (1, 6 * 90_000L)], stream.GetProperty("runs").EnumerateArray()
            .Select(run => (run.GetProperty("number").GetInt32(), run.GetProperty("timelineStart").GetInt64())));
        Assert.Empty(snapshot.GetProperty("clips").EnumerateArray());
    }

    [Fact]
    public async Task Join_of_no_stream_says_so()
    {
        await using var server = await HubServer.StartAsync();
        await using var viewer = await server.ConnectAsync(Roles.Viewer);

        Assert.Contains("no such stream", (await viewer.InvokeAsync("Join", "nothing")).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clip_is_answered_at_once_and_told_to_everybody_who_joined()
    {
        await using var server = await HubServer.StartAsync();
        await using var producer = await server.ConnectAsync(Roles.Producer);
        await using var viewer = await server.ConnectAsync(Roles.Viewer);
        await viewer.InvokeAsync("Join", HubServer.StreamId);

        var clip = (await producer.InvokeAsync("CreateClip", Last(2))).GetProperty("result").GetProperty("clip");

        Assert.Equal(ClientId, clip.GetProperty("clientId").GetString());
        Assert.Equal("queued", clip.GetProperty("status").GetString());
        Assert.Equal((8 * 90_000L, 10 * 90_000L), (clip.GetProperty("start").GetInt64(), clip.GetProperty("end").GetInt64()));
        Assert.Equal(22, clip.GetProperty("slug").GetString()!.Length);
        var told = await viewer.EventAsync("ClipUpdated");
        Assert.Equal(1, told[0].GetInt64());
        Assert.Equal(clip.GetProperty("clipId").GetString(), told[1].GetProperty("clipId").GetString());
    }

    [Fact]
    public async Task A_repeat_with_the_same_client_id_answers_with_the_same_clip()
    {
        await using var server = await HubServer.StartAsync();
        await using var first = await server.ConnectAsync(Roles.Producer);
        await using var second = await server.ConnectAsync(Roles.Producer);

        var made = (await first.InvokeAsync("CreateClip", Last(2))).GetProperty("result").GetProperty("clip");
        var again = (await second.InvokeAsync("CreateClip", Last(2))).GetProperty("result").GetProperty("clip");

        Assert.Equal(made.GetProperty("clipId").GetString(), again.GetProperty("clipId").GetString());
        Assert.Equal(1, await server.CountClipsAsync());
    }

    [Fact]
    public async Task A_longer_quick_clip_keeps_its_end_and_says_that_it_was_trimmed()
    {
        await using var server = await HubServer.StartAsync();
        await using var producer = await server.ConnectAsync(Roles.Producer);

        var clip = (await producer.InvokeAsync("CreateClip", Last(8))).GetProperty("result").GetProperty("clip");

        Assert.True(clip.GetProperty("trimmed").GetBoolean());
        // Five seconds of playing time: one of run 0, four of run 1; the gap does not count.
        Assert.Equal((3 * 90_000L, 10 * 90_000L), (clip.GetProperty("start").GetInt64(), clip.GetProperty("end").GetInt64()));
    }

    [Fact]
    public async Task A_picture_in_a_run_that_is_not_there_is_refused_with_the_field_named()
    {
        await using var server = await HubServer.StartAsync();
        await using var producer = await server.ConnectAsync(Roles.Producer);

        var answer = (await producer.InvokeAsync("CreateClip", new
        {
            clientId = ClientId,
            streamId = HubServer.StreamId,
            recordingId = HubServer.RecordingId,
            @in = new { run = 7, time90k = 0 },
            @out = new { run = 7, time90k = 90_000 },
        })).GetProperty("result");

        Assert.Equal(JsonValueKind.Null, answer.GetProperty("clip").ValueKind);
        Assert.Equal("in", answer.GetProperty("error").GetProperty("field").GetString());
        Assert.Equal("invalid", answer.GetProperty("error").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_request_with_neither_pictures_nor_seconds_or_without_a_client_id_is_refused()
    {
        await using var server = await HubServer.StartAsync();
        await using var producer = await server.ConnectAsync(Roles.Producer);

        var neither = await producer.InvokeAsync("CreateClip", new { clientId = ClientId, streamId = HubServer.StreamId });
        var nameless = await producer.InvokeAsync("CreateClip", new { clientId = Guid.Empty, streamId = HubServer.StreamId, last = 2 });

        Assert.Equal("in", ErrorField(neither));
        Assert.Equal("clientId", ErrorField(nameless));
        Assert.Equal(0, await server.CountClipsAsync());
    }

    [Fact]
    public async Task A_viewer_may_join_but_not_clip()
    {
        await using var server = await HubServer.StartAsync();
        await using var viewer = await server.ConnectAsync(Roles.Viewer);

        var answer = await viewer.InvokeAsync("CreateClip", Last(2));

        Assert.Contains("unauthorized", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await server.CountClipsAsync());
    }

    [Fact]
    public async Task Nobody_connects_without_a_login()
    {
        await using var server = await HubServer.StartAsync();
        await using var stranger = await JsonHubClient.ConnectAsync(server.Hub, role: null, server.Origin);

        Assert.Equal(HttpStatusCode.Unauthorized, stranger.Status);
    }

    [Fact]
    public async Task Another_sites_page_is_refused_even_with_the_login()
    {
        await using var server = await HubServer.StartAsync();
        await using var foreign = await JsonHubClient.ConnectAsync(server.Hub, Roles.Admin, "https://evil.example");
        await using var sandboxed = await JsonHubClient.ConnectAsync(server.Hub, Roles.Admin, "null");
        await using var behindProxy = await JsonHubClient.ConnectAsync(server.Hub, Roles.Admin, HubServer.PublicUrl);

        Assert.Equal(HttpStatusCode.Forbidden, foreign.Status);
        Assert.Equal(HttpStatusCode.Forbidden, sandboxed.Status);
        Assert.True(behindProxy.IsOpen);
    }

    [Fact]
    public async Task Events_of_a_stream_are_numbered_without_gaps_and_a_later_snapshot_contains_them()
    {
        await using var server = await HubServer.StartAsync();
        await using var viewer = await server.ConnectAsync(Roles.Viewer);
        await viewer.InvokeAsync("Join", HubServer.StreamId);

        server.Changes.Publish(new StreamChanged(HubServer.StreamId));
        Assert.Equal(1, (await viewer.EventAsync("StreamUpdated"))[0].GetInt64());
        server.Changes.Publish(new RecordingChanged(HubServer.StreamId, HubServer.RecordingId));
        var second = await viewer.EventAsync("StreamUpdated");
        Assert.Equal(2, second[0].GetInt64());
        Assert.Equal(10 * 90_000, second[1].GetProperty("recording").GetProperty("newestPicture").GetInt64());

        var snapshot = (await viewer.InvokeAsync("Join", HubServer.StreamId)).GetProperty("result");
        Assert.Equal(2, snapshot.GetProperty("sequence").GetInt64());
    }

    [Fact]
    public async Task A_deleted_clip_is_told_as_deleted_and_is_in_no_later_snapshot()
    {
        await using var server = await HubServer.StartAsync();
        await using var producer = await server.ConnectAsync(Roles.Producer);
        await producer.InvokeAsync("Join", HubServer.StreamId);
        var clip = (await producer.InvokeAsync("CreateClip", Last(2))).GetProperty("result").GetProperty("clip");
        await producer.EventAsync("ClipUpdated");

        await server.Clips.DeleteAsync(clip.GetProperty("clipId").GetGuid(), TestContext.Current.CancellationToken);

        Assert.Equal("deleted", (await producer.EventAsync("ClipUpdated"))[1].GetProperty("status").GetString());
        var snapshot = (await producer.InvokeAsync("Join", HubServer.StreamId)).GetProperty("result");
        Assert.Empty(snapshot.GetProperty("clips").EnumerateArray());
    }

    [Theory]
    [InlineData("http://10.0.0.5:5000", "10.0.0.5:5000", null, true)]
    [InlineData("https://live.example", "live.example", null, true)]
    [InlineData("https://LIVE.example", "live.example", "", true)]
    [InlineData("http://10.0.0.5:5001", "10.0.0.5:5000", null, false)]
    [InlineData("https://live.example.evil.example", "live.example", null, false)]
    [InlineData("https://clips.example", "127.0.0.1:5000", "https://clips.example/", true)]
    [InlineData("http://clips.example", "127.0.0.1:5000", "https://clips.example", false)]
    [InlineData("null", "live.example", null, false)]
    [InlineData("file://", "live.example", null, false)]
    public void An_origin_is_ours_when_it_is_the_host_asked_or_the_public_address(string origin, string host, string? publicUrl, bool admitted) =>
        Assert.Equal(admitted, SameOrigin.Admits(origin, new HostString(host), publicUrl));

    private static object Last(double seconds) => new { clientId = ClientId, streamId = HubServer.StreamId, last = seconds };

    private static string? ErrorField(JsonElement completion) =>
        completion.GetProperty("result").GetProperty("error").GetProperty("field").GetString();
}
