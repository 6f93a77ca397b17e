using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LiveClip.Core.Rtmp;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Ingest;

/// <summary>
/// Takes RTMP connections and serves each until it ends. When the server stops, what publishers have sent by then is still read.
/// </summary>
public sealed partial class RtmpListener(
    IOptions<IngestOptions> options, RtmpIngestHandler handler, RtmpAddress address, ReadPace pace, TimeProvider time, ILogger<RtmpListener> logger)
    : IHostedService, IDisposable
{
    private const int Backlog = 512;

    /// <summary>When the process has no room for another socket; nothing tells when it has.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Socket> _listening = [];
    private readonly ConcurrentDictionary<Task, SocketTransport> _connections = new();
    private Task _accepting = Task.CompletedTask;

    /// <exception cref="IOException">The address is taken by another program, as Kestrel says it.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var endpoint in Endpoints())
        {
            _listening.Add(Listen(endpoint));
        }

        var bound = (IPEndPoint)_listening[0].LocalEndPoint!;
        _accepting = Task.WhenAll(_listening.Select(AcceptAsync));
        LogListening(bound);
        address.Set(bound);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        _listening.ForEach(socket => socket.Dispose());
        await _accepting;
        foreach (var (_, transport) in _connections)
        {
            transport.EndInput();
        }

        await Task.WhenAll(_connections.Keys).WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _listening.ForEach(socket => socket.Dispose());
        _stopping.Dispose();
    }

    private IEnumerable<IPEndPoint> Endpoints()
    {
        var (host, port) = (options.Value.Address, options.Value.RtmpPort);
        if (IPAddress.TryParse(host.Trim('[', ']'), out var single))
        {
            yield return new IPEndPoint(single, port);
            yield break;
        }

        var isLocal = host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
        if (!isLocal)
        {
            // Both families by one socket, where the machine has both.
            yield return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
            yield break;
        }

        yield return new IPEndPoint(IPAddress.Loopback, port);
        // The system can choose a port for one address at a time only.
        if (port != 0 && Socket.OSSupportsIPv6)
        {
            yield return new IPEndPoint(IPAddress.IPv6Loopback, port);
        }
    }

    private static Socket Listen(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new IOException($"Failed to bind to address rtmp://{endpoint}: address already in use.", new AddressInUseException(error.Message, error));
        }
    }

    private async Task AcceptAsync(Socket listening)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Serve(await listening.AcceptAsync(_stopping.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                LogNotAccepted(error.SocketErrorCode);
                await Task.Delay(Breath, time);
            }
        }
    }

    private void Serve(Socket socket)
    {
        SocketTransport transport;
        IPAddress remote;
        try
        {
            remote = ((IPEndPoint)socket.RemoteEndPoint!).Address;
            transport = new SocketTransport(socket, pace);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            // The peer was gone before it could be served: nobody else has to wait for that.
            socket.Dispose();
            return;
        }

        // Comes back as soon as there is something to wait for. In the order in which they came: it says who has to make room for whom.
        var serving = ServeAsync(transport, remote);
        _connections[serving] = transport;
        _ = serving.ContinueWith(
            ended => _connections.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task ServeAsync(SocketTransport transport, IPAddress remote)
    {
        await using (transport)
        {
            await handler.ServeAsync(transport, remote, _stopping.Token);
        }
    }

    [LoggerMessage(LogLevel.Information, "Now listening on: rtmp://{Address}")]
    private partial void LogListening(IPEndPoint address);

    [LoggerMessage(LogLevel.Warning, "No RTMP connection can be taken at this moment: {Reason}")]
    private partial void LogNotAccepted(SocketError reason);
}
