using LiveClip.Core.Samples;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Mp4;

/// <summary>One track of a finished clip.</summary>
/// <param name="Track">Its sample entry and id.</param>
/// <param name="Samples">In decode order without holes, the first decoded at 0; where they come from is the caller's concern.</param>
/// <param name="MediaTimescale">Unit of the samples' times.</param>
/// <param name="EditMediaTime">Presentation time of the sample shown at the clip's 0, in ticks of the media.</param>
/// <param name="EditDuration">How long the track is shown, in ticks of 90 kHz.</param>
public sealed record ProgressiveTrack(
    Track Track, IReadOnlyList<IndexedSample> Samples, Timescale MediaTimescale, long EditMediaTime, long EditDuration)
{
    /// <summary>How long nothing of the track is shown at first, in ticks of 90 kHz.</summary>
    public long EditDelay { get; init; }
}

/// <summary>Consecutive samples of one track that lie together in the file.</summary>
public readonly record struct ChunkOfSamples(int TrackIndex, int FirstSample, int Count);

/// <summary>A file to be written: <see cref="Header"/>, then the samples' bytes in <see cref="Order"/>.</summary>
/// <param name="Header"><c>ftyp</c>, <c>moov</c> and the header of <c>mdat</c>.</param>
/// <param name="Order">Chunk by chunk.</param>
/// <param name="TotalLength">Of header and samples.</param>
/// <param name="HasWideOffsets">It may be longer than 4 GiB. But for that, the header is as long whatever the samples' sizes.</param>
public sealed record ProgressiveLayout(byte[] Header, IReadOnlyList<ChunkOfSamples> Order, long TotalLength, bool HasWideOffsets);

/// <summary>
/// A clip as one file that plays while it is being downloaded: <c>ftyp</c>, <c>moov</c>, <c>mdat</c> (ISO 14496-12), the tracks
/// interleaved in chunks of half a second.
/// </summary>
public static class ProgressiveMp4
{
    private const int ChunksPerSecond = 2;

    /// <param name="tracks">What it holds.</param>
    /// <param name="wideOffsets">Null for wide ones where the samples ask for them.</param>
    /// <exception cref="ArgumentException">
    /// A track has no samples, a hole, a sample without duration, a negative composition offset or a negative edit; or the file is longer
    /// than narrow offsets reach.
    /// </exception>
    public static ProgressiveLayout Layout(IReadOnlyList<ProgressiveTrack> tracks, bool? wideOffsets = null)
    {
        if (tracks.Count == 0)
        {
            throw new ArgumentException("a clip needs a track", nameof(tracks));
        }

        foreach (var track in tracks)
        {
            RequireContinuous(track);
        }

        var order = Interleave(tracks);
        var mediaLength = tracks.Sum(track => track.Samples.Sum(sample => (long)sample.Size));
        var header = WriteHeader(tracks, order, mediaLength, wideOffsets ?? false);
        var isLong = header.Length + mediaLength > uint.MaxValue;
        if (isLong && wideOffsets == false)
        {
            throw new ArgumentException($"{mediaLength} bytes of samples need wide offsets", nameof(wideOffsets));
        }

        if (isLong && wideOffsets is null)
        {
            header = WriteHeader(tracks, order, mediaLength, wideOffsets: true);
        }

        return new ProgressiveLayout(header, order, header.Length + mediaLength, isLong || wideOffsets == true);
    }

    private static void RequireContinuous(ProgressiveTrack track)
    {
        if (track.Samples.Count == 0 || track.EditMediaTime < 0 || track.EditDuration < 0)
        {
            throw new ArgumentException(
                $"track {track.Track.Id}: {track.Samples.Count} samples, edit from {track.EditMediaTime} lasting {track.EditDuration}",
                nameof(track));
        }

        var decodeTime = 0L;
        foreach (var sample in track.Samples)
        {
            if (sample.DecodeTime != decodeTime || sample.Duration <= 0 || sample.CompositionOffset < 0)
            {
                throw new ArgumentException(
                    $"track {track.Track.Id}: where {decodeTime} comes next, a sample at {sample.DecodeTime} "
                    + $"lasts {sample.Duration} with composition offset {sample.CompositionOffset}",
                    nameof(track));
            }

            decodeTime += sample.Duration;
        }
    }

    private static List<ChunkOfSamples> Interleave(IReadOnlyList<ProgressiveTrack> tracks)
    {
        var chunks = new List<(long Slot, ChunkOfSamples Chunk)>();
        for (var index = 0; index < tracks.Count; index++)
        {
            var track = tracks[index];
            for (var first = 0; first < track.Samples.Count;)
            {
                var slot = SlotOf(track, first);
                var next = first + 1;
                while (next < track.Samples.Count && SlotOf(track, next) == slot)
                {
                    next++;
                }

                chunks.Add((slot, new ChunkOfSamples(index, first, next - first)));
                first = next;
            }
        }

        return [.. chunks.OrderBy(entry => entry.Slot).ThenBy(entry => entry.Chunk.TrackIndex).Select(entry => entry.Chunk)];
    }

