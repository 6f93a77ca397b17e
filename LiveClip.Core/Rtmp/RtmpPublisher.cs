using System.IO.Pipelines;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// The client's side of RTMP: publishes a stream of FLV tags to a server, in the order and manner of Flash Media Live Encoder, which
/// every server knows.
/// </summary>
/// <param name="transport">Completed by its owner, after <see cref="PublishAsync"/> has ended.</param>
/// <param name="limits">How long the server may take, and how much it may say; by default <see cref="RtmpLimits.Default"/>.</param>
/// <param name="time">By default the system's.</param>
public sealed class RtmpPublisher(IDuplexPipe transport, RtmpLimits? limits = null, TimeProvider? time = null) : IDisposable
{
    private const double ConnectTransaction = 1;
    private const double ReleaseStreamTransaction = 2;
    private const double FCPublishTransaction = 3;
    private const double CreateStreamTransaction = 4;
    private const double PublishTransaction = 5;
    private const double FCUnpublishTransaction = 6;
    private const double DeleteStreamTransaction = 7;

    private readonly RtmpLimits _limits = limits ?? RtmpLimits.Default;
    private readonly RtmpMessagePipe _messages = new(transport, limits ?? RtmpLimits.Default, time ?? TimeProvider.System);
    private uint _messageStreamId;
    private volatile bool _isEnding;

