using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>
/// The built server as a process of its own, on ports that the system chooses, with a first admin and an API token. It may be stopped or
/// killed and started again over the same data, at the same addresses.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "Correct-horse-7-battery";
    public const string TokenId = "test-token";
    public const string TokenSecret = "test-token-secret-0123456789abcdef";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly IReadOnlyDictionary<string, string?> _environment;
    private readonly string[] _settings;
    private ChildProcess? _process;

    private ServerProcess(string dataDirectory, IReadOnlyDictionary<string, string?> environment, string[] settings)
    {
        DataDirectory = dataDirectory;
        (_environment, _settings) = (environment, settings);
    }

    public string DataDirectory { get; }

    /// <summary>Where the dashboard and the API answer.</summary>
    public Uri Http { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>Where encoders connect; the application and the key go behind it: <c>new Uri(server.Rtmp, "/live/key")</c>.</summary>
    public Uri Rtmp { get; private set; } = new("rtmp://127.0.0.1:0");

    /// <summary>A client with the API token.</summary>
    public HttpClient Api { get; } = new()
    {
        DefaultRequestHeaders = { Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TokenId}:{TokenSecret}"))) },
    };

    public int ProcessId => _process!.Id;

    /// <summary>What it has logged since its last start.</summary>
    public IReadOnlyCollection<string> Log => _process?.Lines ?? [];

    /// <summary>Starts it over a data folder, with more settings such as <c>--LiveClip:Clips:MaxSeconds=60</c>.</summary>
    public static Task<ServerProcess> StartAsync(string dataDirectory, params string[] settings) =>
        StartAsync(dataDirectory, new Dictionary<string, string?>(), settings);

    /// <summary>The same in another environment: a time zone, a library to be loaded first.</summary>
    public static async Task<ServerProcess> StartAsync(
        string dataDirectory, IReadOnlyDictionary<string, string?> environment, params string[] settings)
    {
        var server = new ServerProcess(dataDirectory, environment, settings);
        try
        {
            await server.StartAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
        return server;
    }

    /// <summary>SIGTERM, and waits for a clean end.</summary>
    public async Task StopAsync()
    {
        _process!.Terminate();
        var exitCode = await Eventually.EndsAsync(_process.Exited, StopTimeout, "the server's end after SIGTERM");
        Assert.True(exitCode == 0, $"The server ended with {exitCode}: {_process.Transcript}");
    }

    /// <summary>SIGKILL: what it has not stored by now is lost.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await Eventually.EndsAsync(_process.Exited, StopTimeout, "the server's end after SIGKILL");
    }

    /// <summary>SIGSTOP, as when the machine is suspended: it does nothing, and its connections stay open.</summary>
    public void Freeze() => _process!.Freeze();

    /// <summary>SIGCONT.</summary>
    public void Continue() => _process!.Continue();

    /// <summary>How many files and sockets it has open.</summary>
    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{_process!.Id}/fd").Length;

    /// <summary>Memory that it has in use, in bytes.</summary>
    public long ResidentBytes =>
        long.Parse(
            File.ReadLines($"/proc/{_process!.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts it again, over the same data and at the same addresses, after it was stopped or killed.</summary>
    public async Task RestartAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            await _process!.DisposeAsync();
            try
            {
                await StartAsync();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (IsPortTaken && Stopwatch.GetElapsedTime(started) < StartTimeout)
            {
                // While it was down, the system has lent its port to a connection of another program: those are over soon.
            }
        }
    }

    private bool IsPortTaken => Log.Any(line => line.Contains("address already in use", StringComparison.OrdinalIgnoreCase));

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    /// <summary>The address in a line such as <c>Now listening on: rtmp://127.0.0.1:1935</c>; null in any other.</summary>
    internal static Uri? ListeningAddress(string line, string scheme) =>
        ListeningLine().Match(line) is { Success: true } match && new Uri(match.Groups["address"].Value) is var address
            && address.Scheme == scheme
            ? address
            : null;

    private async Task StartAsync()
    {
        _process = await ChildProcess.StartAsync(
            "dotnet",
            [
                Repository.WebProgram,
                "--Urls", $"http://127.0.0.1:{Http.Port}",
                "--LiveClip:DataDirectory", DataDirectory,
                "--LiveClip:Ingest:RtmpPort", $"{Rtmp.Port}",
                "--LiveClip:Ingest:Address", "127.0.0.1",
                // A goodbye ends a recording at once: most tests have no second publish to wait for. Settings come after it.
                "--LiveClip:Ingest:EndGraceSeconds", "0",
                .. _settings,
            ],
            [
                new("LiveClip__Bootstrap__AdminEmail", AdminEmail),
                new("LiveClip__Bootstrap__AdminPassword", AdminPassword),
                new("LiveClip__Bootstrap__TokenId", TokenId),
                new("LiveClip__Bootstrap__TokenSecret", TokenSecret),
                .. _environment,
            ]);
        Http = await AddressAsync(_settings.Any(setting => setting.StartsWith("https:", StringComparison.Ordinal)) ? "https" : "http");
        Rtmp = await AddressAsync("rtmp");
        Api.BaseAddress ??= Http;
    }

    private async Task<Uri> AddressAsync(string scheme)
    {
        var process = _process!;
        return await Eventually.SomeAsync(
            () =>
            {
                var address = process.Lines.Select(line => ListeningAddress(line, scheme)).FirstOrDefault(found => found is not null);
                Assert.False(address is null && process.Exited.IsCompleted, $"The server ended at its start: {process.Transcript}");
                return Task.FromResult(address);
            },
            StartTimeout,
            $"the server's line with its {scheme} address");
    }

    [GeneratedRegex(@"Now listening on: (?<address>\w+://[^\s""]+)")]
    private static partial Regex ListeningLine();
}
