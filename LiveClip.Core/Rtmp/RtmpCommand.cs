using System.Buffers;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// A command message (RTMP 1.0 §7.2): a name, a transaction id, a command object and arguments, as AMF0. Has no text form, because the
/// arguments of publish hold the stream key.
/// </summary>
public sealed class RtmpCommand(string name, double transactionId, params IReadOnlyList<object?> arguments)
{
    public const string Connect = "connect";
    public const string ReleaseStream = "releaseStream";
    public const string FCPublish = "FCPublish";
    public const string CreateStream = "createStream";
    public const string Publish = "publish";
    public const string FCUnpublish = "FCUnpublish";
    public const string DeleteStream = "deleteStream";
    public const string CloseStream = "closeStream";
    public const string Result = "_result";
    public const string Error = "_error";
    public const string OnStatus = "onStatus";

    public string Name { get; } = name;

    /// <summary>Repeated in the answer; 0 when none is wanted.</summary>
    public double TransactionId { get; } = transactionId;

    /// <summary>The command object first, often null, then the others.</summary>
    public IReadOnlyList<object?> Arguments { get; } = arguments;

    /// <exception cref="RtmpProtocolException">The payload is not AMF0 or does not begin with a name.</exception>
    public static RtmpCommand Parse(RtmpMessage message, RtmpLimits limits)
    {
        var payload = message.Payload.Span;
        if (message.Type == RtmpMessageType.CommandAmf3 && payload is [0, ..])
        {
            // Type 17 announces AMF3 with a byte that is 0 when AMF0 follows; nobody sends anything else.
            payload = payload[1..];
        }

        var values = Amf0.ReadAll(payload, limits);
        return values is [string name, ..]
            ? new RtmpCommand(name, values is [_, double transactionId, ..] ? transactionId : 0, [.. values.Skip(2)])
            : throw new RtmpProtocolException("command", "does not begin with a name");
    }

    public static RtmpCommand Status(string level, string code, string description) =>
        new(
            OnStatus,
            0,
            null,
            new OrderedDictionary<string, object?> { ["level"] = level, ["code"] = code, ["description"] = description });

    public string? StringAt(int index) => index < Arguments.Count ? Arguments[index] as string : null;

    public OrderedDictionary<string, object?>? ObjectAt(int index) =>
        index < Arguments.Count ? Arguments[index] as OrderedDictionary<string, object?> : null;

    public RtmpMessage ToMessage(uint messageStreamId = 0)
    {
        var payload = new ArrayBufferWriter<byte>();
        Amf0.Write(payload, Name);
        Amf0.Write(payload, TransactionId);
        foreach (var argument in Arguments)
        {
            Amf0.Write(payload, argument);
        }

        return new RtmpMessage
        {
            Type = RtmpMessageType.CommandAmf0,
            Timestamp = 0,
            MessageStreamId = messageStreamId,
            Payload = payload.WrittenMemory,
        };
    }
}
