using System.Buffers.Binary;

namespace LiveClip.Core.Rtmp;

/// <summary>Protocol control and user control messages (RTMP 1.0 §5.4, §7.1.7), which concern the connection: message stream 0.</summary>
public static class RtmpControl
{
    public const ushort StreamBeginEvent = 0;
    public const ushort PingRequestEvent = 6;
    public const ushort PingResponseEvent = 7;

    private const byte DynamicLimit = 2;

    public static RtmpMessage SetChunkSize(int size) => UInt32(RtmpMessageType.SetChunkSize, (uint)size);

    /// <summary>The counter is 32 bits wide on the wire and wraps: 64 bits here keep it right past 4 GiB.</summary>
    public static RtmpMessage Acknowledgement(ulong bytesRead) => UInt32(RtmpMessageType.Acknowledgement, unchecked((uint)bytesRead));

    public static RtmpMessage WindowAcknowledgementSize(uint size) => UInt32(RtmpMessageType.WindowAcknowledgementSize, size);

    public static RtmpMessage SetPeerBandwidth(uint size)
    {
        // window size(32) | limit type(8)
        var payload = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(payload, size);
        payload[4] = DynamicLimit;
        return Message(RtmpMessageType.SetPeerBandwidth, payload);
    }

    public static RtmpMessage StreamBegin(uint messageStreamId) => UserControl(StreamBeginEvent, messageStreamId);

    public static RtmpMessage PingRequest(uint timestamp) => UserControl(PingRequestEvent, timestamp);

    public static RtmpMessage PingResponse(uint timestamp) => UserControl(PingResponseEvent, timestamp);

    /// <summary>The event type and its first value; false for a message too short to have both.</summary>
    public static bool TryReadUserControl(RtmpMessage message, out ushort eventType, out uint value)
    {
        var payload = message.Payload.Span;
        var isWhole = payload.Length >= 6;
        eventType = isWhole ? BinaryPrimitives.ReadUInt16BigEndian(payload) : default;
        value = isWhole ? BinaryPrimitives.ReadUInt32BigEndian(payload[2..]) : default;
        return isWhole;
    }

    /// <summary>After how many bytes the peer wants an acknowledgement; false for a message too short to say.</summary>
    public static bool TryReadWindow(RtmpMessage message, out uint window) =>
        BinaryPrimitives.TryReadUInt32BigEndian(message.Payload.Span, out window);

    private static RtmpMessage UserControl(ushort eventType, uint value)
    {
        // event type(16) | value(32)
        var payload = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(payload, eventType);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(2), value);
        return Message(RtmpMessageType.UserControl, payload);
    }

    private static RtmpMessage UInt32(RtmpMessageType type, uint value)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, value);
        return Message(type, payload);
    }

    private static RtmpMessage Message(RtmpMessageType type, byte[] payload) =>
        new() { Type = type, Timestamp = 0, MessageStreamId = 0, Payload = payload };
}
