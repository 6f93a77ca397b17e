using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace LiveClip.Core.Rtmp;

/// <summary>Reads the tags of an FLV file (FLV 10.1 §E.2 to §E.4), such as ffmpeg writes to a pipe.</summary>
public static class FlvReader
{
    private const int FileHeaderBytes = 9;
    private const int TagHeaderBytes = 11;
    private const int PreviousTagSizeBytes = 4;
    private const byte TypeMask = 0x1F;

    /// <summary>Ends with the file; a last tag that is cut off is left out. Does not complete <paramref name="input"/>.</summary>
    /// <exception cref="RtmpProtocolException">It is not an FLV file.</exception>
    public static async IAsyncEnumerable<FlvTag> ReadAsync(
        PipeReader input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isPastHeader = false;
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            isPastHeader = isPastHeader || TrySkipHeader(ref buffer);
            while (isPastHeader && TryReadTag(ref buffer, out var tag))
            {
                yield return tag;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                yield break;
            }
        }
    }

    /// <summary>Also the form of the parts of an RTMP aggregate message (RTMP 1.0 §7.1.6).</summary>
    internal static bool TryReadTag(ref ReadOnlySequence<byte> buffer, out FlvTag tag)
    {
        tag = default;
        if (buffer.Length < TagHeaderBytes)
        {
            return false;
        }

        // §E.4.1:  filter and type(8) | data size(24) | timestamp(24) | its upper 8 bits(8) | stream id(24) | data | size of this tag(32)
        Span<byte> header = stackalloc byte[TagHeaderBytes];
        buffer.Slice(0, TagHeaderBytes).CopyTo(header);
        var size = BinaryPrimitives.ReadUInt32BigEndian(header) & 0xFFFFFF;
        if (buffer.Length < TagHeaderBytes + size + PreviousTagSizeBytes)
        {
            return false;
        }

        var body = GC.AllocateUninitializedArray<byte>((int)size);
        buffer.Slice(TagHeaderBytes, size).CopyTo(body);
        buffer = buffer.Slice(TagHeaderBytes + size + PreviousTagSizeBytes);
        tag = new FlvTag(
            (RtmpMessageType)(header[0] & TypeMask),
            (BinaryPrimitives.ReadUInt32BigEndian(header[4..]) >> 8) | ((uint)header[7] << 24),
            body);
        return true;
    }

    private static bool TrySkipHeader(ref ReadOnlySequence<byte> buffer)
    {
        // §E.2:  'F' 'L' 'V' version(8) | flags(8) | length of this header(32) | [to that length] | size of the tag before(32)=0
        if (buffer.Length < FileHeaderBytes)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[FileHeaderBytes];
        buffer.Slice(0, FileHeaderBytes).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[5..]);
        if (!header.StartsWith("FLV"u8) || length is < FileHeaderBytes or > 1024)
        {
            throw new RtmpProtocolException("FLV byte 0", "not the header of an FLV file");
        }

        if (buffer.Length < length + PreviousTagSizeBytes)
        {
            return false;
        }

        buffer = buffer.Slice(length + PreviousTagSizeBytes);
        return true;
    }
}

/// <summary>One tag of an FLV file: what an RTMP audio, video or data message carries, with its time in milliseconds.</summary>
public readonly record struct FlvTag(RtmpMessageType Type, uint Timestamp, ReadOnlyMemory<byte> Body);
