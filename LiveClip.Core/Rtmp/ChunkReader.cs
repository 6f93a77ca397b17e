using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// Puts messages together from chunks (RTMP 1.0 §5.3). Obeys Set Chunk Size and Abort itself; memory grows with the bytes that have
/// come, never with the length that a header claims.
/// </summary>
public sealed class ChunkReader(RtmpLimits limits)
{
    private const int MaxHeaderBytes = 3 + 11 + 4;
    private const uint ExtendedTimestampMark = 0xFFFFFF;
    private const int FirstBlockBytes = 1024;
    private const int FirstMediaBlockBytes = 64 * 1024;
    private const int BlockGrowth = 4;

    // Ids below 64 fit the one-byte header; encoders hardly use others.
    private readonly ChunkStream?[] _lowChunkStreams = new ChunkStream?[64];
    private readonly Dictionary<int, ChunkStream> _highChunkStreams = [];
    private int _chunkStreamCount;
    private int _chunkSize = 128;
    private int _partialMessages;
    private long _partialBytes;

    // The chunk whose payload is being read, and how much of it is still to come.
    private ChunkStream? _current;
    private int _chunkRemaining;

    /// <summary>Bytes of chunks consumed so far.</summary>
    public ulong BytesRead { get; private set; }

    /// <summary>Bytes of audio and video payload consumed so far, those of unfinished messages included.</summary>
    public ulong MediaBytesRead { get; private set; }

    /// <summary>Set when publish is accepted: before, only small messages are taken.</summary>
    public bool AcceptsMedia { get; set; }

    /// <summary>Consumes what it can of <paramref name="buffer"/>; false when the next message needs more bytes.</summary>
    /// <exception cref="RtmpProtocolException">A chunk is not valid or a limit is exceeded.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out RtmpMessage? message)
    {
        while (_current is not null || TryReadHeader(ref buffer))
        {
            if (!TryReadPayload(ref buffer, _current!))
            {
                break;
            }

            var finished = _current!;
            _current = null;
            if (finished.Received < finished.Length)
            {
                Suspend(finished);
                continue;
            }

            message = Complete(finished);
            if (!Obey(message))
            {
                return true;
            }
        }

        message = null;
        return false;
    }

    private bool TryReadHeader(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> copy = stackalloc byte[MaxHeaderBytes];
        var header = Peek(buffer, copy);
        if (header.IsEmpty)
        {
            return false;
        }

        // §5.3.1.1 basic header:  fmt(2) | id(6)   or  fmt(2) | 0 | id - 64 (8)   or  fmt(2) | 1 | id - 64 (16, little-endian)
        // §5.3.1.2 message header: timestamp or delta(24) | length(24) type(8) | message stream id(32, little-endian); fmt 1, 2 and 3
        //                          leave out the last 4, 8 and 11 bytes.  §5.3.1.3: extended timestamp(32) when the 24 bits are all ones.
        var format = header[0] >> 6;
        var basicBytes = (header[0] & 0x3F) switch { 0 => 2, 1 => 3, _ => 1 };
        var headerBytes = basicBytes + format switch { 0 => 11, 1 => 7, 2 => 3, _ => 0 };
        if (header.Length < headerBytes)
        {
            return false;
        }

        var id = basicBytes switch
        {
            1 => header[0] & 0x3F,
            2 => 64 + header[1],
            _ => 64 + BinaryPrimitives.ReadUInt16LittleEndian(header[1..]),
        };
        var chunkStream = Find(id);
        if (chunkStream is null && format >= 2)
        {
            throw Broken($"chunk stream {id} begins with a type {format} header, which needs one before it");
        }

        var fields = header[basicBytes..];
        uint timestampField;
        bool isExtended;
        if (format == 3)
        {
            timestampField = chunkStream!.TimestampField;
            isExtended = chunkStream.IsExtended;
            if (isExtended)
            {
                if (RepeatsTimestamp(header[headerBytes..], chunkStream) is not { } repeats)
                {
                    return false;
                }

                headerBytes += repeats ? 4 : 0;
            }
        }
        else
        {
            timestampField = ReadUInt24(fields);
            isExtended = timestampField == ExtendedTimestampMark;
            if (isExtended)
            {
                if (header.Length < headerBytes + 4)
                {
                    return false;
                }

                timestampField = BinaryPrimitives.ReadUInt32BigEndian(header[headerBytes..]);
                headerBytes += 4;
            }
        }

        chunkStream ??= Add(id);
        var length = format <= 1 ? ReadUInt24(fields[3..]) : chunkStream.Length;
        if (chunkStream.IsInMessage)
        {
            // Type 3 is what continues a message, but some encoders repeat a fuller header; its timestamp says nothing new.
            if (length != chunkStream.Length)
            {
                throw Broken($"the length of a message changes from {chunkStream.Length} to {length} before its end");
            }
        }
        else
        {
            // §5.3.1.2.4: after a type 0 header its absolute timestamp is also the delta of a type 3 header.
            chunkStream.Timestamp = format == 0 ? timestampField : unchecked(chunkStream.Timestamp + timestampField);
            chunkStream.TimestampField = timestampField;
            chunkStream.IsExtended = isExtended;
            chunkStream.Length = length;
            chunkStream.Type = format <= 1 ? (RtmpMessageType)fields[6] : chunkStream.Type;
            chunkStream.MessageStreamId = format == 0 ? BinaryPrimitives.ReadUInt32LittleEndian(fields[7..]) : chunkStream.MessageStreamId;
            Begin(chunkStream);
        }

        buffer = buffer.Slice(headerBytes);
        BytesRead += (uint)headerBytes;
        _current = chunkStream;
        _chunkRemaining = (int)Math.Min((uint)_chunkSize, chunkStream.Length - (uint)chunkStream.Received);
        return true;
    }

