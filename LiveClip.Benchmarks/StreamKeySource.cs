using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace LiveClip.Benchmarks;

/// <summary>
/// Keys to publish with: of live streams that are created for it over the HTTP API, or just names for a server that asks for none. Keys
/// stay in this process, and the API token comes by environment.
/// </summary>
internal static class StreamKeySource
{
    public const string TokenIdVariable = "LiveClip__Bootstrap__TokenId";
    public const string TokenSecretVariable = "LiveClip__Bootstrap__TokenSecret";

    public static IReadOnlyList<string> Names(int count) => [.. Enumerable.Range(1, count).Select(number => $"stream{number}")];

    public static async Task<IReadOnlyList<string>> CreateAsync(Uri api, int count)
    {
        var token = $"{Environment.GetEnvironmentVariable(TokenIdVariable)}:{Environment.GetEnvironmentVariable(TokenSecretVariable)}";
        using var client = new HttpClient { BaseAddress = api };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)));
        var keys = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var response = await client.PostAsJsonAsync("/v1/live/streams", new
            {
                playbackSettings = new { accessPolicy = "public" },
                inputMediaSettings = new { mediaPolicy = "public" },
            });
            response.EnsureSuccessStatusCode();
            var created = await response.Content.ReadFromJsonAsync<JsonElement>();
            keys.Add(created.GetProperty("data").GetProperty("streamKey").GetString()!);
        }

        return keys;
    }
}