    /// <summary>The half second of the clip in which the sample is decoded.</summary>
    private static long SlotOf(ProgressiveTrack track, int sample) =>
        (long)((Int128)track.Samples[sample].DecodeTime * ChunksPerSecond / track.MediaTimescale.TicksPerSecond);

    private static byte[] WriteHeader(
        IReadOnlyList<ProgressiveTrack> tracks, IReadOnlyList<ChunkOfSamples> order, long mediaLength, bool wideOffsets)
    {
        const int FixedPartOfTrack = 1024;
        const int BytesPerSample = 20;
        var writer = new BoxWriter(tracks.Sum(track => FixedPartOfTrack + track.Samples.Count * BytesPerSample));
        var offsetPositions = new int[tracks.Count];
        MovieBoxes.WriteFileType(writer, "isom"u8, minorVersion: 0x200, "isomiso2avc1mp41"u8);
        using (writer.Box(BoxType.Moov))
        {
            MovieBoxes.WriteMovieHeader(
                writer, tracks.Max(track => track.EditDelay + track.EditDuration), tracks.Max(track => track.Track.Id) + 1);
            for (var index = 0; index < tracks.Count; index++)
            {
                var chunkSizes = order.Where(chunk => chunk.TrackIndex == index).Select(chunk => chunk.Count).ToArray();
                offsetPositions[index] = WriteTrack(writer, tracks[index], chunkSizes, wideOffsets);
            }
        }

        WriteMediaDataHeader(writer, mediaLength, wideOffsets);
        FillInChunkOffsets(writer, tracks, order, offsetPositions, wideOffsets);
        return writer.ToArray();
    }

    private static int WriteTrack(BoxWriter writer, ProgressiveTrack track, int[] chunkSizes, bool wideOffsets)
    {
        var last = track.Samples[^1];
        var mediaDuration = last.DecodeTime + last.Duration;
        using (writer.Box(BoxType.Trak))
        {
            MovieBoxes.WriteTrackHeader(writer, track.Track, track.EditDelay + track.EditDuration);
            WriteEdit(writer, track, mediaDuration);
            using (writer.Box(BoxType.Mdia))
            {
                MovieBoxes.WriteMediaHeader(writer, track.MediaTimescale, mediaDuration);
                MovieBoxes.WriteHandler(writer, track.Track);
                using (writer.Box(BoxType.Minf))
                {
                    MovieBoxes.WriteMediaInformation(writer, track.Track);
                    return SampleTable.Write(writer, track, chunkSizes, wideOffsets);
                }
            }
        }
    }

    // §8.6.6 elst:  version(8)=1 flags(24)=0 | entry_count(32) | entries: segment_duration(64), of the movie | media_time(64), of the
    //   media, -1 = show nothing | media_rate(16.16)=1.0       absent when the whole media is shown from its 0
    private static void WriteEdit(BoxWriter writer, ProgressiveTrack track, long mediaDuration)
    {
        if (track.EditMediaTime == 0 && track.EditDelay == 0
            && track.MediaTimescale.To(MovieBoxes.MovieTimescale, mediaDuration) == track.EditDuration)
        {
            return;
        }

        using (writer.Box(BoxType.Edts))
        using (writer.FullBox(BoxType.Elst, version: 1, flags: 0))
        {
            writer.WriteUInt32(track.EditDelay > 0 ? 2u : 1u);
            if (track.EditDelay > 0)
            {
                WriteEntry(track.EditDelay, -1);
            }

            WriteEntry(track.EditDuration, track.EditMediaTime);
        }

        void WriteEntry(long duration, long mediaTime)
        {
            writer.WriteInt64(duration);
            writer.WriteInt64(mediaTime);
            writer.WriteUInt32(0x0001_0000);
        }
    }

    // §8.1.1 mdat, §4.2:  size(32) | 'mdat', or with wide offsets: size(32)=1 | 'mdat' | largesize(64)
    private static void WriteMediaDataHeader(BoxWriter writer, long mediaLength, bool isLarge)
    {
        writer.WriteUInt32(isLarge ? 1 : (uint)(mediaLength + BoxHeader.CompactLength));
        writer.WriteUInt32(BoxType.Mdat.Code);
        if (isLarge)
        {
            writer.WriteInt64(mediaLength + BoxHeader.LargeLength);
        }
    }

    private static void FillInChunkOffsets(
        BoxWriter writer,
        IReadOnlyList<ProgressiveTrack> tracks,
        IReadOnlyList<ChunkOfSamples> order,
        int[] positions,
        bool wideOffsets)
    {
        var offset = (long)writer.Length;
        foreach (var (trackIndex, firstSample, count) in order)
        {
            if (wideOffsets)
            {
                writer.OverwriteUInt64(positions[trackIndex], (ulong)offset);
                positions[trackIndex] += 8;
            }
            else
            {
                writer.OverwriteUInt32(positions[trackIndex], (uint)offset);
                positions[trackIndex] += 4;
            }

            for (var sample = firstSample; sample < firstSample + count; sample++)
            {
                offset += tracks[trackIndex].Samples[sample].Size;
            }
        }
    }

