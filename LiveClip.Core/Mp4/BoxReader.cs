using System.Buffers.Binary;

namespace LiveClip.Core.Mp4;

/// <summary>
/// Reads the boxes and fields inside one box, or at the top of a file (ISO 14496-12 §4.2). Never reads past the box: what does not
/// fit is an <see cref="Mp4FormatException"/> that names box and byte.
/// </summary>
public ref struct BoxReader
{
    private readonly ReadOnlySpan<byte> _content;
    private readonly long _origin;
    private int _position;

    /// <param name="content">Boxes one after the other.</param>
    /// <param name="offset">Where in the file <paramref name="content"/> begins.</param>
    public BoxReader(ReadOnlySpan<byte> content, long offset = 0)
        : this(default, content, offset)
    {
    }

    /// <param name="type">The box that was read for itself.</param>
    /// <param name="content">Of that box, without its header.</param>
    /// <param name="offset">Where in the file <paramref name="content"/> begins.</param>
    public BoxReader(BoxType type, ReadOnlySpan<byte> content, long offset)
    {
        Type = type;
        _content = content;
        _origin = offset;
    }

    /// <summary>The box being read; default at the top of a file.</summary>
    public BoxType Type { get; }

    /// <summary>The byte in the file that comes next.</summary>
    public readonly long Offset => _origin + _position;

    public readonly int Remaining => _content.Length - _position;

    /// <summary>Steps over the next box and hands out its content; false at the end.</summary>
    public bool TryReadBox(out BoxReader box)
    {
        if (Remaining == 0)
        {
            box = default;
            return false;
        }

        if (!BoxHeader.TryRead(_content[_position..], out var header))
        {
            throw Fault($"{Remaining} bytes hold no box header");
        }

        var size = header.ToEnd ? Remaining : header.Size;
        if (size < header.Length || size > Remaining)
        {
            throw Fault($"box {header.Type} of {size} bytes, with {Remaining} bytes left");
        }

        box = new BoxReader(header.Type, _content.Slice(_position + header.Length, (int)size - header.Length), Offset + header.Length);
        _position += (int)size;
        return true;
    }

    /// <summary>The first box of that type among those not yet read; this reader stays where it is.</summary>
    public readonly bool TryFind(BoxType type, out BoxReader box)
    {
        var walker = this;
        while (walker.TryReadBox(out box))
        {
            if (box.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first box of that type among those not yet read, which must be there.</summary>
    public readonly BoxReader Find(BoxType type) => TryFind(type, out var box) ? box : throw Fault($"has no {type}");

    public byte ReadUInt8() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public Guid ReadGuid() => new(Take(16), bigEndian: true);

    public BoxType ReadFourCharacters() => new(ReadUInt32());

    // §4.2 FullBox:  version(8) | flags(24)
    public (byte Version, uint Flags) ReadVersionAndFlags()
    {
        var field = ReadUInt32();
        return ((byte)(field >> 24), field & 0xFF_FFFF);
    }

    /// <summary>A field of 32 bits that must fit a positive <see cref="int"/>.</summary>
    public int ReadCount()
    {
        var value = ReadUInt32();
        return value <= int.MaxValue ? (int)value : throw Fault($"{value} is out of range");
    }

    /// <summary>The entry_count of a table: so many entries of <paramref name="entrySize"/> bytes must follow.</summary>
    public int ReadEntryCount(int entrySize)
    {
        var count = ReadUInt32();
        return (long)count * entrySize <= Remaining ? (int)count : throw Fault($"{count} entries, with {Remaining} bytes left");
    }

    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    public void Skip(int count) => Take(count);

    public readonly Mp4FormatException Fault(string what, Exception? inner = null) => new(Type, Offset, what, inner);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining)
        {
            throw Fault($"needs {count} bytes, has {Remaining}");
        }

        _position += count;
        return _content.Slice(_position - count, count);
    }
}

/// <summary>Type and size of a box; <paramref name="Size"/> counts the header's <paramref name="Length"/> too.</summary>
internal readonly record struct BoxHeader(BoxType Type, long Size, int Length)
{
    public const int CompactLength = 8;
    public const int LargeLength = 16;

    /// <summary>A size of 0 means: to the end of the file.</summary>
    public bool ToEnd => Size == 0 && Length == CompactLength;

    // §4.2:  size(32) | type(32) | [largesize(64) when size is 1]
    /// <summary>False when the bytes end within the header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BoxHeader header)
    {
        header = default;
        if (bytes.Length < CompactLength)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var type = new BoxType(bytes.Slice(4, 4));
        if (size != 1)
        {
            header = new BoxHeader(type, size, CompactLength);
            return true;
        }

        if (bytes.Length < LargeLength)
        {
            return false;
        }

        header = new BoxHeader(type, BinaryPrimitives.ReadInt64BigEndian(bytes[8..]), LargeLength);
        return true;
    }
}
