using System.Buffers;

namespace LiveClip.Core.Samples;

/// <summary>What a NAL unit holds (H.264 Table 7-1).</summary>
public enum NalUnitType
{
    Unspecified = 0,
    NonIdrSlice = 1,
    SliceDataPartitionA = 2,
    SliceDataPartitionB = 3,
    SliceDataPartitionC = 4,
    IdrSlice = 5,
    SupplementalEnhancement = 6,
    SequenceParameterSet = 7,
    PictureParameterSet = 8,
    AccessUnitDelimiter = 9,
    EndOfSequence = 10,
    EndOfBitstream = 11,
    FillerData = 12,
    SequenceParameterSetExtension = 13,
    Prefix = 14,
    SubsetSequenceParameterSet = 15,
    AuxiliarySlice = 19,
}

/// <summary>One network abstraction layer unit of H.264 (§7.3.1), from its header byte on, emulation prevention bytes included.</summary>
public readonly record struct NalUnit(ReadOnlyMemory<byte> Bytes)
{
    // §7.3.1 header byte:  forbidden_zero_bit(1) | nal_ref_idc(2) | nal_unit_type(5)
    public NalUnitType Type => (NalUnitType)(Bytes.Span[0] & 0x1F);

    /// <summary>0 when no other picture refers to this one.</summary>
    public int RefIdc => Bytes.Span[0] >> 5 & 3;

    /// <summary>The units of an access unit as samples hold them, each after its length (ISO 14496-15 §5.3.4.2).</summary>
    /// <exception cref="SampleFormatException">While walking: a length is cut off, is 0 or points past the end.</exception>
    public static NalUnitSequence Walk(ReadOnlyMemory<byte> accessUnit, int lengthSize) => new(accessUnit, lengthSize);

    /// <summary>The payload as the syntax tables see it: each 03 that follows two zeros is taken out (§7.4.1).</summary>
    public static byte[] Unescape(ReadOnlySpan<byte> unit)
    {
        var payload = new byte[unit.Length];
        var length = Unescape(unit, payload);
        return length == payload.Length ? payload : payload[..length];
    }

    /// <returns>How many bytes of <paramref name="payload"/>, which has room for all of the unit, were written.</returns>
    internal static int Unescape(ReadOnlySpan<byte> unit, Span<byte> payload)
    {
        var (length, zeros) = (0, 0);
        foreach (var value in unit)
        {
            if (zeros >= 2 && value == 3)
            {
                zeros = 0;
                continue;
            }

            zeros = value == 0 ? zeros + 1 : 0;
            payload[length++] = value;
        }

        return length;
    }

    /// <summary>The opposite of <see cref="Unescape(ReadOnlySpan{byte})"/>: a 03 where a payload would look like a start code.</summary>
    public static byte[] Escape(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> twoZeros = [0, 0];
        ReadOnlySpan<byte> preventer = [3];
        var unit = new ArrayBufferWriter<byte>(payload.Length + payload.Length / 64 + 16);
        while (payload.IndexOf(twoZeros) is >= 0 and var zeros && zeros + 2 < payload.Length)
        {
            unit.Write(payload[..(zeros + 2)]);
            payload = payload[(zeros + 2)..];
            if (payload[0] <= 3)
            {
                unit.Write(preventer);
            }
        }

        unit.Write(payload);
        // §7.4.1: behind cabac_zero_words too, which end a payload in zeros.
        if (payload is [.., 0, 0])
        {
            unit.Write(preventer);
        }

        return unit.WrittenSpan.ToArray();
    }
}

/// <summary>The NAL units of one access unit, walked without allocating.</summary>
public struct NalUnitSequence(ReadOnlyMemory<byte> accessUnit, int lengthSize)
{
    private readonly ReadOnlyMemory<byte> _accessUnit = accessUnit;
    private readonly int _lengthSize = lengthSize;
    private int _position;

    public NalUnit Current { get; private set; }

    public readonly NalUnitSequence GetEnumerator() => this;

    public bool MoveNext()
    {
        var rest = _accessUnit.Span[_position..];
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest.Length < _lengthSize)
        {
            throw new SampleFormatException("NALUnitLength", _position, $"needs {_lengthSize} bytes, has {rest.Length}");
        }

        ulong length = 0;
        foreach (var value in rest[.._lengthSize])
        {
            length = length << 8 | value;
        }

        var room = rest.Length - _lengthSize;
        if (length == 0 || length > (ulong)room)
        {
            throw new SampleFormatException("NALUnitLength", _position, $"is {length}, with {room} bytes left");
        }

        Current = new NalUnit(_accessUnit.Slice(_position + _lengthSize, (int)length));
        _position += _lengthSize + (int)length;
        return true;
    }
}
