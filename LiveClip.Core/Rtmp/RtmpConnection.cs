using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// The server's side of one publishing connection: handshake, connect, publish, media (RTMP 1.0 §5.2 and §7.2). The transport is
/// completed by its owner, after reading has ended.
/// </summary>
public sealed class RtmpConnection(IDuplexPipe transport, RtmpLimits limits, TimeProvider time) : IDisposable
{
    private const int MaxNameLength = 128;

    private readonly RtmpMessagePipe _messages = new(transport, limits, time);
    private string? _app;
    private string? _encoderName;
    private uint _messageStreams;

    /// <summary>The publisher said goodbye, rather than just vanishing.</summary>
    public bool EndedByPublisher { get; private set; }

    /// <summary>Bytes of the connection consumed so far, handshake included.</summary>
    public ulong BytesRead => _messages.BytesRead;

    /// <summary>
    /// Goes up to an accepted publish; null when <paramref name="authorise"/> refused it, which the encoder has been told, or when the
    /// connection closed before. No media is read until it has answered.
    /// </summary>
    /// <exception cref="RtmpProtocolException">The encoder broke a rule, or was too slow.</exception>
    public async Task<RtmpPublishRequest?> AcceptPublishAsync(
        Func<RtmpPublishRequest, CancellationToken, ValueTask<bool>> authorise, CancellationToken cancellationToken)
    {
        _messages.Deadline.Expect("handshake", limits.Handshake);
        try
        {
            if (!await RtmpHandshake.AcceptAsync(transport, _messages.Deadline, cancellationToken))
            {
                return null;
            }
        }
        catch (IOException)
        {
            // A reset by the peer ends the connection like a close does.
            return null;
        }

        _messages.Deadline.Expect("publish", limits.Publish);
        if (await ReadPublishAsync(cancellationToken) is not { } publish)
        {
            return null;
        }

        // The encoder has done its part; what follows may take its time.
        _messages.Deadline.Stop();
        return await AnswerPublishAsync(publish, authorise, cancellationToken);
    }

