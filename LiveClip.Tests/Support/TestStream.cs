using System.Globalization;
using System.Net;
using System.Text.Json;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>A live stream made by API, with what encoders, viewers and programs do with it.</summary>
public sealed class TestStream
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    private readonly ServerProcess _server;

    private TestStream(ServerProcess server, JsonElement created)
    {
        _server = server;
        Id = created.GetProperty("streamId").GetString()!;
        Key = created.GetProperty("streamKey").GetString()!;
        PlaybackId = created.GetProperty("playbackIds")[0].GetProperty("id").GetString()!;
    }

    public string Id { get; }

    public string Key { get; }

    public string PlaybackId { get; }

    /// <summary>Where an encoder publishes, with the key.</summary>
    public Uri Ingest => new(_server.Rtmp, $"/live/{Key}");

    /// <summary>What a player opens first.</summary>
    public Uri Playback => new(_server.Http, $"/{PlaybackId}.m3u8");

    /// <summary>What it reads then, again and again.</summary>
    public Uri Media => new(_server.Http, $"/{PlaybackId}/index.m3u8");

    public string ClipsPath => $"/v1/live/streams/{Id}/clips";

    public static async Task<TestStream> CreateAsync(
        ServerProcess server, bool enableDvrMode = false, string accessPolicy = "public", bool enableRecording = true)
    {
        var created = await server.Api.PostAnswerAsync(
            "/v1/live/streams",
            new { playbackSettings = new { accessPolicy }, inputMediaSettings = new { enableDvrMode, enableRecording } });
        Assert.Equal(HttpStatusCode.Created, created.Status);
        return new TestStream(server, created.Data);
    }

    public async Task<FfmpegPublisher> PublishAsync(TestMedia media, bool realTime = true) =>
        await FfmpegPublisher.StartAsync(await media.FlvAsync(), Ingest, realTime);

    /// <summary>Publishes everything as fast as it goes, and waits until the recording is over.</summary>
    public async Task RecordAsync(TestMedia media)
    {
        await using var publisher = await PublishAsync(media, realTime: false);
        await Eventually.EndsAsync(publisher.Completion, Deadline);
        await EndedAsync();
    }

    public async Task<string> StatusAsync() =>
        (await _server.Api.GetAnswerAsync($"/v1/live/streams/{Id}")).Data.GetProperty("status").GetString()!;

    public Task BecomesAsync(string status) =>
        Eventually.TrueAsync(async () => await StatusAsync() == status, Deadline, $"status {status}");

    /// <summary>Null while there is nothing to play.</summary>
    public async Task<HlsPlaylist?> FindPlaylistAsync(string query = "")
    {
        using var response = await _server.Api.GetAsync(new Uri(query.Contains("start=", StringComparison.Ordinal) ? Playback : Media, query));
        return response.StatusCode == HttpStatusCode.NotFound ? null : await HlsPlaylist.ReadAsync(response);
    }

    public async Task<HlsPlaylist> PlaylistAsync(string query = "") =>
        await FindPlaylistAsync(query) ?? throw new InvalidOperationException($"{Playback} has nothing to play");

    public Task<HlsPlaylist> PlaylistWithAsync(int segments) => Eventually.SomeAsync(
        async () => await FindPlaylistAsync() is { } found && found.Segments.Count >= segments ? found : null,
        Deadline,
        $"{segments} segments");

    /// <summary>The recording is over, and says so.</summary>
    public async Task<HlsPlaylist> EndedAsync()
    {
        await BecomesAsync("idle");
        return await Eventually.SomeAsync(
            async () => await FindPlaylistAsync() is { Ended: true } ended ? ended : null, Deadline, "EXT-X-ENDLIST");
    }

    /// <summary>The number of each picture of the whole recording, run by run.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<int>>> RecordedFramesAsync()
    {
        using var folder = new TempFolder();
        var runs = new List<IReadOnlyList<int>>();
        foreach (var run in await (await PlaylistAsync("?dvrMode=true")).DownloadRunsAsync(_server.Api, folder))
        {
            runs.Add(await DecodedVideo.FrameNumbersAsync(run));
        }
        return runs;
    }

    /// <summary>The newest picture of the recording on air, seconds on its timeline; 0 while there is none.</summary>
    public async Task<double> NewestPictureAsync()
    {
        // Asked for what begins ahead, the server names the newest picture and makes nothing.
        var answer = await _server.Api.PostAnswerAsync(ClipsPath, new { start = 1e6, end = 1e6 + 1 });
        return answer.Status == HttpStatusCode.UnprocessableEntity
            ? double.Parse(
                answer.Error.GetProperty("fields")[0].GetProperty("message").GetString()!.Split(' ')[^2], CultureInfo.InvariantCulture)
            : 0;
    }

    public Task<ApiAnswer> PostClipAsync(object body) => _server.Api.PostAnswerAsync(ClipsPath, body);

    /// <summary>A clip as soon as its end has been received, ready to be downloaded.</summary>
    public async Task<JsonElement> ClipAsync(double start, double end)
    {
        ApiAnswer? answer = null;
        await Eventually.TrueAsync(
            async () => (answer = await PostClipAsync(new { start, end })).Status == HttpStatusCode.Created,
            Deadline,
            $"a clip from {start} s to {end} s");
        return await ReadyAsync(answer!.Data);
    }

    public async Task<JsonElement> ReadyAsync(JsonElement clip)
    {
        var path = $"/v1/clips/{clip.GetProperty("clipId").GetString()}";
        JsonElement now = default;
        await Eventually.TrueAsync(
            async () => (now = (await _server.Api.GetAnswerAsync(path)).Data).GetProperty("status").GetString() is "ready" or "failed",
            Deadline,
            "the clip's end of work");
        Assert.True(now.GetProperty("status").GetString() == "ready", now.ToString());
        return now;
    }
}
