using System.Numerics;

namespace LiveClip.Core.Samples;

/// <summary>
/// Reads syntax elements bit by bit, by the descriptors of H.264 §7.2: u(n), ue(v), se(v). Throws a
/// <see cref="SampleFormatException"/> that names the element when the bytes end or a code is longer than 32 bits allow.
/// </summary>
public ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private long _position;

    /// <summary>In bits.</summary>
    public readonly long Position => _position;

    public readonly long Remaining => _bytes.Length * 8L - _position;

    /// <summary>u(n), 0 ≤ n ≤ 32.</summary>
    public uint ReadBits(int count, string field)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, 32u, nameof(count));
        if (count > Remaining)
        {
            throw Fault(field, $"needs {count} bits, has {Remaining}");
        }

        ulong value = 0;
        var end = _position + count;
        while (_position < end)
        {
            var usedOfByte = (int)(_position & 7);
            var take = (int)Math.Min(8 - usedOfByte, end - _position);
            var bits = _bytes[(int)(_position >> 3)] >> (8 - usedOfByte - take) & ((1 << take) - 1);
            value = value << take | (uint)bits;
            _position += take;
        }

        return (uint)value;
    }

    /// <summary>u(1).</summary>
    public bool ReadFlag(string field) => ReadBits(1, field) != 0;

    /// <summary>ue(v), H.264 §9.1: as many zeros, a one, as many bits again; at most <paramref name="maximum"/>.</summary>
    public uint ReadUe(string field, uint maximum = uint.MaxValue - 1)
    {
        var zeros = 0;
        while (!ReadFlag(field))
        {
            if (++zeros > 31)
            {
                throw Fault(field, "an Exp-Golomb code of more than 32 bits");
            }
        }

        var value = (uint)((1UL << zeros) - 1) + ReadBits(zeros, field);
        return value <= maximum ? value : throw Fault(field, $"is {value}, at most {maximum} is allowed");
    }

    /// <summary>se(v), H.264 §9.1.1: 0, 1, −1, 2, −2 …</summary>
    public int ReadSe(string field)
    {
        var code = ReadUe(field);
        var magnitude = (int)(code / 2 + (code & 1));
        return (code & 1) == 1 ? magnitude : -magnitude;
    }

    /// <summary>se(v), within limits.</summary>
    public int ReadSe(string field, int minimum, int maximum)
    {
        var value = ReadSe(field);
        return value >= minimum && value <= maximum ? value : throw Fault(field, $"is {value}, not {minimum} to {maximum}");
    }

    /// <summary>more_rbsp_data(), H.264 §7.2: false when nothing but the stop bit and its padding is left.</summary>
    public readonly bool HasMoreData() => _position < FindStopBit();

    /// <summary>Where rbsp_stop_one_bit is, the last bit that is 1; at or behind <see cref="Position"/>.</summary>
    public readonly long FindStopBit()
    {
        var last = _bytes.LastIndexOfAnyExcept((byte)0);
        var stop = last < 0 ? -1 : last * 8L + 7 - BitOperations.TrailingZeroCount(_bytes[last]);
        return stop >= _position ? stop : throw Fault("rbsp_stop_one_bit", "is missing");
    }

    public readonly SampleFormatException Fault(string field, string what) => new(field, _position >> 3, what);
}
