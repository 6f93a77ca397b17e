using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace LiveClip.Benchmarks;

/// <summary>
/// One connection to a web server, one request at a time, that never waits; what of an answer is read and kept is as little as a player
/// needs.
/// </summary>
internal sealed class KeepAliveSocket : IDisposable
{
    private static readonly byte[] Waste = new byte[256 << 10];

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _received = new byte[4096];
    private int _count;
    private int _head;
    private long _length;
    private bool _keeps;

    private KeepAliveSocket()
    {
    }

    public int Descriptor => (int)_socket.Handle;

    /// <summary>A request is out, and its answer not here yet.</summary>
    public bool IsBusy { get; private set; }

    public int Status { get; private set; }

    /// <summary>When the last byte of the answer came.</summary>
    public long Arrived { get; private set; }

    /// <summary>Of the answer that is here, when it was kept.</summary>
    public ReadOnlySpan<byte> Body => _length < 0 ? Unchunked() : _received.AsSpan(_head, _count - _head);

    public bool IsPacked => _received.AsSpan(0, _head).IndexOf("Content-Encoding: gzip"u8) >= 0;

    public static KeepAliveSocket Connect(Uri server, int? receiveBuffer = null)
    {
        var connection = new KeepAliveSocket();
        if (receiveBuffer is { } size)
        {
            connection._socket.ReceiveBufferSize = size;
        }

        connection._socket.Connect(IPAddress.Parse(server.Host), server.Port);
        connection._socket.Blocking = false;
        ArrivalTimes.Note(connection._socket);
        return connection;
    }

    public void Ask(ReadOnlySpan<byte> request)
    {
        (IsBusy, _count, _head, _length, _keeps) = (true, 0, 0, 0, true);
        if (_socket.Send(request, SocketFlags.None, out _) < request.Length)
        {
            throw new IOException("There was no room for a request.");
        }
    }

    /// <summary>False while something of the answer is missing.</summary>
    /// <param name="keeps">Whether the body is wanted; else it is counted and gone.</param>
    public bool TryReceive(bool keeps)
    {
        while (true)
        {
            if (_count == _received.Length)
            {
                Array.Resize(ref _received, _count * 2);
            }

            var isWaste = !_keeps;
            if (ArrivalTimes.Receive(_socket, isWaste ? Waste : _received.AsSpan(_count), out var arrived) is not { } count)
            {
                return false;
            }

            if (count == 0)
            {
                throw new IOException("The server closed a viewer's connection.");
            }

            Arrived = arrived;
            _count += isWaste ? 0 : count;
            if (isWaste)
            {
                _length -= count;
            }
            else if (_head == 0 && !TryReadHead(keeps))
            {
                continue;
            }

            if (IsWhole())
            {
                IsBusy = false;
                return true;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private bool TryReadHead(bool keeps)
    {
        var end = _received.AsSpan(0, _count).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        _head = end + 4;
        var head = _received.AsSpan(0, _head);
        Status = Utf8Parser.TryParse(head["HTTP/1.1 ".Length..], out int status, out _) ? status : throw new InvalidDataException("An answer without a status.");
        _length = head.IndexOf("Content-Length: "u8) is >= 0 and var at && Utf8Parser.TryParse(head[(at + 16)..], out long length, out _) ? length : -1;
        // What went wrong is said in a few words, without a length.
        _keeps = keeps || _length < 0;
        _length -= _keeps ? 0 : _count - _head;
        return true;
    }

    private bool IsWhole() =>
        !_keeps ? _length == 0
        : _length < 0 ? _received.AsSpan(0, _count).EndsWith("0\r\n\r\n"u8)
        : _count - _head == _length;

    /// <summary>RFC 9112 §7.1:  chunk-size in hexadecimal digits | CR LF | bytes | CR LF, the last one of size 0</summary>
    private byte[] Unchunked()
    {
        var body = new List<byte>();
        var rest = _received.AsSpan(_head, _count - _head);
        while (Utf8Parser.TryParse(rest, out int size, out var digits, 'x') && size > 0)
        {
            body.AddRange(rest.Slice(digits + 2, size));
            rest = rest[(digits + 2 + size + 2)..];
        }

        return [.. body];
    }
}
