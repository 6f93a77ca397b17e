using System.Buffers.Binary;

namespace LiveClip.Core.Mp4;

/// <summary>Writes nested boxes (ISO 14496-12 §4.2), big-endian, into one growing buffer; a scope's end fills in the size.</summary>
public sealed class BoxWriter(int capacity = 1024)
{
    // Not cleared: every byte up to Length is written before it is read.
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(capacity);

    public int Length { get; private set; }

    // §4.2:  size(32) | type(32) | content
    public BoxScope Box(BoxType type)
    {
        var start = Length;
        WriteUInt32(0);
        WriteUInt32(type.Code);
        return new BoxScope(this, start);
    }

    // §4.2 FullBox:  size(32) | type(32) | version(8) | flags(24) | content
    public BoxScope FullBox(BoxType type, byte version, uint flags)
    {
        var scope = Box(type);
        WriteUInt32((uint)version << 24 | flags);
        return scope;
    }

    public void WriteUInt8(byte value) => Append(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Append(2), value);

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Append(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Append(4), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Append(4), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Append(8), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Append(8), value);

    public void WriteGuid(Guid value) => value.TryWriteBytes(Append(16), bigEndian: true, out _);

    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Append(bytes.Length));

    public void WriteZeros(int count) => Append(count).Clear();

    /// <summary>Fills in what was not known when it was written.</summary>
    public void OverwriteUInt32(int position, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(0, Length)[position..], value);

    /// <inheritdoc cref="OverwriteUInt32"/>
    public void OverwriteUInt64(int position, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.AsSpan(0, Length)[position..], value);

    /// <summary>What was written; the buffer itself when it is exactly full, so that a well-guessed capacity saves a copy.</summary>
    public byte[] ToArray() => Length == _buffer.Length ? _buffer : _buffer[..Length];

    private Span<byte> Append(int count)
    {
        var start = Length;
        Length = checked(start + count);
        if (Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Math.Max(Length, _buffer.Length * 2L), Array.MaxLength));
        }

        return _buffer.AsSpan(start, count);
    }
}

/// <summary>An open box; disposing it fills in its size.</summary>
public readonly struct BoxScope(BoxWriter writer, int start) : IDisposable
{
    public void Dispose() => writer.OverwriteUInt32(start, (uint)(writer.Length - start));
}
