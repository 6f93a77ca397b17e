using LiveClip.Core.Mp4;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Recordings;

/// <summary>The finished fragments of one segment, out of memory or out of its file.</summary>
public sealed class SegmentBytes : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly ReadOnlyMemory<byte> _memory;
    private SegmentIndex? _index;

    public SegmentBytes(ReadOnlyMemory<byte> memory) => (_memory, Length) = (memory, memory.Length);

    public SegmentBytes(SafeFileHandle file) => (_file, Length) = (file, RandomAccess.GetLength(file));

    public long Length { get; }

    /// <summary>Its samples and where they lie; read once, without the media bytes themselves.</summary>
    public SegmentIndex Index => _index ??= _file is null ? SegmentIndex.Scan(_memory) : SegmentIndex.Scan(_file);

    /// <summary>Fills the buffer from that offset.</summary>
    /// <exception cref="EndOfStreamException">The file is shorter than its index said.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        if (_file is null)
        {
            _memory.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
            return;
        }

        while (buffer.Length > 0)
        {
            var read = RandomAccess.Read(_file, buffer, offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"segment ends at byte {offset}, {buffer.Length} bytes early");
            }

            offset += read;
            buffer = buffer[read..];
        }
    }

    public void Dispose() => _file?.Dispose();
}
