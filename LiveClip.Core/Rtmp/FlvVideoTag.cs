using System.Buffers.Binary;

namespace LiveClip.Core.Rtmp;

/// <summary>What the body of a video message is.</summary>
public enum FlvVideoKind
{
    /// <summary>Empty, or a command to a Flash player: nothing to store. Encoders do send headers without content.</summary>
    Ignored,

    /// <summary>Cut short.</summary>
    Malformed,

    /// <summary>Data is an AVC decoder configuration record.</summary>
    SequenceHeader,

    /// <summary>Data is one picture as length-prefixed NAL units.</summary>
    Nalus,

    EndOfSequence,

    /// <summary>A codec that is not H.264; <see cref="FlvVideoTag.Codec"/> names it.</summary>
    Unsupported,
}

/// <summary>
/// The body of a video message (FLV 10.1 §E.4.3, VIDEODATA), or its Enhanced RTMP form with a FourCC when that says H.264. Data is a
/// slice of the message's payload.
/// </summary>
public readonly record struct FlvVideoTag(
    FlvVideoKind Kind, bool IsSync, int CompositionTime, ReadOnlyMemory<byte> Data, string Codec)
{
    private const string Avc = "H.264";
    private const int MinAvcConfigurationBytes = 7;
    private const int SyncFrame = 1;
    private const int CommandFrame = 5;
    private const int AvcCodec = 7;

    /// <summary>Never throws: what cannot be used is Ignored, Malformed or Unsupported.</summary>
    public static FlvVideoTag Parse(ReadOnlyMemory<byte> body)
    {
        var bytes = body.Span;
        if (bytes.IsEmpty)
        {
            return default;
        }

        if ((bytes[0] & 0x80) != 0)
        {
            return ParseEnhanced(body);
        }

        // frame type(4) | codec id(4) | AVC packet type(8) | composition time(24, signed, ms) | data
        var frameType = bytes[0] >> 4;
        var codec = bytes[0] & 0x0F;
        if (frameType == CommandFrame)
        {
            return default;
        }

        if (codec != AvcCodec)
        {
            return new FlvVideoTag(FlvVideoKind.Unsupported, false, 0, default, NameOf(codec));
        }

        const int HeaderBytes = 5;
        return bytes switch
        {
            [_, 0, _, _, _, ..] => SequenceHeader(body[HeaderBytes..]),
            [_, 1, _, _, _, ..] => Picture(frameType, ReadInt24(bytes[2..]), body[HeaderBytes..]),
            [_, 2, ..] => new FlvVideoTag(FlvVideoKind.EndOfSequence, false, 0, default, Avc),
            [_] or [_, 0 or 1, ..] => Malformed,
            _ => default,
        };
    }

    private static FlvVideoTag ParseEnhanced(ReadOnlyMemory<byte> body)
    {
        // Enhanced RTMP v2, ExVideoTagHeader:  1(1) | frame type(3) | packet type(4) | FourCC(32) | data by packet type
        const int HeaderBytes = 5;
        var bytes = body.Span;
        var frameType = (bytes[0] >> 4) & 0x07;
        var packetType = bytes[0] & 0x0F;
        if (frameType == CommandFrame)
        {
            return default;
        }

        if (bytes.Length < HeaderBytes)
        {
            return Malformed;
        }

        const int Multitrack = 6;
        if (packetType >= Multitrack)
        {
            return new FlvVideoTag(FlvVideoKind.Unsupported, false, 0, default, "Enhanced RTMP multitrack");
        }

        if (!bytes[1..HeaderBytes].SequenceEqual("avc1"u8))
        {
            return new FlvVideoTag(FlvVideoKind.Unsupported, false, 0, default, FourCc.NameOf(bytes[1..HeaderBytes]));
        }

        return packetType switch
        {
            0 => SequenceHeader(body[HeaderBytes..]),
            1 when bytes.Length < HeaderBytes + 3 => Malformed,
            1 => Picture(frameType, ReadInt24(bytes[HeaderBytes..]), body[(HeaderBytes + 3)..]),
            2 => new FlvVideoTag(FlvVideoKind.EndOfSequence, false, 0, default, Avc),
            3 => Picture(frameType, 0, body[HeaderBytes..]),
            _ => default,
        };
    }

    private static FlvVideoTag Malformed => new(FlvVideoKind.Malformed, false, 0, default, Avc);

    private static FlvVideoTag SequenceHeader(ReadOnlyMemory<byte> record) => record.Length switch
    {
        0 => default,
        < MinAvcConfigurationBytes => Malformed,
        _ => new FlvVideoTag(FlvVideoKind.SequenceHeader, false, 0, record, Avc),
    };

    private static FlvVideoTag Picture(int frameType, int compositionTime, ReadOnlyMemory<byte> nalus) => nalus.IsEmpty
        ? default
        : new FlvVideoTag(FlvVideoKind.Nalus, frameType == SyncFrame, compositionTime, nalus, Avc);

    // SI24: read as unsigned, -34 ms would be 4 hours and 39 minutes.
    private static int ReadInt24(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadInt16BigEndian(bytes) << 8) | bytes[2];

    private static string NameOf(int codec) => codec switch
    {
        2 => "Sorenson H.263",
        3 or 6 => "Screen video",
        4 or 5 => "VP6",
        12 => "HEVC",
        _ => $"FLV video codec {codec}",
    };
}
