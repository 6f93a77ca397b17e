using System.Numerics;

namespace LiveClip.Core.Samples;

/// <summary>Writes syntax elements bit by bit, as <see cref="BitReader"/> reads them: u(n), ue(v), se(v) of H.264 §7.2.</summary>
/// <param name="capacity">Bytes to begin with; it grows.</param>
public sealed class BitWriter(int capacity)
{
    private byte[] _bytes = new byte[Math.Max(capacity, 16)];
    private int _length;
    private ulong _pending;
    private int _pendingBits;

    /// <summary>What was written, the last byte filled up with zeros.</summary>
    public byte[] ToArray()
    {
        Align(false);
        return _bytes.AsSpan(0, _length).ToArray();
    }

    /// <summary>u(n), 0 ≤ n ≤ 32.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value does not fit.</exception>
    public void WriteBits(uint value, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, 32u, nameof(count));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, 1UL << count);
        _pending = _pending << count | value;
        _pendingBits += count;
        while (_pendingBits >= 8)
        {
            _pendingBits -= 8;
            Append((byte)(_pending >> _pendingBits));
        }
    }

    /// <summary>u(1).</summary>
    public void WriteFlag(bool value) => WriteBits(value ? 1u : 0u, 1);

    /// <summary>ue(v), H.264 §9.1.</summary>
    public void WriteUe(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(value, uint.MaxValue);
        var zeros = BitOperations.Log2(value + 1);
        WriteBits(0, zeros);
        WriteBits(value + 1, zeros + 1);
    }

    /// <summary>ue(v) of what is counted with an int.</summary>
    public void WriteUe(int value) => WriteUe(checked((uint)value));

    /// <summary>se(v), H.264 §9.1.1.</summary>
    public void WriteSe(int value) => WriteUe(value > 0 ? 2 * (uint)value - 1 : 2 * (uint)-value);

    /// <summary>Fills the last byte up.</summary>
    public void Align(bool withOnes)
    {
        if (_pendingBits > 0)
        {
            var room = 8 - _pendingBits;
            WriteBits(withOnes ? (1u << room) - 1 : 0, room);
        }
    }

    /// <summary>Bits of a payload, from one position to before another.</summary>
    public void Copy(ReadOnlySpan<byte> payload, long from, long to)
    {
        var head = (int)Math.Min(-from & 7, to - from);
        if (head > 0)
        {
            WriteBits((uint)(payload[(int)(from >> 3)] >> (8 - (int)(from & 7) - head)) & ((1u << head) - 1), head);
            from += head;
        }

        var whole = payload[(int)(from >> 3)..(int)(to >> 3)];
        EnsureRoom(whole.Length);
        if (_pendingBits == 0)
        {
            whole.CopyTo(_bytes.AsSpan(_length));
            _length += whole.Length;
        }
        else
        {
            foreach (var value in whole)
            {
                _pending = _pending << 8 | value;
                _bytes[_length++] = (byte)(_pending >> _pendingBits);
            }
        }

        var tail = (int)(to & 7);
        if (tail > 0 && from < to)
        {
            WriteBits((uint)payload[(int)(to >> 3)] >> (8 - tail), tail);
        }
    }

    private void Append(byte value)
    {
        EnsureRoom(1);
        _bytes[_length++] = value;
    }

    private void EnsureRoom(int bytes)
    {
        if (_length + bytes > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        }
    }
}
