using System.Net.Sockets;
using System.Text;

namespace LiveClip.Tests.Support;

/// <summary>
/// Somebody on a slow line: asks for more than the network between will hold, and reads as little of it as the test lets him.
/// </summary>
public sealed class SlowViewer : IDisposable
{
    private const int TcpMaxSegment = 2;

    private readonly Socket _socket;
    private readonly byte[] _read = new byte[4096];

    private SlowViewer(Socket socket) => _socket = socket;

    public static async Task<SlowViewer> ConnectAsync(Uri server)
    {
        // A small window and the packets of a real network: over the loopback the kernel would take megabytes off the server's hands.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpMaxSegment, BitConverter.GetBytes(1400));
        await socket.ConnectAsync(server.Host, server.Port);
        return new SlowViewer(socket);
    }

    /// <summary>One request behind the other, without waiting for answers.</summary>
    public async Task AskAsync(IReadOnlyList<Uri> addresses, int times)
    {
        var request = string.Concat(addresses.Select(address => $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\n\r\n"));
        await _socket.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, times))));
    }

    /// <summary>Reads what has come, 4 KiB of it at most; null when the server has closed.</summary>
    public int? Read()
    {
        if (!_socket.Poll(0, SelectMode.SelectRead))
        {
            return 0;
        }

        try
        {
            return _socket.Receive(_read) is > 0 and var count ? count : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();
}