    /// <summary>
    /// The 2009 text leaves the extended timestamp out of type 3 headers, the 2012 text repeats it; encoders do either. So the next four
    /// bytes are compared: null when too few have come to tell.
    /// </summary>
    private static bool? RepeatsTimestamp(ReadOnlySpan<byte> next, ChunkStream chunkStream)
    {
        next = next[..Math.Min(4, next.Length)];
        Span<byte> field = stackalloc byte[4];
        Span<byte> absolute = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(field, chunkStream.TimestampField);
        BinaryPrimitives.WriteUInt32BigEndian(
            absolute, chunkStream.IsInMessage ? chunkStream.Timestamp : unchecked(chunkStream.Timestamp + chunkStream.TimestampField));
        var couldRepeat = field.StartsWith(next) || absolute.StartsWith(next);
        return couldRepeat && next.Length < 4 ? null : couldRepeat;
    }

    private void Begin(ChunkStream chunkStream)
    {
        var limit = !AcceptsMedia ? limits.MessageBytesBeforePublish
            : IsMedia(chunkStream.Type) ? limits.MediaMessageBytes
            : limits.DataMessageBytes;
        if (chunkStream.Length > limit)
        {
            throw Broken($"a message of type {(int)chunkStream.Type} has {chunkStream.Length} bytes; the limit is {limit}");
        }

        chunkStream.IsInMessage = true;
        chunkStream.Received = 0;
        chunkStream.Payload = Allocate(Math.Min((int)chunkStream.Length, AcceptsMedia ? FirstMediaBlockBytes : FirstBlockBytes));
    }

    private bool TryReadPayload(ref ReadOnlySequence<byte> buffer, ChunkStream chunkStream)
    {
        while (_chunkRemaining > 0)
        {
            if (buffer.IsEmpty)
            {
                return false;
            }

            if (chunkStream.Received == chunkStream.Payload.Length)
            {
                Grow(chunkStream);
            }

            var room = Math.Min(chunkStream.Payload.Length - chunkStream.Received, _chunkRemaining);
            var count = (int)Math.Min(buffer.Length, room);
            buffer.Slice(0, count).CopyTo(chunkStream.Payload.AsSpan(chunkStream.Received));
            buffer = buffer.Slice(count);
            chunkStream.Received += count;
            _chunkRemaining -= count;
            BytesRead += (uint)count;
            MediaBytesRead += IsMedia(chunkStream.Type) ? (uint)count : 0;
        }

        return true;
    }

    private void Grow(ChunkStream chunkStream)
    {
        var old = chunkStream.Payload;
        chunkStream.Payload = Allocate((int)Math.Min(chunkStream.Length, (long)old.Length * BlockGrowth));
        old.CopyTo(chunkStream.Payload, 0);
        _partialBytes -= old.Length;
    }

    private byte[] Allocate(int length)
    {
        _partialBytes += length;
        return _partialBytes <= limits.PartialBytes
            ? GC.AllocateUninitializedArray<byte>(length)
            : throw Broken($"unfinished messages hold more than {limits.PartialBytes} bytes");
    }

