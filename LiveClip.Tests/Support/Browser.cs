using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace LiveClip.Tests.Support;

/// <summary>A browser without scripts: keeps cookies and sends forms with their hidden fields.</summary>
public sealed class Browser : IDisposable
{
    private readonly HttpClient _http;

    public Browser(Uri server) =>
        _http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server };

    /// <summary>Somebody who has signed in.</summary>
    public static async Task<Browser> SignedInAsync(ServerProcess server)
    {
        var browser = new Browser(server.Http);
        var answer = await browser.SignInAsync(ServerProcess.AdminEmail, ServerProcess.AdminPassword);
        return answer.StatusCode == HttpStatusCode.Redirect
            ? browser
            : throw new InvalidOperationException($"login answered {answer.StatusCode}");
    }

    public Task<HttpResponseMessage> SignInAsync(string email, string password) =>
        SubmitAsync("/login", ("Input.Email", email), ("Input.Password", password));

    public async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new("text/html") } } };
        return await _http.SendAsync(request);
    }

    /// <summary>Loads the page and sends its form.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        using var page = await GetAsync(path);
        var form = Parse(await page.Content.ReadAsStringAsync()).Forms[0];
        var hidden = form.QuerySelectorAll("input[type=hidden]").OfType<IHtmlInputElement>()
            .Select(input => (Name: input.Name!, input.Value));
        using var content = new FormUrlEncodedContent(hidden.Concat(fields).Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Accept.ParseAdd("text/html");
        return await _http.SendAsync(request);
    }

    public static IHtmlDocument Parse(string html) => new HtmlParser().ParseDocument(html);

    public void Dispose() => _http.Dispose();
}
