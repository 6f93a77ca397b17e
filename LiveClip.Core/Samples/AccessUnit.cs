namespace LiveClip.Core.Samples;

/// <summary>One picture's NAL units, each after its length, as encoders really send them: with empty ones and zeros behind the last.</summary>
/// <param name="Data">Whole units that are not empty and fill it to its end; the encoder's own bytes where they are so.</param>
/// <param name="IsIdr">Decodable without earlier pictures, whatever the encoder says of it (H.264 §7.4.1.2.4).</param>
/// <param name="WasMended">Something empty was taken out.</param>
public readonly record struct AccessUnit(ReadOnlyMemory<byte> Data, bool IsIdr, bool WasMended)
{
    /// <exception cref="SampleFormatException">A length points past the end, or nothing but emptiness is there.</exception>
    public static AccessUnit Parse(ReadOnlyMemory<byte> data, int lengthSize)
    {
        var bytes = data.Span;
        var (position, kept, isIdr) = (0, 0, false);
        byte[]? mended = null;
        while (position < bytes.Length)
        {
            var end = EndOfUnit(bytes, position, lengthSize);
            if (end - position <= lengthSize)
            {
                mended ??= data.ToArray();
                position = end;
                continue;
            }

            isIdr |= new NalUnit(data[(position + lengthSize)..end]).Type == NalUnitType.IdrSlice;
            if (mended is not null)
            {
                bytes[position..end].CopyTo(mended.AsSpan(kept));
            }

            kept += end - position;
            position = end;
        }

        return kept == 0
            ? throw new SampleFormatException("NALUnitLength", 0, $"no NAL unit in {bytes.Length} bytes")
            : new AccessUnit(mended is null ? data : mended.AsMemory(0, kept), isIdr, mended is not null);
    }

    private static int EndOfUnit(ReadOnlySpan<byte> bytes, int position, int lengthSize)
    {
        var rest = bytes[position..];
        if (rest.Length < lengthSize)
        {
            return rest.ContainsAnyExcept((byte)0)
                ? throw new SampleFormatException("NALUnitLength", position, $"needs {lengthSize} bytes, has {rest.Length}")
                : bytes.Length;
        }

        ulong length = 0;
        foreach (var value in rest[..lengthSize])
        {
            length = length << 8 | value;
        }

        return length <= (ulong)(rest.Length - lengthSize)
            ? position + lengthSize + (int)length
            : throw new SampleFormatException("NALUnitLength", position, $"is {length}, with {rest.Length - lengthSize} bytes left");
    }
}
