using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>AAC frames as a byte stream, each behind its own header (ISO 13818-7 §6.2): how ffmpeg takes and gives bare sound.</summary>
internal static class Adts
{
    private const int HeaderLength = 7;
    private const int LongestFrame = (1 << 13) - 1;

    /// <summary>Whether its header can tell of such sound: frames of 1024, of the low complexity core with or without extensions.</summary>
    public static bool CanTell(AudioSpecificConfig configuration) =>
        configuration is { ObjectType: 2 or 5 or 29, FrameLength: 1024, RateIndex: >= 0, Channels: >= 1 and <= 6 or 8 };

    // syncword(12)=0xFFF | ID(1)=0 | layer(2)=0 | protection_absent(1)=1 | profile(2)=1: low complexity | sampling_frequency_index(4)
    //   | private(1)=0 | channel_configuration(3) | original, home, copyright(4)=0 | frame_length(13), header included
    //   | buffer_fullness(11)=0x7FF: variable | raw data blocks less one(2)=0
    /// <exception cref="SampleFormatException">The frame is too long.</exception>
    public static byte[] FromSample(ReadOnlySpan<byte> frame, AudioSpecificConfig configuration)
    {
        var length = HeaderLength + frame.Length;
        if (length > LongestFrame)
        {
            throw new SampleFormatException("frame_length", 0, $"is {length}");
        }

        var channels = configuration.Channels == 8 ? 7 : configuration.Channels;
        return
        [
            0xFF, 0xF1,
            (byte)(1 << 6 | configuration.RateIndex << 2 | channels >> 2),
            (byte)(channels << 6 | length >> 11),
            (byte)(length >> 3),
            (byte)(length << 5 | 0x1F),
            0xFC,
            .. frame,
        ];
    }

    /// <summary>The frames of a whole byte stream, without their headers.</summary>
    /// <exception cref="SampleFormatException">It is none.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> stream)
    {
        while (!stream.IsEmpty)
        {
            var head = stream.Span;
            var length = head.Length >= HeaderLength ? (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 : 0;
            if (length <= HeaderLength || length > head.Length || head[0] != 0xFF || (head[1] & 0xF7) != 0xF1)
            {
                throw new SampleFormatException("adts_fixed_header", 0, $"no frame in {head.Length} bytes");
            }

            yield return stream[HeaderLength..length];
            stream = stream[length..];
        }
    }
}
