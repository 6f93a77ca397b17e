using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Xunit;

namespace LiveClip.Tests.Hubs;

/// <summary>SignalR's JSON hub protocol over one WebSocket: records in JSON, each ended by 0x1e.</summary>
internal sealed class JsonHubClient : IAsyncDisposable
{
    private const char RecordSeparator = '\u001e';

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket = new();
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly Channel<JsonElement> _completions = Channel.CreateUnbounded<JsonElement>();
    private Task _reading = Task.CompletedTask;
    private int _invocations;

    private JsonHubClient()
    {
    }

    /// <summary>Status of the answer to the upgrade request.</summary>
    public HttpStatusCode Status => _socket.HttpStatusCode;

    public bool IsOpen => _socket.State == WebSocketState.Open;

    /// <summary>A client that may have been refused: see <see cref="Status"/>.</summary>
    public static async Task<JsonHubClient> ConnectAsync(Uri hub, string? role, string? origin = null)
    {
        var client = new JsonHubClient();
        client._socket.Options.CollectHttpResponseDetails = true;
        if (role is not null)
        {
            client._socket.Options.SetRequestHeader(RoleAuthentication.Header, role);
        }

        if (origin is not null)
        {
            client._socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await client._socket.ConnectAsync(new UriBuilder(hub) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
        }
        catch (WebSocketException)
        {
            return client;
        }

        await client.SendAsync(new { protocol = "json", version = 1 });
        client._reading = client.ReadAsync();
        return client;
    }

    /// <summary>The completion: its <c>result</c>, or its <c>error</c>.</summary>
    public async Task<JsonElement> InvokeAsync(string target, params object[] arguments)
    {
        await SendAsync(new { type = 1, invocationId = $"{++_invocations}", target, arguments });
        return await _completions.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound);
    }

    /// <summary>The next event that the hub calls by that name; others are passed over.</summary>
    public async Task<JsonElement> EventAsync(string target)
    {
        while (true)
        {
            var message = await _events.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound);
            if (message.GetProperty("target").GetString() == target)
            {
                return message.GetProperty("arguments");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private ValueTask SendAsync(object message) => _socket.SendAsync(
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message) + RecordSeparator).AsMemory(),
        WebSocketMessageType.Text,
        endOfMessage: true,
        TestContext.Current.CancellationToken);

    private async Task ReadAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[16_384];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken);
                text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
                var records = text.ToString().Split(RecordSeparator);
                records[..^1].ToList().ForEach(Sort);
                text.Clear().Append(records[^1]);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The test is over.
            return;
        }
    }

    // 1 is an invocation by the hub, 3 a completion; the rest is handshake and pings.
    private void Sort(string record)
    {
        var message = JsonDocument.Parse(record).RootElement;
        if (message.TryGetProperty("type", out var type) && type.GetInt32() is 1 or 3)
        {
            (type.GetInt32() == 1 ? _events : _completions).Writer.TryWrite(message);
        }
    }
}
