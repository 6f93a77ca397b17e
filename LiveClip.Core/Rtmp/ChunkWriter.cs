using System.Buffers;
using System.Buffers.Binary;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// Cuts messages into chunks (RTMP 1.0 §5.3): every message begins with a type 0 header, which each receiver understands alike, and
/// continues with type 3.
/// </summary>
public sealed class ChunkWriter(IBufferWriter<byte> output)
{
    private const uint ExtendedTimestampMark = 0xFFFFFF;
    private const int MaxLength = 0xFFFFFF;

    private int _chunkSize = 128;

    /// <summary>Tells the peer the size of the chunks that follow, and keeps to it.</summary>
    public void SetChunkSize(int size)
    {
        Write(RtmpControl.SetChunkSize(size));
        _chunkSize = size;
    }

    public void Write(RtmpMessage message)
    {
        var payload = message.Payload.Span;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxLength, nameof(message));
        var chunkStreamId = ChunkStreamOf(message.Type);
        var isExtended = message.Timestamp >= ExtendedTimestampMark;

        // §5.3.1.2.1 type 0:  fmt(2)=0 | id(6) | timestamp(24) | length(24) | type(8) | message stream id(32, little-endian)
        //                     | [extended timestamp(32)]
        var header = output.GetSpan(16);
        header[0] = chunkStreamId;
        WriteUInt24(header[1..], isExtended ? ExtendedTimestampMark : message.Timestamp);
        WriteUInt24(header[4..], (uint)payload.Length);
        header[7] = (byte)message.Type;
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], message.MessageStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], message.Timestamp);
        output.Advance(isExtended ? 16 : 12);

        output.Write(payload[..Math.Min(_chunkSize, payload.Length)]);
        for (var written = _chunkSize; written < payload.Length; written += _chunkSize)
        {
            // §5.3.1.2.4 type 3:  fmt(2)=3 | id(6) | [extended(32)], repeated as §5.3.1.3 of the 2012 text and most encoders do
            header = output.GetSpan(5);
            header[0] = (byte)(0xC0 | chunkStreamId);
            BinaryPrimitives.WriteUInt32BigEndian(header[1..], message.Timestamp);
            output.Advance(isExtended ? 5 : 1);
            output.Write(payload.Slice(written, Math.Min(_chunkSize, payload.Length - written)));
        }
    }

    /// <summary>2 is the protocol's own (§5.4); the others follow what servers and encoders use.</summary>
    private static byte ChunkStreamOf(RtmpMessageType type) => type switch
    {
        <= RtmpMessageType.SetPeerBandwidth => 2,
        RtmpMessageType.Audio => 4,
        RtmpMessageType.DataAmf0 or RtmpMessageType.DataAmf3 => 5,
        RtmpMessageType.Video or RtmpMessageType.Aggregate => 6,
        _ => 3,
    };

    private static void WriteUInt24(Span<byte> bytes, uint value)
    {
        bytes[0] = (byte)(value >> 16);
        bytes[1] = (byte)(value >> 8);
        bytes[2] = (byte)value;
    }
}
