using System.Buffers.Binary;
using System.Numerics;

namespace LiveClip.Core.Samples;

/// <summary>One picture's NAL units, each after its length, as encoders really send them: with empty ones and zeros behind the last.</summary>
/// <param name="Data">Whole units that are not empty and fill it to its end; the encoder's own bytes where they are so.</param>
/// <param name="IsIdr">Decodable without earlier pictures, whatever the encoder says of it (H.264 §7.4.1.2.4).</param>
/// <param name="IsRandomAccess">
/// All that is shown from it on is decodable without earlier pictures: it is an IDR picture, or says so itself (recovery point, open GOP)
/// and is predicted from none. An intra picture alone is no such point: those behind it may refer to those before it.
/// </param>
/// <param name="WasMended">Something empty was taken out.</param>
public readonly record struct AccessUnit(ReadOnlyMemory<byte> Data, bool IsIdr, bool IsRandomAccess, bool WasMended)
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

        if (kept == 0)
        {
            throw new SampleFormatException("NALUnitLength", 0, $"no NAL unit in {bytes.Length} bytes");
        }

        var whole = mended is null ? data : mended.AsMemory(0, kept);
        return new AccessUnit(whole, isIdr, isIdr || IsRecoveryPoint(NalUnit.Walk(whole, lengthSize)), mended is not null);
    }

    // What cannot be read is no reason to lose a picture that is not asked for: it is no recovery point.
    private static bool IsRecoveryPoint(NalUnitSequence units)
    {
        var slices = 0;
        foreach (var unit in units)
        {
            switch (unit.Type)
            {
                case NalUnitType.NonIdrSlice when IsIntra(unit.Bytes.Span):
                    slices++;
                    break;
                case NalUnitType.NonIdrSlice or NalUnitType.SliceDataPartitionA:
                    return false;
            }
        }

        if (slices == 0)
        {
            return false;
        }

        foreach (var unit in units)
        {
            if (unit.Type == NalUnitType.SupplementalEnhancement && HasRecoveryPoint(NalUnit.Unescape(unit.Bytes.Span)))
            {
                return true;
            }
        }

        return false;
    }

    // §7.3.3 slice_header:  first_mb_in_slice ue | slice_type ue | … ; of the largest picture they have 35 and 7 bits.
    private static bool IsIntra(ReadOnlySpan<byte> slice)
    {
        const ulong Intra = 2;
        const ulong AllIntra = 7;
        Span<byte> payload = stackalloc byte[16];
        payload.Clear();
        NalUnit.Unescape(slice[..Math.Min(slice.Length, 16)], payload);
        var bits = BinaryPrimitives.ReadUInt64BigEndian(payload[1..]);
        var zeros = BitOperations.LeadingZeroCount(bits);
        bits = zeros < 18 ? bits << (2 * zeros + 1) : 0;
        zeros = BitOperations.LeadingZeroCount(bits);
        return zeros <= 3 && (bits >> (63 - 2 * zeros)) - 1 is Intra or AllIntra;
    }

    // §7.3.2.3.1 sei_message:  payloadType, payloadSize (a byte each, 255 goes on) | payload;  §D.1.8 recovery_point:
    // recovery_frame_cnt ue | exact_match_flag(1) | broken_link_flag(1) | changing_slice_group_idc(2).  ue 0 is one bit that is 1.
    private static bool HasRecoveryPoint(ReadOnlySpan<byte> sei)
    {
        const int RecoveryPoint = 6;
        var rest = sei[1..];
        while (TryReadLength(ref rest, out var type) && TryReadLength(ref rest, out var size) && size <= rest.Length)
        {
            if (type == RecoveryPoint)
            {
                return size > 0 && (rest[0] & 0x80) != 0;
            }

            rest = rest[size..];
        }

        return false;
    }

    private static bool TryReadLength(ref ReadOnlySpan<byte> rest, out int length)
    {
        var more = rest.IndexOfAnyExcept((byte)255);
        if (more < 0)
        {
            length = 0;
            return false;
        }

        length = 255 * more + rest[more];
        rest = rest[(more + 1)..];
        return true;
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