    /// <summary>Publishes until <paramref name="tags"/> end, then says goodbye. Each tag is sent as soon as it comes.</summary>
    /// <exception cref="RtmpProtocolException">The server refused, ended or closed the publish, or broke a rule.</exception>
    public async Task PublishAsync(
        string app, string tcUrl, string streamKey, IAsyncEnumerable<FlvTag> tags, CancellationToken cancellationToken)
    {
        await StartAsync(app, tcUrl, streamKey, cancellationToken);
        _messages.Deadline.Stop();

        // The server's pings must be answered, and its goodbye heard, while tags are on their way.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = ListenAsync(ended);
        try
        {
            await SendTagsAsync(tags, ended.Token);
            _isEnding = true;
            await EndAsync(streamKey, ended.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The server ended it; the listener knows why.
        }
        finally
        {
            await ended.CancelAsync();
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await listening;
    }

    public void Dispose() => _messages.Dispose();

    private async Task StartAsync(string app, string tcUrl, string streamKey, CancellationToken cancellationToken)
    {
        _messages.Deadline.Expect("handshake of the server", _limits.Handshake);
        if (!await RtmpHandshake.RequestAsync(transport, _messages.Deadline, cancellationToken))
        {
            throw Closed();
        }

        _messages.Deadline.Expect("acceptance by the server", _limits.Publish);
        await _messages.SendChunkSizeAsync(cancellationToken);
        await SendAsync(
            new RtmpCommand(RtmpCommand.Connect, ConnectTransaction, new OrderedDictionary<string, object?>
            {
                ["app"] = app,
                ["type"] = "nonprivate",
                ["flashVer"] = "FMLE/3.0 (compatible; LiveClip)",
                ["tcUrl"] = tcUrl,
            }),
            cancellationToken);
        await ReadResultAsync(ConnectTransaction, cancellationToken);

        await SendAsync(new RtmpCommand(RtmpCommand.ReleaseStream, ReleaseStreamTransaction, null, streamKey), cancellationToken);
        await SendAsync(new RtmpCommand(RtmpCommand.FCPublish, FCPublishTransaction, null, streamKey), cancellationToken);
        await SendAsync(new RtmpCommand(RtmpCommand.CreateStream, CreateStreamTransaction, [null]), cancellationToken);
        var created = await ReadResultAsync(CreateStreamTransaction, cancellationToken);
        _messageStreamId = created.Arguments is [_, double id and >= 0 and <= uint.MaxValue, ..]
            ? (uint)id
            : throw new RtmpProtocolException("createStream", "the answer has no message stream id");

        var publish = new RtmpCommand(RtmpCommand.Publish, PublishTransaction, null, streamKey, "live");
        await _messages.SendAsync(publish.ToMessage(_messageStreamId), cancellationToken);
        await ReadPublishStartAsync(cancellationToken);
    }

    private async Task<RtmpCommand> ReadResultAsync(double transactionId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var command = await ReadCommandAsync(cancellationToken) ?? throw Closed();
            if (command.Name is RtmpCommand.Result or RtmpCommand.Error && command.TransactionId == transactionId)
            {
                return command.Name == RtmpCommand.Result ? command : throw Refused(command);
            }
        }
    }

    private async Task ReadPublishStartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var command = await ReadCommandAsync(cancellationToken) ?? throw Closed();
            ThrowIfRefusal(command);
            if (command.Name == RtmpCommand.OnStatus)
            {
                return;
            }
        }
    }

    private async Task SendTagsAsync(IAsyncEnumerable<FlvTag> tags, CancellationToken cancellationToken)
    {
        await foreach (var tag in tags.WithCancellation(cancellationToken))
        {
            var message = new RtmpMessage
            {
                Type = tag.Type,
                Timestamp = tag.Timestamp,
                MessageStreamId = _messageStreamId,
                Payload = tag.Type == RtmpMessageType.DataAmf0 ? AsDataFrame(tag.Body) : tag.Body,
            };
            await _messages.SendAsync(message, cancellationToken);
        }
    }

    private async Task EndAsync(string streamKey, CancellationToken cancellationToken)
    {
        await SendAsync(new RtmpCommand(RtmpCommand.FCUnpublish, FCUnpublishTransaction, null, streamKey), cancellationToken);
        var delete = new RtmpCommand(RtmpCommand.DeleteStream, DeleteStreamTransaction, null, (double)_messageStreamId);
        await SendAsync(delete, cancellationToken);
    }

    /// <summary>Metadata of a file becomes metadata of a live stream by the call that sets it.</summary>
    private static ReadOnlyMemory<byte> AsDataFrame(ReadOnlyMemory<byte> body)
    {
        // string marker(8)=2 | length(16)=13 | "@setDataFrame"
        ReadOnlySpan<byte> call = [2, 0, 13, .. "@setDataFrame"u8];
        byte[] payload = [.. call, .. body.Span];
        return payload;
    }

    private async Task ListenAsync(CancellationTokenSource ended)
    {
        try
        {
            while (await ReadCommandAsync(ended.Token) is { } command)
            {
                if (!_isEnding)
                {
                    ThrowIfRefusal(command);
                }
            }

            if (!_isEnding)
            {
                throw Closed();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The publish is over.
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    private async Task<RtmpCommand?> ReadCommandAsync(CancellationToken cancellationToken)
    {
        while (await _messages.ReadAsync(cancellationToken) is { } message)
        {
            if (message.Type is RtmpMessageType.CommandAmf0 or RtmpMessageType.CommandAmf3)
            {
                return RtmpCommand.Parse(message, _limits);
            }
        }

        return null;
    }

    private ValueTask SendAsync(RtmpCommand command, CancellationToken cancellationToken) =>
        _messages.SendAsync(command.ToMessage(), cancellationToken);

    private static void ThrowIfRefusal(RtmpCommand command)
    {
        // Errors about releaseStream and FCPublish are usual: many servers do not know them.
        if ((command.Name == RtmpCommand.Error && command.TransactionId == PublishTransaction)
            || (command.Name == RtmpCommand.OnStatus && command.ObjectAt(1)?.GetValueOrDefault("level") as string == "error"))
        {
            throw Refused(command);
        }
    }

    // Only the code: a server's description may repeat the key.
    private static RtmpProtocolException Refused(RtmpCommand command) =>
        new("publish", $"refused by the server: {command.ObjectAt(1)?.GetValueOrDefault("code") as string ?? "no reason given"}");

    private static RtmpProtocolException Closed() => new("connection", "closed by the server");
}
