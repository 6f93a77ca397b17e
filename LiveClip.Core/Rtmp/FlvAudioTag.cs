namespace LiveClip.Core.Rtmp;

/// <summary>What the body of an audio message is.</summary>
public enum FlvAudioKind
{
    /// <summary>Empty: nothing to store. Encoders do send sequence headers without content.</summary>
    Ignored,

    /// <summary>Cut short.</summary>
    Malformed,

    /// <summary>Data is an AudioSpecificConfig.</summary>
    SequenceHeader,

    /// <summary>Data is one raw AAC frame.</summary>
    Raw,

    /// <summary>A codec that is not AAC; <see cref="FlvAudioTag.Codec"/> names it.</summary>
    Unsupported,
}

/// <summary>
/// The body of an audio message (FLV 10.1 §E.4.2, AUDIODATA), or its Enhanced RTMP form with a FourCC when that says AAC. Data is a
/// slice of the message's payload.
/// </summary>
public readonly record struct FlvAudioTag(FlvAudioKind Kind, ReadOnlyMemory<byte> Data, string Codec)
{
    private const string Aac = "AAC";
    private const int MinAudioSpecificConfigBytes = 2;
    private const int EnhancedFormat = 9;
    private const int AacFormat = 10;

    /// <summary>Never throws: what cannot be used is Ignored, Malformed or Unsupported.</summary>
    public static FlvAudioTag Parse(ReadOnlyMemory<byte> body)
    {
        var bytes = body.Span;
        if (bytes.IsEmpty)
        {
            return default;
        }

        // sound format(4) | rate(2) | size(1) | type(1) | AAC packet type(8) | data; for AAC rate, size and type say nothing
        var format = bytes[0] >> 4;
        return format switch
        {
            EnhancedFormat => ParseEnhanced(body),
            AacFormat => bytes switch
            {
                [_, 0, ..] => SequenceHeader(body[2..]),
                [_, 1, ..] => Raw(body[2..]),
                [_] => Malformed,
                _ => default,
            },
            _ => new FlvAudioTag(FlvAudioKind.Unsupported, default, NameOf(format)),
        };
    }

    private static FlvAudioTag ParseEnhanced(ReadOnlyMemory<byte> body)
    {
        // Enhanced RTMP v2, ExAudioTagHeader:  9(4) | packet type(4) | FourCC(32) | data
        const int HeaderBytes = 5;
        const int Multitrack = 5;
        var bytes = body.Span;
        if (bytes.Length < HeaderBytes)
        {
            return Malformed;
        }

        var packetType = bytes[0] & 0x0F;
        if (packetType >= Multitrack)
        {
            return new FlvAudioTag(FlvAudioKind.Unsupported, default, "Enhanced RTMP multitrack");
        }

        if (!bytes[1..HeaderBytes].SequenceEqual("mp4a"u8))
        {
            return new FlvAudioTag(FlvAudioKind.Unsupported, default, FourCc.NameOf(bytes[1..HeaderBytes]));
        }

        return packetType switch
        {
            0 => SequenceHeader(body[HeaderBytes..]),
            1 => Raw(body[HeaderBytes..]),
            _ => default,
        };
    }

    private static FlvAudioTag Malformed => new(FlvAudioKind.Malformed, default, Aac);

    private static FlvAudioTag SequenceHeader(ReadOnlyMemory<byte> config) => config.Length switch
    {
        0 => default,
        < MinAudioSpecificConfigBytes => Malformed,
        _ => new FlvAudioTag(FlvAudioKind.SequenceHeader, config, Aac),
    };

    private static FlvAudioTag Raw(ReadOnlyMemory<byte> frame) => frame.IsEmpty ? default : new FlvAudioTag(FlvAudioKind.Raw, frame, Aac);

    private static string NameOf(int format) => format switch
    {
        0 or 3 => "PCM",
        1 => "ADPCM",
        2 or 14 => "MP3",
        4 or 5 or 6 => "Nellymoser",
        7 or 8 => "G.711",
        11 => "Speex",
        _ => $"FLV sound format {format}",
    };
}
