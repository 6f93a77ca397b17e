using System.Buffers;
using System.Net.Sockets;
using LiveClip.Core.Rtmp;

namespace LiveClip.Benchmarks;

/// <summary>
/// One publisher on a plain socket: waits while it introduces itself, and never while it sends, so that one thread can drive many.
/// </summary>
internal sealed class PublishingSocket : IDisposable
{
    private const int HandshakeBlock = 1536;
    private const int ReadEvery = 64;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly ChunkReader _chunks = new(RtmpLimits.Default);
    private readonly ArrayBufferWriter<byte> _commands = new();
    private readonly ChunkWriter _writer;
    private readonly byte[] _received = new byte[4096];
    private byte[] _unsent = [];
    private ReadOnlySequence<byte> _unread;
    private uint _messageStreamId;
    private int _sent;

    private PublishingSocket() => _writer = new ChunkWriter(_commands);

    /// <summary>The kernel had no room for all of the last message.</summary>
    public bool IsBlocked => _unsent.Length > 0;

    public static PublishingSocket Connect(Uri server, string streamKey)
    {
        var publisher = new PublishingSocket();
        publisher._socket.ReceiveTimeout = 10_000;
        publisher._socket.Connect(server.Host, server.Port);
        publisher.ShakeHands();
        publisher.Publish(server, streamKey);
        publisher._socket.Blocking = false;
        return publisher;
    }

    /// <summary>False when a part of it has to wait: see <see cref="TryFinish"/>.</summary>
    public bool TrySend(ChunkedMessage message, uint timestamp)
    {
        var bytes = message.With(timestamp, _messageStreamId);
        var sent = Send(bytes.Span);
        if (sent < bytes.Length)
        {
            // A copy: the message is about to be stamped for the next connection.
            _unsent = bytes[sent..].ToArray();
        }

        if (++_sent % ReadEvery == 0)
        {
            HearServer();
        }

        return !IsBlocked;
    }

    public bool TryFinish()
    {
        _unsent = _unsent[Send(_unsent)..];
        return !IsBlocked;
    }

    public void Dispose() => _socket.Dispose();

    private int Send(ReadOnlySpan<byte> bytes)
    {
        var sent = _socket.Send(bytes, SocketFlags.None, out var error);
        return error is SocketError.Success or SocketError.WouldBlock ? sent : throw new SocketException((int)error);
    }

    // RTMP 1.0 §5.2:  C0 is version(8)=3; C1 is time(32) | zero(32) | random; C2 echoes S1
    private void ShakeHands()
    {
        var hello = new byte[1 + HandshakeBlock];
        hello[0] = 3;
        _socket.Send(hello);
        var answer = new byte[1 + (2 * HandshakeBlock)];
        for (var read = 0; read < answer.Length;)
        {
            read += Receive(answer.AsSpan(read));
        }

        _socket.Send(answer.AsSpan(1, HandshakeBlock));
    }

    private void Publish(Uri server, string streamKey)
    {
        var app = server.AbsolutePath.Trim('/');
        _writer.SetChunkSize(ChunkedMessage.ChunkSize);
        _writer.Write(new RtmpCommand(RtmpCommand.Connect, 1, new OrderedDictionary<string, object?>
        {
            ["app"] = app,
            ["type"] = "nonprivate",
            ["flashVer"] = "FMLE/3.0 (compatible; load)",
            ["tcUrl"] = $"rtmp://{server.Authority}/{app}",
        }).ToMessage());
        _writer.Write(new RtmpCommand(RtmpCommand.CreateStream, 2, [null]).ToMessage());
        SendCommands();
        _messageStreamId = (uint)(double)Await(answer => answer.Name == RtmpCommand.Result && answer.TransactionId == 2).Arguments[1]!;

        _writer.Write(new RtmpCommand(RtmpCommand.Publish, 3, null, streamKey, "live").ToMessage(_messageStreamId));
        SendCommands();
        var status = Await(answer => answer.Name == RtmpCommand.OnStatus).ObjectAt(1);
        if (status?.GetValueOrDefault("code") as string != "NetStream.Publish.Start")
        {
            throw new InvalidOperationException($"The server refused a publish: {status?.GetValueOrDefault("code")}");
        }

        _chunks.AcceptsMedia = true;
    }

    private RtmpCommand Await(Func<RtmpCommand, bool> isAnswer)
    {
        while (true)
        {
            while (_chunks.TryRead(ref _unread, out var message))
            {
                if (message.Type == RtmpMessageType.CommandAmf0
                    && RtmpCommand.Parse(message, RtmpLimits.Default) is var command && isAnswer(command))
                {
                    return command;
                }
            }

            Hear(_received.AsSpan(0, Receive(_received)));
        }
    }

    /// <summary>What a server says to a publisher is little; its pings want an answer.</summary>
    private void HearServer()
    {
        while (!IsBlocked && _socket.Available > 0)
        {
            Hear(_received.AsSpan(0, Receive(_received)));
            while (_chunks.TryRead(ref _unread, out var message))
            {
                if (message.Type == RtmpMessageType.UserControl && RtmpControl.TryReadUserControl(message, out var type, out var stamp)
                    && type == RtmpControl.PingRequestEvent)
                {
                    _writer.Write(RtmpControl.PingResponse(stamp));
                    SendCommands();
                }
            }
        }
    }

    private void Hear(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. _unread.ToArray(), .. bytes];
        _unread = new ReadOnlySequence<byte>(all);
    }

    private int Receive(Span<byte> buffer) =>
        _socket.Receive(buffer) is > 0 and var count ? count : throw new IOException("The server closed a publisher's connection.");

    private void SendCommands()
    {
        var sent = Send(_commands.WrittenSpan);
        _unsent = _commands.WrittenSpan[sent..].ToArray();
        _commands.ResetWrittenCount();
    }
}
