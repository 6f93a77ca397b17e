using LiveClip.Core.Clips;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Images;

/// <summary>AAC frames as a byte stream, each behind a header that tells what it is (ISO 14496-3 §1.A.2): how ffmpeg takes bare sound.</summary>
internal static class AdtsStream
{
    private const int HeaderBytes = 7;
    private const int LowComplexity = 2;
    private const int LongestFrame = (1 << 13) - 1;

    // ISO 14496-3 Table 1.18.
    private static readonly int[] Rates =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

    public static byte[] Of(IReadOnlyList<SourceSample> packets, AudioSpecificConfig configuration)
    {
        using var stream = new MemoryStream();
        foreach (var packet in packets)
        {
            Write(stream, packet.Read(), configuration);
        }

        return stream.ToArray();
    }

    // §1.A.2.2:  syncword(12)=0xFFF | ID(1)=0 | layer(2)=0 | protection_absent(1)=1 | profile_ObjectType(2)=object type - 1
    //   | sampling_frequency_index(4) | private(1) | channel_configuration(3) | original, home, 2 copyright bits(4)=0
    //   | aac_frame_length(13), header included | adts_buffer_fullness(11)=0x7FF, not told | number_of_raw_data_blocks(2)=0
    private static void Write(MemoryStream stream, byte[] frame, AudioSpecificConfig configuration)
    {
        // The extensions of HE-AAC lie inside the frames of its core, which is low complexity.
        var profile = (configuration.ObjectType <= 4 ? configuration.ObjectType : LowComplexity) - 1;
        var rate = Array.IndexOf(Rates, configuration.SampleRate);
        var channels = configuration.Channels == 8 ? 7 : configuration.Channels;
        var length = HeaderBytes + frame.Length;
        if (rate < 0 || length > LongestFrame)
        {
            return;
        }

        stream.Write([
            0xFF,
            0xF1,
            (byte)(profile << 6 | rate << 2 | channels >> 2),
            (byte)(channels << 6 | length >> 11),
            (byte)(length >> 3),
            (byte)(length << 5 | 0x1F),
            0xFC,
        ]);
        stream.Write(frame);
    }
}