    /// <summary>
    /// Reads a finished clip back: that its boxes nest and fill the file, the sample tables agree with each other, and all samples
    /// lie inside <c>mdat</c>.
    /// </summary>
    /// <param name="file">All of it.</param>
    /// <param name="expected">What it was to hold: then every table has to say so, too.</param>
    /// <exception cref="Mp4FormatException">It is not so.</exception>
    public static void Verify(SafeFileHandle file, IReadOnlyList<ProgressiveTrack>? expected = null)
    {
        var fileLength = RandomAccess.GetLength(file);
        var (moov, moovOffset) = (Array.Empty<byte>(), 0L);
        var (mediaStart, mediaEnd) = (0L, 0L);
        var offset = 0L;
        while (offset < fileLength)
        {
            var header = ReadTopLevelHeader(file, offset, fileLength);
            if (header.Type == BoxType.Moov)
            {
                moovOffset = offset + header.Length;
                moov = ReadContent(file, moovOffset, header.Size - header.Length);
            }
            else if (header.Type == BoxType.Mdat)
            {
                (mediaStart, mediaEnd) = (offset + header.Length, offset + header.Size);
            }

            offset += header.Size;
        }

        if (moov.Length == 0 || mediaEnd == 0)
        {
            throw new Mp4FormatException(default, fileLength, "has no moov or no mdat");
        }

        VerifyMovie(new BoxReader(BoxType.Moov, moov, moovOffset), mediaStart, mediaEnd, expected);
    }

    private static BoxHeader ReadTopLevelHeader(SafeFileHandle file, long offset, long fileLength)
    {
        Span<byte> bytes = stackalloc byte[BoxHeader.LargeLength];
        var read = RandomAccess.Read(file, bytes, offset);
        if (!BoxHeader.TryRead(bytes[..read], out var header) || header.Size < header.Length || header.Size > fileLength - offset)
        {
            throw new Mp4FormatException(header.Type, offset, $"box of {header.Size} bytes, with {fileLength - offset} bytes left");
        }

        return header;
    }

    private static byte[] ReadContent(SafeFileHandle file, long offset, long length)
    {
        if (length > Array.MaxLength)
        {
            throw new Mp4FormatException(BoxType.Moov, offset, $"{length} bytes are too many");
        }

        var content = new byte[length];
        var filled = 0;
        while (filled < content.Length)
        {
            var read = RandomAccess.Read(file, content.AsSpan(filled), offset + filled);
            filled += read > 0 ? read : throw new Mp4FormatException(BoxType.Moov, offset + filled, "the file ends");
        }

        return content;
    }

    private static void VerifyMovie(BoxReader moov, long mediaStart, long mediaEnd, IReadOnlyList<ProgressiveTrack>? expected)
    {
        if (ReadDuration(moov.Find(BoxType.Mvhd), skipAfterTimes: 4) <= 0)
        {
            throw moov.Fault("mvhd has no duration");
        }

        var tracks = 0;
        while (moov.TryReadBox(out var box))
        {
            if (box.Type != BoxType.Trak)
            {
                continue;
            }

            var duration = ReadDuration(box.Find(BoxType.Tkhd), skipAfterTimes: 8);
            if (duration <= 0)
            {
                throw box.Fault("tkhd has no duration");
            }

            if (tracks < expected?.Count && duration != expected[tracks].EditDelay + expected[tracks].EditDuration)
            {
                throw box.Fault($"tkhd has a duration of {duration}");
            }

            var mdia = box.Find(BoxType.Mdia);
            var mediaDuration = ReadDuration(mdia.Find(BoxType.Mdhd), skipAfterTimes: 4);
            var samples = tracks < expected?.Count ? expected[tracks].Samples : null;
            SampleTable.Verify(mdia.Find(BoxType.Minf).Find(BoxType.Stbl), mediaDuration, mediaStart, mediaEnd, samples);
            tracks++;
        }

        if (tracks == 0 || (expected is not null && tracks != expected.Count))
        {
            throw moov.Fault(tracks == 0 ? "has no track" : $"has {tracks} tracks");
        }
    }

    // mvhd, mdhd: creation and modification time | timescale(32) | duration       tkhd: … | track_ID(32) | reserved(32) | duration
    private static long ReadDuration(BoxReader header, int skipAfterTimes)
    {
        var (version, _) = header.ReadVersionAndFlags();
        header.Skip((version == 1 ? 16 : 8) + skipAfterTimes);
        return version == 1 ? header.ReadInt64() : header.ReadUInt32();
    }
}
