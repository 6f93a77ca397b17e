using System.Buffers;
using System.Buffers.Binary;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Recordings;

/// <summary>How encoders cut messages into chunks, where they do it unlike <see cref="ChunkWriter"/>.</summary>
internal enum FaultsDialect
{
    /// <summary>Type 3 headers without the extended timestamp, as the text of 2009 has it.</summary>
    ExtendedOnce,

    /// <summary>Type 1 headers, whose timestamp is a delta: extended for a long one, and for one below zero.</summary>
    Deltas,
}

internal sealed class FaultsChunks(FaultsDialect dialect)
{
    private const int ChunkSize = 4096;
    private const uint ExtendedMark = 0xFFFFFF;

    private readonly Dictionary<RtmpMessageType, uint> _last = [];

    public ReadOnlyMemory<byte> Write(FaultsMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        var stamp = unchecked((uint)message.Stamp);
        var isDelta = dialect == FaultsDialect.Deltas && _last.ContainsKey(message.Type);
        var field = unchecked(isDelta ? stamp - _last[message.Type] : stamp);
        _last[message.Type] = stamp;
        var isExtended = field >= ExtendedMark;
        var chunkStream = message.Type == RtmpMessageType.Audio ? 4 : 6;

        // RTMP 1.0 §5.3.1:  fmt(2) | id(6) | timestamp(24) | length(24) | type(8) | [message stream id(32), type 0 only] | [extended(32)]
        Write(output, (isDelta ? 0x40u : 0) | (uint)chunkStream, 1);
        Write(output, isExtended ? ExtendedMark : field, 3);
        Write(output, (uint)message.Body.Length, 3);
        Write(output, (uint)message.Type, 1);
        Write(output, 0x01000000, isDelta ? 0 : 4);
        Write(output, field, isExtended ? 4 : 0);
        for (var sent = 0; sent < message.Body.Length; sent += ChunkSize)
        {
            if (sent > 0)
            {
                Write(output, 0xC0u | (uint)chunkStream, 1);
                Write(output, field, isExtended && dialect != FaultsDialect.ExtendedOnce ? 4 : 0);
            }

            output.Write(message.Body.AsSpan(sent, Math.Min(ChunkSize, message.Body.Length - sent)));
        }

        return output.WrittenMemory;
    }

    private static void Write(ArrayBufferWriter<byte> output, uint value, int bytes)
    {
        Span<byte> all = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(all, value);
        output.Write(all[(4 - bytes)..]);
    }
}
