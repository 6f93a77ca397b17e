using System.Buffers;
using System.IO.Pipelines;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// Messages over a transport, in both directions, after the handshake: acknowledges, answers pings, keeps the deadline. One reader at a
/// time; senders may be many.
/// </summary>
internal sealed class RtmpMessagePipe(IDuplexPipe transport, RtmpLimits limits, TimeProvider time) : IDisposable
{
    private readonly ChunkReader _chunks = new(limits);
    private readonly ChunkWriter _writer = new(transport.Output);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private ReadOnlySequence<byte> _unread;
    private bool _holdsBuffer;
    private bool _isCompleted;
    private ulong _mediaBytesSeen;
    private ulong _acknowledged;
    private uint _acknowledgementWindow = limits.WindowAcknowledgementSize;

    public Deadline Deadline { get; } = new(transport, time);

    public ulong BytesRead => RtmpHandshake.BytesRead + _chunks.BytesRead;

    /// <summary>From now on sound and picture may come, and have to.</summary>
    public void AcceptMedia()
    {
        _chunks.AcceptsMedia = true;
        Deadline.Expect("audio or video", limits.FirstMedia);
    }

    /// <summary>The next message that is not about the connection itself; null when the peer has closed it.</summary>
    /// <exception cref="RtmpProtocolException">The peer broke a rule, or the deadline has passed.</exception>
    public async ValueTask<RtmpMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_chunks.TryRead(ref _unread, out var message))
            {
                if (message.Type > RtmpMessageType.SetPeerBandwidth)
                {
                    return message;
                }

                await AnswerControlAsync(message, cancellationToken);
            }

            if (!await ReadMoreAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    public async ValueTask SendAsync(RtmpMessage message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            _writer.Write(message);
            await FlushAsync(cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Tells the peer our chunk size and uses it.</summary>
    public async ValueTask SendChunkSizeAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            _writer.SetChunkSize(limits.SentChunkSize);
            await FlushAsync(cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose()
    {
        Deadline.Dispose();
        _sending.Dispose();
    }

    private async ValueTask AnswerControlAsync(RtmpMessage message, CancellationToken cancellationToken)
    {
        switch (message.Type)
        {
            case RtmpMessageType.UserControl when RtmpControl.TryReadUserControl(message, out var eventType, out var timestamp):
                if (eventType == RtmpControl.PingRequestEvent)
                {
                    await SendAsync(RtmpControl.PingResponse(timestamp), cancellationToken);
                }

                break;

            case RtmpMessageType.WindowAcknowledgementSize when RtmpControl.TryReadWindow(message, out var window):
                _acknowledgementWindow = window;
                break;
        }
    }

    private async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken)
    {
        if (_holdsBuffer)
        {
            transport.Input.AdvanceTo(_unread.Start, _unread.End);
            _holdsBuffer = false;
            _unread = default;
        }

        if (_isCompleted)
        {
            return false;
        }

        if (_chunks.AcceptsMedia && _chunks.MediaBytesRead != _mediaBytesSeen)
        {
            _mediaBytesSeen = _chunks.MediaBytesRead;
            Deadline.Expect("audio or video", limits.IdleMedia);
        }

        // Once a batch is often enough: the peer may not set a window that makes us write more than we read.
        if (BytesRead - _acknowledged >= _acknowledgementWindow)
        {
            _acknowledged = BytesRead;
            await SendAsync(RtmpControl.Acknowledgement(_acknowledged), cancellationToken);
        }

        ReadResult result;
        try
        {
            result = await transport.Input.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            // A reset by the peer ends the connection like a close does.
            return false;
        }

        _unread = result.Buffer;
        _holdsBuffer = true;
        _isCompleted = result.IsCompleted;
        if (result.IsCanceled)
        {
            Deadline.ThrowIfPassed();
        }

        return true;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            if ((await transport.Output.FlushAsync(cancellationToken)).IsCanceled)
            {
                Deadline.ThrowIfPassed();
            }
        }
        catch (IOException)
        {
            // The peer is gone; the reading side meets the end of the connection and says so.
        }
    }
}