    private void Suspend(ChunkStream chunkStream)
    {
        if (chunkStream.IsSuspended)
        {
            return;
        }

        chunkStream.IsSuspended = true;
        if (++_partialMessages > limits.PartialMessages)
        {
            throw Broken($"more than {limits.PartialMessages} chunk streams hold an unfinished message");
        }
    }

    private RtmpMessage Complete(ChunkStream chunkStream)
    {
        var message = new RtmpMessage
        {
            Type = chunkStream.Type,
            Timestamp = chunkStream.Timestamp,
            MessageStreamId = chunkStream.MessageStreamId,
            Payload = chunkStream.Payload,
        };
        Discard(chunkStream);
        return message;
    }

    private void Discard(ChunkStream chunkStream)
    {
        _partialMessages -= chunkStream.IsSuspended ? 1 : 0;
        _partialBytes -= chunkStream.Payload.Length;
        chunkStream.IsSuspended = false;
        chunkStream.IsInMessage = false;
        chunkStream.Payload = [];
    }

    /// <summary>True when the message was meant for this class.</summary>
    private bool Obey(RtmpMessage message)
    {
        switch (message.Type)
        {
            case RtmpMessageType.SetChunkSize:
                var size = ReadControlValue(message);
                if (size < limits.MinChunkSize || size > int.MaxValue)
                {
                    throw Broken($"Set Chunk Size asks for {size}, not {limits.MinChunkSize} to {int.MaxValue}");
                }

                _chunkSize = (int)size;
                return true;

            case RtmpMessageType.Abort:
                if (ReadControlValue(message) is var id and <= 65599 && Find((int)id) is { IsInMessage: true } aborted)
                {
                    Discard(aborted);
                }

                return true;

            default:
                return false;
        }
    }

    private uint ReadControlValue(RtmpMessage message) => message.Payload.Length >= 4
        ? BinaryPrimitives.ReadUInt32BigEndian(message.Payload.Span)
        : throw Broken($"a control message of type {(int)message.Type} has {message.Payload.Length} bytes, not 4");

    private ChunkStream? Find(int id) => id < _lowChunkStreams.Length ? _lowChunkStreams[id] : _highChunkStreams.GetValueOrDefault(id);

    private ChunkStream Add(int id)
    {
        if (++_chunkStreamCount > limits.ChunkStreams)
        {
            throw Broken($"more than {limits.ChunkStreams} chunk streams");
        }

        var added = new ChunkStream();
        if (id < _lowChunkStreams.Length)
        {
            _lowChunkStreams[id] = added;
        }
        else
        {
            _highChunkStreams.Add(id, added);
        }

        return added;
    }

    private RtmpProtocolException Broken(string rule) => new($"chunk byte {BytesRead}", rule);

    private static ReadOnlySpan<byte> Peek(in ReadOnlySequence<byte> buffer, Span<byte> copy)
    {
        var first = buffer.FirstSpan;
        if (first.Length >= copy.Length || buffer.IsSingleSegment)
        {
            return first[..Math.Min(first.Length, copy.Length)];
        }

        var count = (int)Math.Min(buffer.Length, copy.Length);
        buffer.Slice(0, count).CopyTo(copy);
        return copy[..count];
    }

    private static bool IsMedia(RtmpMessageType type) =>
        type is RtmpMessageType.Audio or RtmpMessageType.Video or RtmpMessageType.Aggregate;

    private static uint ReadUInt24(ReadOnlySpan<byte> bytes) => ((uint)bytes[0] << 16) | ((uint)bytes[1] << 8) | bytes[2];

    /// <summary>What the chunks of one chunk stream inherit from the one before, and its unfinished message.</summary>
    private sealed class ChunkStream
    {
        public uint Timestamp { get; set; }

        /// <summary>The timestamp or delta as it stood in the last header, extended or not.</summary>
        public uint TimestampField { get; set; }

        public bool IsExtended { get; set; }

        public uint Length { get; set; }

        public RtmpMessageType Type { get; set; }

        public uint MessageStreamId { get; set; }

        public bool IsInMessage { get; set; }

        /// <summary>In a message, and at least one of its chunks is complete: others may come between.</summary>
        public bool IsSuspended { get; set; }

        public byte[] Payload { get; set; } = [];

        public int Received { get; set; }
    }
}
