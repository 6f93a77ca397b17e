using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>The first minute of an administrator: the setup link, the login, and settings that cannot be.</summary>
public sealed partial class FirstStartTests
{
    private const string Email = "first@example.com";
    private const string Password = "a long enough password";

    private static readonly TimeSpan Start = TimeSpan.FromSeconds(60);

    private static readonly string[] NoBootstrap =
        [.. ((string[])["AdminEmail", "AdminPassword", "TokenId", "TokenSecret"]).Select(key => $"--LiveClip:Bootstrap:{key}=")];

    [Fact]
    public async Task The_setup_link_is_printed_works_once_and_leads_in()
    {
        using var data = new TempFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath, NoBootstrap);
        var link = await SetupLinkAsync(server);
        Assert.Equal(server.Http.Authority, link.Authority);
        using var browser = new Browser(server.Http);

        using var wrong = await browser.GetAsync("/setup?code=AAAAAAAAAAAAAAAAAAAAAA");
        Assert.Equal(HttpStatusCode.NotFound, wrong.StatusCode);
        using var without = await browser.GetAsync("/setup");
        Assert.Equal(HttpStatusCode.NotFound, without.StatusCode);
        using var stranger = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.Redirect, stranger.StatusCode);
        Assert.StartsWith("/login", stranger.Headers.Location!.PathAndQuery, StringComparison.Ordinal);

        using var weak = await browser.SubmitAsync(link.PathAndQuery, ("Input.Email", Email), ("Input.Password", "short"));
        Assert.Contains("at least 8 characters", await TextAsync(weak), StringComparison.Ordinal);

        using var done = await browser.SubmitAsync(link.PathAndQuery, ("Input.Email", Email), ("Input.Password", Password));
        var token = Browser.Parse(await TextAsync(done)).QuerySelectorAll(".token code").Select(code => code.TextContent).ToList();
        Assert.Equal(2, token.Count);
        using var dashboard = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, dashboard.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await ApiStatusAsync(server, token[0], token[1]));
        Assert.Equal(HttpStatusCode.Unauthorized, await ApiStatusAsync(server, token[0], token[1] + "0"));

        using var again = await browser.GetAsync(link.PathAndQuery);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        Assert.DoesNotContain(server.Log, line => line.Contains(token[1], StringComparison.Ordinal));
        Assert.DoesNotContain(server.Log, line => line.Contains(Password, StringComparison.Ordinal));
        await server.StopAsync();
        await server.RestartAsync();
        using var later = new Browser(server.Http);
        Assert.Equal(HttpStatusCode.Redirect, (await later.SignInAsync(Email, Password)).StatusCode);
        Assert.DoesNotContain(server.Log, line => line.Contains("/setup", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_start_without_an_admin_makes_another_link()
    {
        using var data = new TempFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath, NoBootstrap);
        var first = await SetupLinkAsync(server);
        await server.KillAsync();
        await server.RestartAsync();

        var second = await SetupLinkAsync(server);

        Assert.NotEqual(first, second);
        using var browser = new Browser(server.Http);
        using var old = await browser.GetAsync(first.PathAndQuery);
        Assert.Equal(HttpStatusCode.NotFound, old.StatusCode);
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account()
    {
        using var data = new TempFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        using var browser = new Browser(server.Http);
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await browser.SignInAsync(ServerProcess.AdminEmail, "wrong password");
            Assert.Equal(HttpStatusCode.OK, wrong.StatusCode);
        }

        using var right = await browser.SignInAsync(ServerProcess.AdminEmail, ServerProcess.AdminPassword);

        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        Assert.Contains("locked", await TextAsync(right), StringComparison.Ordinal);
        using var dashboard = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.Redirect, dashboard.StatusCode);
    }

    [Theory]
    [InlineData("LiveClip:Clips:MaxSeconds", "0")]
    [InlineData("LiveClip:Clips:MaxSeconds", "many")]
    [InlineData("LiveClip:Ingest:RtmpPort", "70000")]
    [InlineData("LiveClip:Recordings:WriterQueueMiB", "-1")]
    [InlineData("LiveClip:PublicUrl", "clips.example.org")]
    [InlineData("LiveClip:PublicUrl", "ftp://clips.example.org")]
    [InlineData("LiveClip:PublicUrl", "https://clips.example.org/?a=b")]
    [InlineData("LiveClip:TrustedProxies:0", "proxy")]
    public async Task A_setting_that_cannot_be_ends_the_start_and_is_named(string key, string value)
    {
        var (exitCode, said) = await FailAsync($"--{key}={value}");

        Assert.Equal(1, exitCode);
        Assert.Contains(key.Split(":0")[0], said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--LiveClip:Ingest:RtmpPort={0}", "--LiveClip:Ingest:RtmpPort=")]
    [InlineData("--Urls=http://127.0.0.1:{0}", "--Urls=http://")]
    public async Task A_busy_port_is_named_with_the_way_to_change_it(string setting, string advice)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = $"{((IPEndPoint)other.LocalEndpoint).Port}";

        var (exitCode, said) = await FailAsync(setting.Replace("{0}", port, StringComparison.Ordinal));

        Assert.Equal(1, exitCode);
        Assert.Contains($"Port {port} is taken", said, StringComparison.Ordinal);
        Assert.Contains(advice, said, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Said)> FailAsync(string setting)
    {
        using var data = new TempFolder();
        await using var server = await ChildProcess.StartAsync(
            "dotnet",
            [
                Repository.WebProgram, "--Urls=http://127.0.0.1:0", "--LiveClip:Ingest:RtmpPort=0", "--LiveClip:Ingest:Address=127.0.0.1",
                $"--LiveClip:DataDirectory={data.FullPath}", setting,
            ]);
        return (await Eventually.EndsAsync(server.Exited, Start, "the end of a start that cannot be"), server.Transcript);
    }

    /// <summary>On standard output alone: a line of the log is indented under its category.</summary>
    private static async Task<Uri> SetupLinkAsync(ServerProcess server)
    {
        await Eventually.TrueAsync(
            () => server.Log.Any(line => line.Contains("/setup", StringComparison.Ordinal)), Start, "the setup link");
        var line = Assert.Single(server.Log, line => line.Contains("/setup", StringComparison.Ordinal));
        Assert.Matches(SetupLine(), line);
        return new Uri(SetupLine().Match(line).Groups[1].Value);
    }

    private static async Task<string> TextAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<HttpStatusCode> ApiStatusAsync(ServerProcess server, string id, string secret)
    {
        using var api = new HttpClient();
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}"));
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        using var answer = await api.GetAsync(new Uri(server.Http, "/v1/live/streams"), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    [GeneratedRegex(@"^Set up LiveClip: (http://\S+/setup\?code=[\w\-]{22})$")]
    private static partial Regex SetupLine();
}
