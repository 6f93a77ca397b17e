using System.Buffers;
using System.IO.Pipelines;
using LiveClip.Core.Rtmp;

namespace LiveClip.Benchmarks;

/// <summary>An FLV file as RTMP messages that are cut into chunks once, to be sent round and round by any number of connections.</summary>
/// <param name="Headers">The decoder configurations, which come once.</param>
/// <param name="Media">Pictures and sound in the file's order; each round begins with a sync sample.</param>
/// <param name="Length">Of one round, in milliseconds.</param>
internal sealed record MediaLoop(IReadOnlyList<ChunkedMessage> Headers, IReadOnlyList<ChunkedMessage> Media, long Length)
{
    /// <summary>Whole GOPs of 2 s at 30 pictures a second, and whole AAC frames at 48 kHz: a round joins the next without a seam.</summary>
    private const long Round = 16_000;

    public static async Task<MediaLoop> ReadAsync(string file)
    {
        await using var content = File.OpenRead(file);
        var input = PipeReader.Create(content);
        var headers = new List<ChunkedMessage>();
        var media = new List<ChunkedMessage>();
        var first = new Dictionary<RtmpMessageType, uint>();
        await foreach (var tag in FlvReader.ReadAsync(input, CancellationToken.None))
        {
            if (IsHeader(tag))
            {
                headers.Add(new ChunkedMessage(tag));
            }
            else if (tag.Type is RtmpMessageType.Video or RtmpMessageType.Audio)
            {
                first.TryAdd(tag.Type, tag.Timestamp);
                if (tag.Timestamp < first[tag.Type] + Round)
                {
                    media.Add(new ChunkedMessage(tag));
                }
            }
        }

        return media[^1].Timestamp + 100 > Round
            ? new MediaLoop(headers, media, Round)
            : throw new InvalidDataException($"{file} is shorter than {Round} ms");
    }

    private static bool IsHeader(FlvTag tag) => tag.Type switch
    {
        RtmpMessageType.Video => FlvVideoTag.Parse(tag.Body).Kind == FlvVideoKind.SequenceHeader,
        RtmpMessageType.Audio => FlvAudioTag.Parse(tag.Body).Kind == FlvAudioKind.SequenceHeader,
        _ => false,
    };
}

/// <summary>One message as it goes over the wire.</summary>
internal sealed class ChunkedMessage
{
    /// <summary>OBS Studio's.</summary>
    public const int ChunkSize = 4096;

    private readonly byte[] _bytes;

    public ChunkedMessage(FlvTag tag)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ChunkWriter(output);
        writer.SetChunkSize(ChunkSize);
        output.ResetWrittenCount();
        writer.Write(new RtmpMessage { Type = tag.Type, Timestamp = 0, MessageStreamId = 0, Payload = tag.Body });
        (_bytes, Timestamp, IsPicture) = (output.WrittenSpan.ToArray(), tag.Timestamp, tag.Type == RtmpMessageType.Video);
    }

    /// <summary>In milliseconds, as the file has it.</summary>
    public uint Timestamp { get; }

    public bool IsPicture { get; }

    /// <summary>The bytes for one connection; the same memory for the next one.</summary>
    public ReadOnlyMemory<byte> With(uint timestamp, uint messageStreamId)
    {
        // RTMP 1.0 §5.3.1.2.1 type 0:  fmt(2)=0 | id(6) | timestamp(24) | length(24) | type(8) | message stream id(32, little-endian)
        (_bytes[1], _bytes[2], _bytes[3]) = ((byte)(timestamp >> 16), (byte)(timestamp >> 8), (byte)timestamp);
        BitConverter.TryWriteBytes(_bytes.AsSpan(8), messageStreamId);
        return _bytes;
    }
}
