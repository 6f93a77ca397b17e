using System.Buffers.Binary;
using System.Text;

namespace LiveClip.Core.Mp4;

/// <summary>The four characters that name a box or a sample entry (ISO 14496-12 §4.2); those used here with their clauses.</summary>
public readonly record struct BoxType(uint Code)
{
    // File level
    public static readonly BoxType Ftyp = new("ftyp"u8); // §4.3 file type and compatibility
    public static readonly BoxType Moov = new("moov"u8); // §8.2.1 movie
    public static readonly BoxType Moof = new("moof"u8); // §8.8.4 movie fragment
    public static readonly BoxType Mdat = new("mdat"u8); // §8.1.1 media data
    public static readonly BoxType Uuid = new("uuid"u8); // §11.1 private box, named by a UUID

    // In moov
    public static readonly BoxType Mvhd = new("mvhd"u8); // §8.2.2 movie header
    public static readonly BoxType Trak = new("trak"u8); // §8.3.1 track
    public static readonly BoxType Tkhd = new("tkhd"u8); // §8.3.2 track header
    public static readonly BoxType Edts = new("edts"u8); // §8.6.5 edits
    public static readonly BoxType Elst = new("elst"u8); // §8.6.6 edit list
    public static readonly BoxType Mdia = new("mdia"u8); // §8.4.1 media
    public static readonly BoxType Mdhd = new("mdhd"u8); // §8.4.2 media header
    public static readonly BoxType Hdlr = new("hdlr"u8); // §8.4.3 handler
    public static readonly BoxType Minf = new("minf"u8); // §8.4.4 media information
    public static readonly BoxType Vmhd = new("vmhd"u8); // §12.1.2 video media header
    public static readonly BoxType Smhd = new("smhd"u8); // §12.2.2 sound media header
    public static readonly BoxType Dinf = new("dinf"u8); // §8.7.1 data information
    public static readonly BoxType Dref = new("dref"u8); // §8.7.2 data references
    public static readonly BoxType Url = new("url "u8);  // §8.7.2 data reference: in this file
    public static readonly BoxType Mvex = new("mvex"u8); // §8.8.1 movie extends: fragments follow
    public static readonly BoxType Trex = new("trex"u8); // §8.8.3 track extends: defaults

    // In stbl
    public static readonly BoxType Stbl = new("stbl"u8); // §8.5.1 sample table
    public static readonly BoxType Stsd = new("stsd"u8); // §8.5.2 sample descriptions
    public static readonly BoxType Stts = new("stts"u8); // §8.6.1.2 decode times
    public static readonly BoxType Ctts = new("ctts"u8); // §8.6.1.3 composition offsets
    public static readonly BoxType Stss = new("stss"u8); // §8.6.2 sync samples
    public static readonly BoxType Stsz = new("stsz"u8); // §8.7.3.2 sample sizes
    public static readonly BoxType Stsc = new("stsc"u8); // §8.7.4 samples per chunk
    public static readonly BoxType Stco = new("stco"u8); // §8.7.5 chunk offsets
    public static readonly BoxType Co64 = new("co64"u8); // §8.7.5 chunk offsets of 64 bits

    // In stsd
    public static readonly BoxType Avc1 = new("avc1"u8); // ISO 14496-15 §5.4.2.1 AVC sample entry
    public static readonly BoxType AvcC = new("avcC"u8); // ISO 14496-15 §5.4.2.1 AVC configuration
    public static readonly BoxType Pasp = new("pasp"u8); // §12.1.4 pixel aspect ratio
    public static readonly BoxType Mp4a = new("mp4a"u8); // ISO 14496-14 §5.6 MPEG-4 audio sample entry
    public static readonly BoxType Esds = new("esds"u8); // ISO 14496-14 §5.6 elementary stream descriptor

    // In moof
    public static readonly BoxType Mfhd = new("mfhd"u8); // §8.8.5 movie fragment header
    public static readonly BoxType Traf = new("traf"u8); // §8.8.6 track fragment
    public static readonly BoxType Tfhd = new("tfhd"u8); // §8.8.7 track fragment header
    public static readonly BoxType Tfdt = new("tfdt"u8); // §8.8.12 track fragment decode time
    public static readonly BoxType Trun = new("trun"u8); // §8.8.8 track run

    public BoxType(ReadOnlySpan<byte> name) : this(BinaryPrimitives.ReadUInt32BigEndian(name))
    {
    }

    public override string ToString()
    {
        Span<byte> name = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(name, Code);
        return name.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"0x{Code:x8}" : Encoding.ASCII.GetString(name);
    }
}
