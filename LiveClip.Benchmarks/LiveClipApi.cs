using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace LiveClip.Benchmarks;

/// <summary>A server's HTTP API. Stream keys stay in this process, and the API token comes by environment.</summary>
internal sealed class LiveClipApi : IDisposable
{
    private readonly HttpClient _client;

    public LiveClipApi(Uri address)
    {
        var token = $"{Environment.GetEnvironmentVariable("LiveClip__Bootstrap__TokenId")}:"
            + Environment.GetEnvironmentVariable("LiveClip__Bootstrap__TokenSecret");
        _client = new HttpClient { BaseAddress = address };
        _client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)));
    }

    public async Task<(string Id, string Key)> CreateStreamAsync()
    {
        var (id, key, _) = await CreatePlayableStreamAsync();
        return (id, key);
    }

    public async Task<(string Id, string Key, string PlaybackId)> CreatePlayableStreamAsync()
    {
        using var response = await _client.PostAsJsonAsync("/v1/live/streams", new
        {
            playbackSettings = new { accessPolicy = "public" },
            inputMediaSettings = new { mediaPolicy = "public" },
        });
        response.EnsureSuccessStatusCode();
        var created = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
        return (
            created.GetProperty("streamId").GetString()!,
            created.GetProperty("streamKey").GetString()!,
            created.GetProperty("playbackIds")[0].GetProperty("id").GetString()!);
    }

    /// <summary>Null while the server has not received that much yet.</summary>
    public async Task<JsonElement?> TryClipAsync(string streamId, double start, double end)
    {
        using var response = await _client.PostAsJsonAsync($"/v1/live/streams/{streamId}/clips", new { start, end });
        if (response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity or HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
    }

    public async Task<JsonElement> ClipAsync(string clipId) =>
        (await _client.GetFromJsonAsync<JsonElement>($"/v1/clips/{clipId}")).GetProperty("data");

    /// <summary>Up to the first byte of the answer.</summary>
    public async Task FirstByteAsync(string url)
    {
        using var response = await _client.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1]);
    }

    public void Dispose() => _client.Dispose();
}
