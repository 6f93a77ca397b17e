namespace LiveClip.Core.Mp4;

/// <summary>The flags of a <c>traf</c>'s boxes (ISO 14496-12 §8.8.7, §8.8.8, §8.8.3.1), and how its samples are read.</summary>
internal static class TrackFragment
{
    // tfhd
    public const uint BaseDataOffset = 0x00_0001;
    public const uint DescriptionIndex = 0x00_0002;
    public const uint DefaultDuration = 0x00_0008;
    public const uint DefaultSize = 0x00_0010;
    public const uint DefaultFlags = 0x00_0020;
    public const uint DefaultBaseIsMoof = 0x02_0000;

    // trun
    public const uint DataOffset = 0x00_0001;
    public const uint FirstFlags = 0x00_0004;
    public const uint Duration = 0x00_0100;
    public const uint Size = 0x00_0200;
    public const uint Flags = 0x00_0400;
    public const uint CompositionOffset = 0x00_0800;

    // Sample flags:  reserved(4)=0 | is_leading(2)=0 | sample_depends_on(2) | sample_is_depended_on(2)=0 | sample_has_redundancy(2)=0
    //   | sample_padding_value(3)=0 | sample_is_non_sync_sample(1) | sample_degradation_priority(16)=0
    public const uint SyncSample = 2 << 24;
    public const uint DependentSample = 1 << 24 | NonSync;
    private const uint NonSync = 1 << 16;

    /// <summary>A run without any field per sample costs no bytes per sample, so its count needs a bound of its own.</summary>
    private const int MaxSamples = 1 << 20;

    public static void Read(BoxReader traf, long moofOffset, List<IndexedSample> samples)
    {
        var tfhd = traf.Find(BoxType.Tfhd);
        var defaults = ReadHeader(ref tfhd);
        var tfdt = traf.Find(BoxType.Tfdt);
        var decodeTime = tfdt.ReadVersionAndFlags().Version == 1 ? tfdt.ReadUInt64() : tfdt.ReadUInt32();
        if (decodeTime > long.MaxValue / 2)
        {
            throw tfdt.Fault($"baseMediaDecodeTime {decodeTime} is out of range");
        }

        var position = new RunPosition((long)decodeTime, moofOffset);
        while (traf.TryReadBox(out var box))
        {
            if (box.Type == BoxType.Trun)
            {
                position = ReadRun(box, moofOffset, defaults, position, samples);
            }
        }
    }

    private static Defaults ReadHeader(ref BoxReader tfhd)
    {
        var (_, flags) = tfhd.ReadVersionAndFlags();
        if ((flags & BaseDataOffset) != 0 || (flags & DefaultBaseIsMoof) == 0)
        {
            throw tfhd.Fault("data is not counted from the beginning of moof");
        }

        var trackId = tfhd.ReadCount();
        tfhd.Skip((flags & DescriptionIndex) != 0 ? 4 : 0);
        return new Defaults(
            trackId,
            Duration: (flags & DefaultDuration) != 0 ? tfhd.ReadCount() : 0,
            Size: (flags & DefaultSize) != 0 ? tfhd.ReadCount() : 0,
            Flags: (flags & DefaultFlags) != 0 ? tfhd.ReadUInt32() : 0);
    }

    private static RunPosition ReadRun(
        BoxReader trun, long moofOffset, Defaults defaults, RunPosition position, List<IndexedSample> samples)
    {
        var (version, flags) = trun.ReadVersionAndFlags();
        var count = trun.ReadCount();
        if (count > MaxSamples)
        {
            throw trun.Fault($"{count} samples in one run");
        }

        var (decodeTime, offset) = position;
        offset = (flags & DataOffset) != 0 ? moofOffset + trun.ReadInt32() : offset;
        uint? firstFlags = (flags & FirstFlags) != 0 ? trun.ReadUInt32() : null;
        for (var i = 0; i < count; i++)
        {
            var duration = (flags & Duration) != 0 ? trun.ReadCount() : defaults.Duration;
            var size = (flags & Size) != 0 ? trun.ReadCount() : defaults.Size;
            var sampleFlags = (flags & Flags) != 0 ? trun.ReadUInt32() : i == 0 && firstFlags is { } first ? first : defaults.Flags;
            var compositionOffset = (flags & CompositionOffset) == 0 ? 0 : version == 0 ? trun.ReadCount() : trun.ReadInt32();
            samples.Add(new IndexedSample(
                defaults.TrackId, decodeTime, compositionOffset, duration, (sampleFlags & NonSync) == 0, offset, size));
            decodeTime += duration;
            offset += size;
        }

        return new RunPosition(decodeTime, offset);
    }

    private readonly record struct Defaults(int TrackId, int Duration, int Size, uint Flags);

    private readonly record struct RunPosition(long DecodeTime, long Offset);
}
