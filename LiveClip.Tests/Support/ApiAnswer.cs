using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace LiveClip.Tests.Support;

/// <summary>What the API said to a request: its status and its JSON.</summary>
public sealed record ApiAnswer(HttpStatusCode Status, JsonElement Body)
{
    public JsonElement Data => Body.GetProperty("data");

    public JsonElement Error => Body.GetProperty("error");

    /// <summary>The fields that a 422 names.</summary>
    public IReadOnlyList<string> Fields => Error.TryGetProperty("fields", out var fields)
        ? [.. fields.EnumerateArray().Select(fault => fault.GetProperty("field").GetString()!)]
        : [];

    public static async Task<ApiAnswer> FromAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        var text = await response.Content.ReadAsStringAsync();
        try
        {
            return new ApiAnswer(response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text));
        }
        catch (JsonException error)
        {
            throw new InvalidOperationException($"{(int)response.StatusCode} with no JSON: {text}", error);
        }
    }
}

/// <summary>The API as a program calls it.</summary>
public static class ApiCalls
{
    public static Task<ApiAnswer> GetAnswerAsync(this HttpClient api, string path) =>
        ApiAnswer.FromAsync(api.GetAsync(new Uri(path, UriKind.Relative)));

    public static Task<ApiAnswer> PostAnswerAsync(this HttpClient api, string path, object body) =>
        ApiAnswer.FromAsync(api.PostAsJsonAsync(path, body));

    /// <summary>Posts text that may be no JSON at all.</summary>
    public static Task<ApiAnswer> PostTextAsync(this HttpClient api, string path, string body) =>
        ApiAnswer.FromAsync(
            api.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body, new MediaTypeHeaderValue("application/json"))));

    public static Task<ApiAnswer> PatchTextAsync(this HttpClient api, string path, string body) =>
        ApiAnswer.FromAsync(
            api.PatchAsync(new Uri(path, UriKind.Relative), new StringContent(body, new MediaTypeHeaderValue("application/json"))));

    public static Task<ApiAnswer> DeleteAnswerAsync(this HttpClient api, string path) =>
        ApiAnswer.FromAsync(api.DeleteAsync(new Uri(path, UriKind.Relative)));
}
