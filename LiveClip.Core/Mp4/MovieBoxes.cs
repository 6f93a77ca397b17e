using LiveClip.Core.Samples;

namespace LiveClip.Core.Mp4;

/// <summary>The headers that an init segment's <c>moov</c> and a finished clip's have in common.</summary>
internal static class MovieBoxes
{
    /// <summary>Of movie headers, track headers and edit lists: the recording timeline's.</summary>
    public static readonly Timescale MovieTimescale = Timescale.Video;

    private const uint Fixed1 = 0x0001_0000; // 1.0 as 16.16
    private const ushort Undetermined = ('u' - 0x60) << 10 | ('n' - 0x60) << 5 | ('d' - 0x60); // ISO 639-2 "und", five bits a letter

    // ISO 14496-12 §4.3 ftyp:  major_brand(32) | minor_version(32) | compatible_brands(32 each)
    public static void WriteFileType(
        BoxWriter writer, ReadOnlySpan<byte> majorBrand, uint minorVersion, ReadOnlySpan<byte> compatibleBrands)
    {
        using (writer.Box(BoxType.Ftyp))
        {
            writer.WriteBytes(majorBrand);
            writer.WriteUInt32(minorVersion);
            writer.WriteBytes(compatibleBrands);
        }
    }

    // §8.2.2 mvhd:  version(8) flags(24)=0 | creation_time | modification_time | timescale(32) | duration | rate(32)=1.0 | volume(16)=1.0
    //   | reserved(80)=0 | matrix(9×32) | pre_defined(6×32)=0 | next_track_ID(32)       times and duration: 32 bits, in version 1: 64
    public static void WriteMovieHeader(BoxWriter writer, long duration, int nextTrackId)
    {
        var version = VersionFor(duration);
        using (writer.FullBox(BoxType.Mvhd, version, flags: 0))
        {
            writer.WriteZeros(version == 0 ? 8 : 16);
            writer.WriteUInt32(MovieTimescale.TicksPerSecond);
            WriteDuration(writer, version, duration);
            writer.WriteUInt32(Fixed1);
            writer.WriteUInt16(0x0100);
            writer.WriteZeros(10);
            WriteUnityMatrix(writer);
            writer.WriteZeros(24);
            writer.WriteUInt32((uint)nextTrackId);
        }
    }

    // §8.3.2 tkhd:  version(8) flags(24)=enabled, in movie | creation_time | modification_time | track_ID(32) | reserved(32)=0 | duration
    //   | reserved(64)=0 | layer(16)=0 | alternate_group(16)=0 | volume(16)=1.0 for sound | reserved(16)=0 | matrix(9×32)
    //   | width(16.16) | height(16.16), as shown
    public static void WriteTrackHeader(BoxWriter writer, Track track, long duration)
    {
        const uint EnabledInMovie = 3;
        var version = VersionFor(duration);
        using (writer.FullBox(BoxType.Tkhd, version, EnabledInMovie))
        {
            writer.WriteZeros(version == 0 ? 8 : 16);
            writer.WriteUInt32((uint)track.Id);
            writer.WriteUInt32(0);
            WriteDuration(writer, version, duration);
            writer.WriteZeros(12);
            writer.WriteUInt16(track is AudioTrack ? (ushort)0x0100 : (ushort)0);
            writer.WriteUInt16(0);
            WriteUnityMatrix(writer);
            var sps = (track as VideoTrack)?.Configuration.Sps;
            writer.WriteUInt32(sps is null ? 0 : DisplayWidth(sps));
            writer.WriteUInt32(sps is null ? 0 : (uint)sps.Height << 16);
        }
    }

    // §8.4.2 mdhd:  version(8) flags(24)=0 | creation_time | modification_time | timescale(32) | duration | pad(1) language(15)
    //   | pre_defined(16)=0
    public static void WriteMediaHeader(BoxWriter writer, Timescale timescale, long duration)
    {
        var version = VersionFor(duration);
        using (writer.FullBox(BoxType.Mdhd, version, flags: 0))
        {
            writer.WriteZeros(version == 0 ? 8 : 16);
            writer.WriteUInt32(timescale.TicksPerSecond);
            WriteDuration(writer, version, duration);
            writer.WriteUInt16(Undetermined);
            writer.WriteUInt16(0);
        }
    }

    // §8.4.3 hdlr:  version(8)=0 flags(24)=0 | pre_defined(32)=0 | handler_type(32) | reserved(96)=0 | name, zero-terminated
    public static void WriteHandler(BoxWriter writer, Track track)
    {
        using (writer.FullBox(BoxType.Hdlr, version: 0, flags: 0))
        {
            writer.WriteUInt32(0);
            writer.WriteBytes(track is AudioTrack ? "soun"u8 : "vide"u8);
            writer.WriteZeros(12);
            writer.WriteBytes(track is AudioTrack ? "SoundHandler\0"u8 : "VideoHandler\0"u8);
        }
    }

    // §12.1.2 vmhd:  version(8)=0 flags(24)=1 | graphicsmode(16)=0 | opcolor(3×16)=0
    // §12.2.2 smhd:  version(8)=0 flags(24)=0 | balance(16)=0 | reserved(16)=0
    // §8.7.2 dinf/dref:  version(8)=0 flags(24)=0 | entry_count(32)=1 | url  with flags=1: in this file
    public static void WriteMediaInformation(BoxWriter writer, Track track)
    {
        var (type, flags, length) = track is AudioTrack ? (BoxType.Smhd, 0u, 4) : (BoxType.Vmhd, 1u, 8);
        using (writer.FullBox(type, version: 0, flags))
        {
            writer.WriteZeros(length);
        }

        using (writer.Box(BoxType.Dinf))
        using (writer.FullBox(BoxType.Dref, version: 0, flags: 0))
        {
            writer.WriteUInt32(1);
            writer.FullBox(BoxType.Url, version: 0, flags: 1).Dispose();
        }
    }

    public static byte VersionFor(long duration) => duration > uint.MaxValue ? (byte)1 : (byte)0;

    public static void WriteDuration(BoxWriter writer, byte version, long duration)
    {
        if (version == 0)
        {
            writer.WriteUInt32((uint)duration);
        }
        else
        {
            writer.WriteInt64(duration);
        }
    }

    private static void WriteUnityMatrix(BoxWriter writer)
    {
        ReadOnlySpan<uint> matrix = [Fixed1, 0, 0, 0, Fixed1, 0, 0, 0, 0x4000_0000];
        foreach (var term in matrix)
        {
            writer.WriteUInt32(term);
        }
    }

    private static uint DisplayWidth(SequenceParameterSet sps)
    {
        var (horizontal, vertical) = sps.SampleAspectRatio;
        return (uint)Math.Min(((long)sps.Width << 16) * horizontal / vertical, uint.MaxValue);
    }
}
