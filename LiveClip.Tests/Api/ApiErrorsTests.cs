using System.Net;
using System.Net.Http.Headers;
using System.Text;
using LiveClip.Tests.Support;
using LiveClip.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>A program gets the API's JSON whatever it does wrong, and so does a browser that is led to the API's paths.</summary>
public sealed class ApiErrorsTests(LiveClipApp app) : IClassFixture<LiveClipApp>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/v1")]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("POST", "/v1/clips/0/nothing")]
    [InlineData("DELETE", "/live/nothing")]
    [InlineData("GET", "/on-demand")]
    [InlineData("GET", "/iam/signing-keys")]
    public async Task Where_nothing_is_the_answer_is_404(string method, string path)
    {
        var (answer, body) = await AskAsync(method, path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("""{"success":false,"error":{"code":404,"message":"not found"}}""", body);
    }

    [Theory]
    [InlineData("PUT", "/v1/live/streams", "GET, POST")]
    [InlineData("DELETE", "/live/streams", "GET, POST")]
    [InlineData("PUT", "/v1/clips/0b9f7a46-3b1c-4f0e-8a53-5f6d1c2e3a40", "DELETE, GET, PATCH")]
    [InlineData("GET", "/v1/live/streams/0/clips", "POST")]
    public async Task A_method_that_a_resource_has_not_is_405_and_those_that_it_has_are_named(string method, string path, string allowed)
    {
        var (answer, body) = await AskAsync(method, path);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(allowed, string.Join(", ", answer.Content.Headers.Allow.Order()));
        Assert.Equal("""{"success":false,"error":{"code":405,"message":"method not allowed"}}""", body);
    }

    [Theory]
    [InlineData("/v1/live/streams", "text/plain")]
    [InlineData("/v1/live/streams/0/clips", "application/x-www-form-urlencoded")]
    [InlineData("/live/streams", null)]
    public async Task A_body_that_is_not_said_to_be_JSON_is_415(string path, string? type)
    {
        var (answer, body) = await AskAsync("POST", path, type);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal("""{"success":false,"error":{"code":415,"message":"Content-Type must be application/json"}}""", body);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("PUT", "/live/streams")]
    [InlineData("GET", "/on-demand")]
    [InlineData("GET", "/iam")]
    public async Task A_stranger_learns_nothing_of_what_there_is(string method, string path)
    {
        var (answer, body) = await AskAsync(method, path, isKnown: false);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("""{"success":false,"error":{"code":401,"message":"unauthorized"}}""", body);
    }

    [Fact]
    public async Task What_breaks_inside_is_500_without_a_word_of_the_reason()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        await using var broken = builder.Build();
        broken.UseApiErrors();
        broken.Run(_ => throw new InvalidOperationException("the disk is full"));
        await broken.StartAsync(Token);
        using var client = broken.GetTestClient();

        using var answer = await client.GetAsync(new Uri("/v1/clips", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            """{"success":false,"error":{"code":500,"message":"internal server error"}}""", await answer.Content.ReadAsStringAsync(Token));
    }

    private async Task<(HttpResponseMessage Answer, string Body)> AskAsync(
        string method, string path, string? type = "application/json", bool isKnown = true)
    {
        using var client = app.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { Accept = { new("text/html") } } };
        if (isKnown)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ServerProcess.TokenId}:{ServerProcess.TokenSecret}")));
        }

        if (method == "POST")
        {
            request.Content = new ByteArrayContent("{}"u8.ToArray());
            request.Content.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
        }

        var answer = await client.SendAsync(request, Token);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return (answer, await answer.Content.ReadAsStringAsync(Token));
    }
}
