using LiveClip.Core.Samples;

namespace LiveClip.Core.Mp4;

/// <summary>
/// What a player needs before a run's movie fragments: <c>ftyp</c> and <c>moov</c> with <c>mvex</c> (the CMAF header, ISO 23000-19
/// §7.3.1), and our private box with the run's identity.
/// </summary>
public sealed class InitSegment
{
    private InitSegment(IReadOnlyList<Track> tracks, RunIdentity identity)
    {
        Tracks = tracks;
        Identity = identity;
    }

    /// <summary>As their sample entries describe them, in the file's order.</summary>
    public IReadOnlyList<Track> Tracks { get; }

    public RunIdentity Identity { get; }

    public static byte[] Write(IReadOnlyList<Track> tracks, RunIdentity identity)
    {
        if (tracks.Count == 0)
        {
            throw new ArgumentException("an init segment needs a track", nameof(tracks));
        }

        var writer = new BoxWriter();
        MovieBoxes.WriteFileType(writer, "iso6"u8, minorVersion: 0, "iso6mp41"u8);
        using (writer.Box(BoxType.Moov))
        {
            MovieBoxes.WriteMovieHeader(writer, duration: 0, tracks.Max(track => track.Id) + 1);
            foreach (var track in tracks)
            {
                WriteTrack(writer, track);
            }

            using (writer.Box(BoxType.Mvex))
            {
                foreach (var track in tracks)
                {
                    WriteTrackExtends(writer, track);
                }
            }
        }

        SegmentInfoBox.Write(writer, identity);
        return writer.ToArray();
    }

    private static void WriteTrack(BoxWriter writer, Track track)
    {
        using (writer.Box(BoxType.Trak))
        {
            MovieBoxes.WriteTrackHeader(writer, track, duration: 0);
            using (writer.Box(BoxType.Mdia))
            {
                MovieBoxes.WriteMediaHeader(writer, track.Timescale, duration: 0);
                MovieBoxes.WriteHandler(writer, track);
                using (writer.Box(BoxType.Minf))
                {
                    MovieBoxes.WriteMediaInformation(writer, track);
                    using (writer.Box(BoxType.Stbl))
                    {
                        SampleEntry.WriteDescription(writer, track);
                        WriteEmptyTables(writer);
                    }
                }
            }
        }
    }

    // The samples are in the fragments; ISO 14496-12 §8.5 wants the tables nevertheless, each with entry_count(32)=0
    // (stsz: sample_size(32)=0, sample_count(32)=0).
    private static void WriteEmptyTables(BoxWriter writer)
    {
        foreach (var (type, length) in (ReadOnlySpan<(BoxType, int)>)
            [(BoxType.Stts, 4), (BoxType.Stsc, 4), (BoxType.Stsz, 8), (BoxType.Stco, 4)])
        {
            using (writer.FullBox(type, version: 0, flags: 0))
            {
                writer.WriteZeros(length);
            }
        }
    }

    // §8.8.3 trex:  version(8)=0 flags(24)=0 | track_ID(32) | default_sample_description_index(32)=1 | default_sample_duration(32)=0
    //   | default_sample_size(32)=0 | default_sample_flags(32)=0        our fragments state all but the first themselves
    private static void WriteTrackExtends(BoxWriter writer, Track track)
    {
        using (writer.FullBox(BoxType.Trex, version: 0, flags: 0))
        {
            writer.WriteUInt32((uint)track.Id);
            writer.WriteUInt32(1);
            writer.WriteZeros(12);
        }
    }

    /// <exception cref="Mp4FormatException">It is cut off, is not ours, or has a track that is neither H.264 nor AAC.</exception>
    public static InitSegment Read(ReadOnlyMemory<byte> file)
    {
        var boxes = new BoxReader(file.Span);
        return new InitSegment(ReadTracks(boxes.Find(BoxType.Moov)), SegmentInfoBox.ReadRun(boxes.Find(BoxType.Uuid)));
    }

    internal static IReadOnlyList<Track> ReadTracks(BoxReader moov)
    {
        var tracks = new List<Track>();
        while (moov.TryReadBox(out var box))
        {
            if (box.Type == BoxType.Trak)
            {
                tracks.Add(ReadTrack(box));
            }
        }

        return tracks.Count > 0 ? tracks : throw moov.Fault("has no track");
    }

    private static Track ReadTrack(BoxReader trak)
    {
        var tkhd = trak.Find(BoxType.Tkhd);
        tkhd.Skip(tkhd.ReadVersionAndFlags().Version == 1 ? 16 : 8);
        var trackId = tkhd.ReadCount();
        var mdia = trak.Find(BoxType.Mdia);
        var mdhd = mdia.Find(BoxType.Mdhd);
        mdhd.Skip(mdhd.ReadVersionAndFlags().Version == 1 ? 16 : 8);
        var timescale = mdhd.ReadUInt32();
        if (timescale == 0)
        {
            throw mdhd.Fault("timescale is 0");
        }

        var stsd = mdia.Find(BoxType.Minf).Find(BoxType.Stbl).Find(BoxType.Stsd);
        return SampleEntry.ReadDescription(stsd, trackId, new Timescale(timescale));
    }
}
