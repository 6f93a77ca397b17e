using LiveClip.Core.Samples;

namespace LiveClip.Core.Mp4;

/// <summary>
/// A few samples of every track that can be appended to a file (a CMAF chunk, ISO 23000-19 §7.3.2.3): our private box with the
/// fragment's identity, <c>moof</c>, and <c>mdat</c> with the samples of each track in one piece, the video's first.
/// </summary>
public static class MovieFragment
{
    private const int MoofStartSize = BoxHeader.CompactLength + 16; // moof, mfhd

    /// <param name="sequenceNumber">Of <c>mfhd</c>: grows from fragment to fragment.</param>
    /// <param name="identity">Where in which recording the fragment belongs.</param>
    /// <param name="samples">
    /// Each track in decode order without holes: decode times are run-relative, not negative, and each sample's duration ends where
    /// the next one begins.
    /// </param>
    /// <exception cref="ArgumentException">The samples are none, or not as said above.</exception>
    public static byte[] Write(uint sequenceNumber, SegmentIdentity identity, IReadOnlyList<Sample> samples)
    {
        if (samples.Count == 0)
        {
            throw new ArgumentException("a movie fragment needs a sample", nameof(samples));
        }

        var tracks = samples.GroupBy(sample => sample.Track.Id).OrderBy(track => track.Key);
        var runs = tracks.Select(track => new TrackRun([.. track])).ToArray();
        var moofSize = MoofStartSize + runs.Sum(run => run.TrafSize);
        var mdatSize = checked(BoxHeader.CompactLength + runs.Sum(run => run.DataSize));
        var writer = new BoxWriter(checked(SegmentInfoBox.SizeOf(identity) + moofSize + mdatSize));

        SegmentInfoBox.Write(writer, identity);

        // ISO 14496-12 §8.8.4 moof, §8.8.5 mfhd:  version(8)=0 flags(24)=0 | sequence_number(32)
        using (writer.Box(BoxType.Moof))
        {
            using (writer.FullBox(BoxType.Mfhd, version: 0, flags: 0))
            {
                writer.WriteUInt32(sequenceNumber);
            }

            var dataOffset = moofSize + BoxHeader.CompactLength;
            foreach (var run in runs)
            {
                run.Write(writer, dataOffset);
                dataOffset += run.DataSize;
            }
        }

        using (writer.Box(BoxType.Mdat))
        {
            foreach (var run in runs)
            {
                foreach (var sample in run.Samples)
                {
                    writer.WriteBytes(sample.Data.Span);
                }
            }
        }

        return writer.ToArray();
    }

    /// <summary>What a <c>moof</c> says that begins at <paramref name="moofOffset"/>; the samples' offsets are the file's.</summary>
    internal static (uint SequenceNumber, List<IndexedSample> Samples) Read(BoxReader moof, long moofOffset)
    {
        var mfhd = moof.Find(BoxType.Mfhd);
        mfhd.ReadVersionAndFlags();
        var samples = new List<IndexedSample>();
        while (moof.TryReadBox(out var box))
        {
            if (box.Type == BoxType.Traf)
            {
                TrackFragment.Read(box, moofOffset, samples);
            }
        }

        return (mfhd.ReadUInt32(), samples);
    }

    /// <summary>One track's samples in a fragment; a field that is the same in all of them is stated once.</summary>
    private sealed class TrackRun
    {
        private readonly bool _sameDuration;
        private readonly bool _sameFlags;
        private readonly bool _hasOffsets;

        public TrackRun(Sample[] samples)
        {
            Samples = samples;
            var first = samples[0];
            var decodeTime = first.DecodeTime;
            ArgumentOutOfRangeException.ThrowIfNegative(decodeTime, nameof(samples));
            (_sameDuration, _sameFlags) = (true, true);
            foreach (var sample in samples)
            {
                if (sample.DecodeTime != decodeTime || sample.Duration < 0)
                {
                    throw new ArgumentException(
                        $"a sample of track {sample.Track.Id} begins at {sample.DecodeTime} and lasts {sample.Duration}, "
                        + $"but the one before ends at {decodeTime}",
                        nameof(samples));
                }

                decodeTime += sample.Duration;
                _sameDuration &= sample.Duration == first.Duration;
                _sameFlags &= sample.IsSync == first.IsSync;
                _hasOffsets |= sample.CompositionOffset != 0;
                DataSize = checked(DataSize + sample.Data.Length);
            }
        }

        public Sample[] Samples { get; }

        public int DataSize { get; }

        public int TrafSize => BoxHeader.CompactLength + TfhdSize + TfdtSize + TrunStartSize + Samples.Length * EntrySize;

        private int TfhdSize => 16 + (_sameDuration ? 4 : 0) + (_sameFlags ? 4 : 0);

        private static int TfdtSize => 20;

        private static int TrunStartSize => 20;

        private int EntrySize => 4 + (_sameDuration ? 0 : 4) + (_sameFlags ? 0 : 4) + (_hasOffsets ? 4 : 0);

        public void Write(BoxWriter writer, int dataOffset)
        {
            using (writer.Box(BoxType.Traf))
            {
                WriteHeader(writer);

                // §8.8.12 tfdt:  version(8)=1 flags(24)=0 | baseMediaDecodeTime(64)
                using (writer.FullBox(BoxType.Tfdt, version: 1, flags: 0))
                {
                    writer.WriteInt64(Samples[0].DecodeTime);
                }

                WriteTrackRun(writer, dataOffset);
            }
        }

        // §8.8.7 tfhd:  version(8)=0 flags(24) | track_ID(32) | [default_sample_duration(32)] | [default_sample_flags(32)]
        private void WriteHeader(BoxWriter writer)
        {
            var flags = TrackFragment.DefaultBaseIsMoof
                | (_sameDuration ? TrackFragment.DefaultDuration : 0)
                | (_sameFlags ? TrackFragment.DefaultFlags : 0);
            using (writer.FullBox(BoxType.Tfhd, version: 0, flags))
            {
                writer.WriteUInt32((uint)Samples[0].Track.Id);
                if (_sameDuration)
                {
                    writer.WriteInt32(Samples[0].Duration);
                }

                if (_sameFlags)
                {
                    writer.WriteUInt32(FlagsOf(Samples[0]));
                }
            }
        }

        // §8.8.8 trun:  version(8)=1 flags(24) | sample_count(32) | data_offset(32), from the beginning of moof
        //   | { [sample_duration(32)] | sample_size(32) | [sample_flags(32)] | [sample_composition_time_offset(32), signed] }
        private void WriteTrackRun(BoxWriter writer, int dataOffset)
        {
            var flags = TrackFragment.DataOffset | TrackFragment.Size
                | (_sameDuration ? 0 : TrackFragment.Duration)
                | (_sameFlags ? 0 : TrackFragment.Flags)
                | (_hasOffsets ? TrackFragment.CompositionOffset : 0);
            using (writer.FullBox(BoxType.Trun, version: 1, flags))
            {
                writer.WriteInt32(Samples.Length);
                writer.WriteInt32(dataOffset);
                foreach (var sample in Samples)
                {
                    if (!_sameDuration)
                    {
                        writer.WriteInt32(sample.Duration);
                    }

                    writer.WriteInt32(sample.Data.Length);
                    if (!_sameFlags)
                    {
                        writer.WriteUInt32(FlagsOf(sample));
                    }

                    if (_hasOffsets)
                    {
                        writer.WriteInt32(sample.CompositionOffset);
                    }
                }
            }
        }

        private static uint FlagsOf(Sample sample) => sample.IsSync ? TrackFragment.SyncSample : TrackFragment.DependentSample;
    }
}
