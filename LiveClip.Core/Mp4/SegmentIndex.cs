using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Mp4;

/// <summary>Where in a file a sample lies, and when it is decoded and shown (ticks of its track).</summary>
public readonly record struct IndexedSample(
    int TrackId, long DecodeTime, int CompositionOffset, int Duration, bool IsSync, long Offset, int Size)
{
    public long PresentationTime => DecodeTime + CompositionOffset;
}

/// <summary>One movie fragment of a segment file.</summary>
/// <param name="SequenceNumber">Of its <c>mfhd</c>.</param>
/// <param name="Identity">Of its private box.</param>
/// <param name="Offset">Where its private box begins.</param>
/// <param name="Length">Of private box, <c>moof</c> and <c>mdat</c> together.</param>
/// <param name="Samples">One track after the other, each in decode order.</param>
public sealed record IndexedFragment(
    uint SequenceNumber, SegmentIdentity Identity, long Offset, long Length, IReadOnlyList<IndexedSample> Samples);

/// <summary>
/// The movie fragments in a segment file, found by walking it. A file cut off or overwritten at any byte yields every whole
/// fragment before that place; that is how a recording survives a crash, so a torn tail is not an error here.
/// </summary>
public sealed class SegmentIndex
{
    /// <summary>Enough for the boxes before the media of a fragment with a few hundred samples.</summary>
    private const int UsualHeadLength = 4096;

    /// <summary>No fragment of ours comes near; a larger size is garbage, not worth the memory.</summary>
    private const int MaxHeadLength = 16 << 20;

    private SegmentIndex(IReadOnlyList<IndexedFragment> fragments, long validLength)
    {
        Fragments = fragments;
        ValidLength = validLength;
    }

    public IReadOnlyList<IndexedFragment> Fragments { get; }

    /// <summary>Up to the end of the last whole fragment.</summary>
    public long ValidLength { get; }

    public static SegmentIndex Scan(ReadOnlyMemory<byte> file)
    {
        var fragments = new List<IndexedFragment>();
        var offset = 0;
        while (ReadFragment(file.Span[offset..], offset, file.Length, out _) is { } fragment)
        {
            fragments.Add(fragment);
            offset += (int)fragment.Length;
        }

        return new SegmentIndex(fragments, offset);
    }

    /// <summary>Whether a whole fragment lies anywhere in a file, also behind damage that ends a scan.</summary>
    public static bool HoldsFragment(ReadOnlySpan<byte> file)
    {
        var behindHeader = BoxHeader.CompactLength;
        for (var from = behindHeader; from < file.Length;)
        {
            var place = file[from..].IndexOf(SegmentInfoBox.SegmentMark);
            if (place < 0)
            {
                return false;
            }

            var start = from + place - behindHeader;
            if (ReadFragment(file[start..], start, file.Length, out _) is not null)
            {
                return true;
            }

            from += place + 1;
        }

        return false;
    }

    /// <summary>Reads only the boxes before the media, usually with one call a fragment.</summary>
    public static SegmentIndex Scan(SafeFileHandle file)
    {
        var fragments = new List<IndexedFragment>();
        var fileLength = RandomAccess.GetLength(file);
        var head = new byte[UsualHeadLength];
        var offset = 0L;
        while (true)
        {
            var fragment = ReadFragment(ReadHead(file, head, offset), offset, fileLength, out var needed);
            if (fragment is null && needed > head.Length && needed <= Math.Min(fileLength - offset, MaxHeadLength))
            {
                head = new byte[needed];
                continue;
            }

            if (fragment is null)
            {
                return new SegmentIndex(fragments, offset);
            }

            fragments.Add(fragment);
            offset += fragment.Length;
        }
    }

    private static ReadOnlySpan<byte> ReadHead(SafeFileHandle file, byte[] head, long offset)
    {
        var length = 0;
        while (length < head.Length && RandomAccess.Read(file, head.AsSpan(length), offset + length) is var read and > 0)
        {
            length += read;
        }

        return head.AsSpan(0, length);
    }

    /// <summary>
    /// The fragment that begins with <paramref name="head"/>; null when it is not wholly in the file, or when
    /// <paramref name="needed"/> bytes of it must be seen first.
    /// </summary>
    private static IndexedFragment? ReadFragment(ReadOnlySpan<byte> head, long offset, long fileLength, out long needed)
    {
        var room = fileLength - offset;
        needed = 0;
        if (ReadHeader(head, 0, BoxType.Uuid, ref needed) is not { } uuid
            || ReadHeader(head, uuid.Size, BoxType.Moof, ref needed) is not { } moof
            || ReadHeader(head, uuid.Size + moof.Size, BoxType.Mdat, ref needed) is not { } mdat
            || uuid.Size + moof.Size + mdat.Size > room)
        {
            return null;
        }

        try
        {
            var boxes = new BoxReader(head[..(int)(uuid.Size + moof.Size)], offset);
            var identity = SegmentInfoBox.ReadSegment(boxes.Find(BoxType.Uuid));
            var (sequenceNumber, samples) = MovieFragment.Read(boxes.Find(BoxType.Moof), offset + uuid.Size);
            var mediaStart = offset + uuid.Size + moof.Size + mdat.Length;
            var end = offset + uuid.Size + moof.Size + mdat.Size;
            return samples.TrueForAll(sample => sample.Offset >= mediaStart && sample.Offset + sample.Size <= end)
                ? new IndexedFragment(sequenceNumber, identity, offset, end - offset, samples)
                : null;
        }
        catch (Mp4FormatException)
        {
            // After a power loss a file may have its length but not its bytes: that, too, is the end of what is valid.
            return null;
        }
    }

    private static BoxHeader? ReadHeader(ReadOnlySpan<byte> head, long position, BoxType expected, ref long needed)
    {
        var seen = Math.Max(head.Length - position, 0);
        if (!BoxHeader.TryRead(head[(int)(head.Length - seen)..], out var header))
        {
            needed = position + (seen < BoxHeader.CompactLength ? BoxHeader.CompactLength : BoxHeader.LargeLength);
            return null;
        }

        return header.Type == expected && header.Size >= header.Length && header.Size <= long.MaxValue / 4 ? header : null;
    }
}
