using System.Net.Http.Headers;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>One running server for all tests of a class.</summary>
public sealed class LiveServer : IAsyncLifetime
{
    private readonly TempFolder _data = new();
    private ServerProcess? _process;

    public ServerProcess Process => _process!;

    /// <summary>A client that is nobody.</summary>
    public HttpClient Anyone { get; } = new(new HttpClientHandler { AllowAutoRedirect = false });

    /// <summary>One request of somebody without login.</summary>
    public async Task<HttpResponseMessage> AskAsync(Uri address, Action<HttpRequestHeaders>? with = null, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        with?.Invoke(request.Headers);
        return await Anyone.SendAsync(request);
    }

    public async ValueTask InitializeAsync()
    {
        _process = await ServerProcess.StartAsync(_data.FullPath);
        Anyone.BaseAddress = _process.Http;
    }

    public async ValueTask DisposeAsync()
    {
        Anyone.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _data.Dispose();
    }
}
