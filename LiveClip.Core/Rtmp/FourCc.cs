using System.Buffers.Binary;

namespace LiveClip.Core.Rtmp;

/// <summary>Names for the codecs that Enhanced RTMP writes as four characters.</summary>
internal static class FourCc
{
    /// <summary>A name to show to people; unknown codes as hexadecimal, because their bytes come from outside.</summary>
    public static string NameOf(ReadOnlySpan<byte> code) => code switch
    {
        [(byte)'h', (byte)'v', (byte)'c', (byte)'1'] => "HEVC",
        [(byte)'v', (byte)'v', (byte)'c', (byte)'1'] => "VVC",
        [(byte)'a', (byte)'v', (byte)'0', (byte)'1'] => "AV1",
        [(byte)'v', (byte)'p', (byte)'0', (byte)'8'] => "VP8",
        [(byte)'v', (byte)'p', (byte)'0', (byte)'9'] => "VP9",
        [(byte)'O', (byte)'p', (byte)'u', (byte)'s'] => "Opus",
        [(byte)'f', (byte)'L', (byte)'a', (byte)'C'] => "FLAC",
        [(byte)'a', (byte)'c', (byte)'-', (byte)'3'] => "AC-3",
        [(byte)'e', (byte)'c', (byte)'-', (byte)'3'] => "E-AC-3",
        [(byte)'.', (byte)'m', (byte)'p', (byte)'3'] => "MP3",
        _ => $"codec 0x{BinaryPrimitives.ReadUInt32BigEndian(code):X8}",
    };
}
