using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>NAL units as a byte stream, each behind a start code (H.264 annex B): how ffmpeg takes and gives bare pictures.</summary>
internal static class AnnexB
{
    private static ReadOnlySpan<byte> StartCode => [0, 0, 0, 1];

    /// <summary>Behind any number of zeros.</summary>
    public static ReadOnlySpan<byte> ShortStartCode => [0, 0, 1];

    /// <summary>An access unit of a sample, its lengths replaced by start codes.</summary>
    public static byte[] FromSample(ReadOnlyMemory<byte> accessUnit, int lengthSize)
    {
        using var stream = new MemoryStream(accessUnit.Length + 64);
        foreach (var unit in NalUnit.Walk(accessUnit, lengthSize))
        {
            Append(stream, unit.Bytes.Span);
        }

        return stream.ToArray();
    }

    /// <summary>A single NAL unit as a sample: behind its length.</summary>
    /// <exception cref="SampleFormatException">It is longer than that many bytes can tell.</exception>
    public static ReadOnlyMemory<byte> ToSample(ReadOnlySpan<byte> unit, int lengthSize)
    {
        if (lengthSize < 4 && unit.Length >> (8 * lengthSize) != 0)
        {
            throw new SampleFormatException("NALUnitLength", 0, $"{unit.Length} does not fit {lengthSize} bytes");
        }

        var sample = new byte[lengthSize + unit.Length];
        for (var i = 0; i < lengthSize; i++)
        {
            sample[i] = (byte)(unit.Length >> (8 * (lengthSize - 1 - i)));
        }

        unit.CopyTo(sample.AsSpan(lengthSize));
        return sample;
    }

    /// <summary>What a decoder needs before the first picture.</summary>
    public static byte[] ParameterSets(AvcConfiguration configuration)
    {
        using var stream = new MemoryStream();
        foreach (var unit in configuration.SequenceParameterSets.Concat(configuration.PictureParameterSets))
        {
            Append(stream, unit.Span);
        }

        return stream.ToArray();
    }

    // ISO 14496-15 §5.3.3.1.2, as AvcConfiguration reads it; the last four bytes for the high profiles: reserved(6) chroma_format(2)=4:2:0
    //   | reserved(5) bit_depth_luma_minus8(3)=0 | reserved(5) bit_depth_chroma_minus8(3)=0 | numOfSequenceParameterSetExt(8)=0
    /// <summary>The decoder configuration of 4:2:0 pictures of 8 bits with these parameter sets, and lengths of four bytes.</summary>
    public static AvcConfiguration ConfigurationOf(ReadOnlySpan<byte> sps, ReadOnlySpan<byte> pps)
    {
        const byte High = 100;
        byte[] extension = sps[1] >= High ? [0xFD, 0xF8, 0xF8, 0] : [];
        return AvcConfiguration.Parse((byte[])
        [
            1, .. sps[1..4], 0xFF,
            0xE1, (byte)(sps.Length >> 8), (byte)sps.Length, .. sps,
            1, (byte)(pps.Length >> 8), (byte)pps.Length, .. pps,
            .. extension,
        ]);
    }

    /// <summary>The NAL units of a whole byte stream.</summary>
    public static IEnumerable<NalUnit> Split(ReadOnlyMemory<byte> stream)
    {
        var start = stream.Span.IndexOf(ShortStartCode);
        while (start >= 0)
        {
            var unit = stream[(start + ShortStartCode.Length)..];
            var length = unit.Span.IndexOf(ShortStartCode);
            start = length < 0 ? -1 : start + ShortStartCode.Length + length;
            // A NAL unit never ends with a zero (§7.4.1): those belong to the next start code.
            var bytes = length < 0 ? unit : unit[..length];
            bytes = bytes[..(bytes.Span.LastIndexOfAnyExcept((byte)0) + 1)];
            if (!bytes.IsEmpty)
            {
                yield return new NalUnit(bytes);
            }
        }
    }

    private static void Append(MemoryStream stream, ReadOnlySpan<byte> unit)
    {
        stream.Write(StartCode);
        stream.Write(unit);
    }
}
