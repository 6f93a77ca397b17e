using System.IO.Pipelines;
using System.Net.Sockets;

namespace LiveClip.Core.Rtmp;

/// <summary>A connected socket as the pipes that RTMP is read from and written to, read at a pace.</summary>
public sealed class SocketTransport : IDuplexPipe, IAsyncDisposable
{
    /// <summary>Of one read: what comes in an interval of the pace, as a rule.</summary>
    private const int ReadBytes = 64 * 1024;

    /// <summary>Of one connection in an interval of the pace, as long as there is more: 420 Mbit/s, and then it is the others' turn.</summary>
    private const int MostReads = 16;

    private readonly Socket _socket;
    private readonly PacedStream _network;

    /// <param name="socket">Owned from now on.</param>
    public SocketTransport(Socket socket, ReadPace pace)
    {
        // Messages are small and each is awaited: none may wait for a fuller packet.
        socket.NoDelay = true;
        (_socket, _network) = (socket, new PacedStream(socket, pace));
        Input = PipeReader.Create(_network, new StreamPipeReaderOptions(bufferSize: ReadBytes, leaveOpen: true));
        Output = PipeWriter.Create(_network, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>What has come already can still be read, and then the connection has ended, whatever the peer goes on to send.</summary>
    public void EndInput()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await _network.DisposeAsync();
    }

    /// <summary>
    /// Never asks the system to be woken for this socket: it is read when the pace says so, and what comes in between costs nothing.
    /// </summary>
    private sealed class PacedStream : NetworkStream
    {
        private readonly ReadPace _pace;
        private int _readsLeft;

        public PacedStream(Socket socket, ReadPace pace)
            : base(socket, ownsSocket: true)
        {
            _pace = pace;
            // After the base class, which takes none that does not block, though it hardly calls it so.
            socket.Blocking = false;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (true)
            {
                if (_readsLeft == 0)
                {
                    await _pace.WaitAsync();
                    _readsLeft = MostReads;
                }

                cancellationToken.ThrowIfCancellationRequested();
                var count = Socket.Receive(buffer.Span, SocketFlags.None, out var error);
                _readsLeft = count == buffer.Length ? _readsLeft - 1 : 0;
                switch (error)
                {
                    case SocketError.Success:
                        return count;
                    case not SocketError.WouldBlock:
                        throw new IOException($"The connection was lost: {error}.", new SocketException((int)error));
                }
            }
        }
    }
}