    /// <summary>
    /// Audio, video and data messages in order, until the publisher ends the publish (<see cref="EndedByPublisher"/>) or the connection
    /// closes. Data messages are AMF0 and as they came, <c>@setDataFrame</c> included.
    /// </summary>
    /// <exception cref="RtmpProtocolException">The publisher broke a rule, or no audio or video came in time.</exception>
    public async IAsyncEnumerable<RtmpMessage> ReadMediaAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!EndedByPublisher && await _messages.ReadAsync(cancellationToken) is { } message)
        {
            switch (message.Type)
            {
                case RtmpMessageType.Audio or RtmpMessageType.Video or RtmpMessageType.DataAmf0:
                    yield return message;
                    break;

                case RtmpMessageType.DataAmf3:
                    yield return WithoutAmf3Marker(message);
                    break;

                case RtmpMessageType.Aggregate:
                    foreach (var part in Separate(message))
                    {
                        yield return part;
                    }

                    break;

                case RtmpMessageType.CommandAmf0 or RtmpMessageType.CommandAmf3:
                    await OnCommandAsync(RtmpCommand.Parse(message, limits), cancellationToken);
                    break;
            }
        }
    }

    /// <summary>
    /// After the publisher's goodbye: answers what it still says until it closes, for <see cref="RtmpLimits.Goodbye"/> at most. An
    /// encoder that finds the connection closed in the middle of its goodbye reports a failed broadcast.
    /// </summary>
    public async Task AwaitCloseAsync(CancellationToken cancellationToken)
    {
        _messages.Deadline.Expect("close", limits.Goodbye);
        try
        {
            while (await _messages.ReadAsync(cancellationToken) is { } message)
            {
                if (message.Type is RtmpMessageType.CommandAmf0 or RtmpMessageType.CommandAmf3)
                {
                    await OnCommandAsync(RtmpCommand.Parse(message, limits), cancellationToken);
                }
            }
        }
        catch (RtmpProtocolException)
        {
            // Its broadcast is over; how it leaves is its own affair.
        }
    }

    public void Dispose() => _messages.Dispose();

    private async Task<Publish?> ReadPublishAsync(CancellationToken cancellationToken)
    {
        var commands = 0;
        while (await _messages.ReadAsync(cancellationToken) is { } message)
        {
            switch (message.Type)
            {
                case RtmpMessageType.Audio or RtmpMessageType.Video or RtmpMessageType.Aggregate:
                    throw new RtmpProtocolException("connection", $"{message.Type} before publish");

                case RtmpMessageType.CommandAmf0 or RtmpMessageType.CommandAmf3:
                    if (++commands > limits.CommandsBeforePublish)
                    {
                        throw new RtmpProtocolException("connection", $"more than {limits.CommandsBeforePublish} commands before publish");
                    }

                    var command = RtmpCommand.Parse(message, limits);
                    if (command.Name == RtmpCommand.Publish)
                    {
                        var app = _app ?? throw new RtmpProtocolException("connection", "publish before connect");
                        var request = new RtmpPublishRequest(app, WithoutQuery(command.StringAt(1)), _encoderName);
                        return new Publish(message.MessageStreamId, request);
                    }

                    await OnCommandAsync(command, cancellationToken);
                    break;
            }
        }

        return null;
    }

    private async Task OnCommandAsync(RtmpCommand command, CancellationToken cancellationToken)
    {
        switch (command.Name)
        {
            case RtmpCommand.Connect:
                await OnConnectAsync(command, cancellationToken);
                break;

            case RtmpCommand.CreateStream:
                await AnswerAsync(command, (double)++_messageStreams, cancellationToken);
                break;

            case RtmpCommand.FCUnpublish or RtmpCommand.CloseStream or RtmpCommand.DeleteStream:
                EndedByPublisher = true;
                break;

            // releaseStream, FCPublish, _checkbw and whatever else: an encoder that waits for the answer goes on, the others ignore it.
            case not (RtmpCommand.Result or RtmpCommand.Error or RtmpCommand.OnStatus) when command.TransactionId != 0:
                await AnswerAsync(command, null, cancellationToken);
                break;
        }
    }

    private async Task OnConnectAsync(RtmpCommand command, CancellationToken cancellationToken)
    {
        _app = WithoutQuery(command.ObjectAt(0)?.GetValueOrDefault("app") as string).Trim('/');
        if (_app.Length > MaxNameLength)
        {
            throw new RtmpProtocolException("connect", $"an app of {_app.Length} characters; the limit is {MaxNameLength}");
        }

        _encoderName = command.ObjectAt(0)?.GetValueOrDefault("flashVer") as string is { } name
            ? name[..Math.Min(name.Length, MaxNameLength)]
            : null;

        await _messages.SendAsync(RtmpControl.WindowAcknowledgementSize(limits.WindowAcknowledgementSize), cancellationToken);
        await _messages.SendAsync(RtmpControl.SetPeerBandwidth(limits.WindowAcknowledgementSize), cancellationToken);
        await _messages.SendChunkSizeAsync(cancellationToken);
        var answer = new RtmpCommand(
            RtmpCommand.Result,
            command.TransactionId,
            new OrderedDictionary<string, object?> { ["fmsVer"] = "FMS/3,0,1,123", ["capabilities"] = 31.0 },
            new OrderedDictionary<string, object?>
            {
                ["level"] = "status",
                ["code"] = "NetConnection.Connect.Success",
                ["description"] = "Connection succeeded.",
                ["objectEncoding"] = 0.0,
            });
        await _messages.SendAsync(answer.ToMessage(), cancellationToken);
    }

    private async Task<RtmpPublishRequest?> AnswerPublishAsync(
        Publish publish, Func<RtmpPublishRequest, CancellationToken, ValueTask<bool>> authorise, CancellationToken cancellationToken)
    {
        if (!IsStreamName(publish.Request.StreamName) || !await authorise(publish.Request, cancellationToken))
        {
            // One answer for malformed, unknown and wrong, so that it tells nothing about which keys exist.
            var refusal = RtmpCommand.Status("error", "NetStream.Publish.BadName", "This stream cannot be published.");
            await _messages.SendAsync(refusal.ToMessage(publish.MessageStreamId), cancellationToken);
            return null;
        }

        EndedByPublisher = false; // Some encoders close what an earlier connection may have left before they publish.
        _messages.AcceptMedia();
        await _messages.SendAsync(RtmpControl.StreamBegin(publish.MessageStreamId), cancellationToken);
        var start = RtmpCommand.Status("status", "NetStream.Publish.Start", "Publishing.");
        await _messages.SendAsync(start.ToMessage(publish.MessageStreamId), cancellationToken);
        return publish.Request;
    }

    private ValueTask AnswerAsync(RtmpCommand command, object? result, CancellationToken cancellationToken) =>
        _messages.SendAsync(new RtmpCommand(RtmpCommand.Result, command.TransactionId, null, result).ToMessage(), cancellationToken);

    private static RtmpMessage WithoutAmf3Marker(RtmpMessage message) => new()
    {
        Type = RtmpMessageType.DataAmf0,
        Timestamp = message.Timestamp,
        MessageStreamId = message.MessageStreamId,
        Payload = message.Payload.Span is [0, ..] ? message.Payload[1..] : message.Payload,
    };

    /// <summary>§7.1.6: the parts keep their distances in time, the first gets the time of the whole.</summary>
    private static IEnumerable<RtmpMessage> Separate(RtmpMessage aggregate)
    {
        var buffer = new ReadOnlySequence<byte>(aggregate.Payload);
        uint? offset = null;
        while (FlvReader.TryReadTag(ref buffer, out var tag))
        {
            offset ??= unchecked(aggregate.Timestamp - tag.Timestamp);
            if (tag.Type is RtmpMessageType.Audio or RtmpMessageType.Video or RtmpMessageType.DataAmf0)
            {
                yield return new RtmpMessage
                {
                    Type = tag.Type,
                    Timestamp = unchecked(tag.Timestamp + offset.Value),
                    MessageStreamId = aggregate.MessageStreamId,
                    Payload = tag.Body,
                };
            }
        }
    }

    private static string WithoutQuery(string? name) => name?.Split('?', 2)[0] ?? "";

    private static bool IsStreamName(string name)
    {
        if (name.Length is 0 or > MaxNameLength)
        {
            return false;
        }

        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Publish(uint MessageStreamId, RtmpPublishRequest Request);
}
