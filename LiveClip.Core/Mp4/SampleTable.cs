namespace LiveClip.Core.Mp4;

/// <summary>
/// The <c>stbl</c> of a finished clip (ISO 14496-12 §8.5.1): when each sample is decoded and shown, how long it is, where it lies.
/// </summary>
internal static class SampleTable
{
    /// <summary>Writes the tables with chunk offsets still 0 and returns the place of the first of them.</summary>
    public static int Write(BoxWriter writer, ProgressiveTrack track, IReadOnlyList<int> chunkSizes, bool wideOffsets)
    {
        using (writer.Box(BoxType.Stbl))
        {
            SampleEntry.WriteDescription(writer, track.Track);
            WriteDecodeTimes(writer, track.Samples);
            WriteCompositionOffsets(writer, track.Samples);
            WriteSyncSamples(writer, track.Samples);
            WriteSamplesPerChunk(writer, chunkSizes);
            WriteSizes(writer, track.Samples);
            return WriteChunkOffsets(writer, chunkSizes.Count, wideOffsets);
        }
    }

    // §8.6.1.2 stts:  version(8)=0 flags(24)=0 | entry_count(32) | { sample_count(32) | sample_delta(32) }
    private static void WriteDecodeTimes(BoxWriter writer, IReadOnlyList<IndexedSample> samples)
    {
        using (writer.FullBox(BoxType.Stts, version: 0, flags: 0))
        {
            WriteRuns(writer, samples, sample => sample.Duration);
        }
    }

    // §8.6.1.3 ctts:  version(8)=0 flags(24)=0 | entry_count(32) | { sample_count(32) | sample_offset(32) }       absent when all are 0
    private static void WriteCompositionOffsets(BoxWriter writer, IReadOnlyList<IndexedSample> samples)
    {
        if (samples.All(sample => sample.CompositionOffset == 0))
        {
            return;
        }

        using (writer.FullBox(BoxType.Ctts, version: 0, flags: 0))
        {
            WriteRuns(writer, samples, sample => sample.CompositionOffset);
        }
    }

    private static void WriteRuns(BoxWriter writer, IReadOnlyList<IndexedSample> samples, Func<IndexedSample, int> value)
    {
        var entryCountPosition = writer.Length;
        writer.WriteUInt32(0);
        var entries = 0u;
        for (var first = 0; first < samples.Count;)
        {
            var next = first + 1;
            while (next < samples.Count && value(samples[next]) == value(samples[first]))
            {
                next++;
            }

            writer.WriteInt32(next - first);
            writer.WriteInt32(value(samples[first]));
            entries++;
            first = next;
        }

        writer.OverwriteUInt32(entryCountPosition, entries);
    }

    // §8.6.2 stss:  version(8)=0 flags(24)=0 | entry_count(32) | { sample_number(32), from 1 }       absent when all are sync samples
    private static void WriteSyncSamples(BoxWriter writer, IReadOnlyList<IndexedSample> samples)
    {
        if (samples.All(sample => sample.IsSync))
        {
            return;
        }

        using (writer.FullBox(BoxType.Stss, version: 0, flags: 0))
        {
            writer.WriteInt32(samples.Count(sample => sample.IsSync));
            for (var i = 0; i < samples.Count; i++)
            {
                if (samples[i].IsSync)
                {
                    writer.WriteInt32(i + 1);
                }
            }
        }
    }

    // §8.7.4 stsc:  version(8)=0 flags(24)=0 | entry_count(32)
    //   | { first_chunk(32), from 1 | samples_per_chunk(32) | sample_description_index(32)=1 }       an entry where the count changes
    private static void WriteSamplesPerChunk(BoxWriter writer, IReadOnlyList<int> chunkSizes)
    {
        using (writer.FullBox(BoxType.Stsc, version: 0, flags: 0))
        {
            var entryCountPosition = writer.Length;
            writer.WriteUInt32(0);
            var entries = 0u;
            for (var chunk = 0; chunk < chunkSizes.Count; chunk++)
            {
                if (chunk > 0 && chunkSizes[chunk] == chunkSizes[chunk - 1])
                {
                    continue;
                }

                writer.WriteInt32(chunk + 1);
                writer.WriteInt32(chunkSizes[chunk]);
                writer.WriteUInt32(1);
                entries++;
            }

            writer.OverwriteUInt32(entryCountPosition, entries);
        }
    }

    // §8.7.3.2 stsz:  version(8)=0 flags(24)=0 | sample_size(32)=0 | sample_count(32) | { entry_size(32) }
    private static void WriteSizes(BoxWriter writer, IReadOnlyList<IndexedSample> samples)
    {
        using (writer.FullBox(BoxType.Stsz, version: 0, flags: 0))
        {
            writer.WriteUInt32(0);
            writer.WriteInt32(samples.Count);
            foreach (var sample in samples)
            {
                writer.WriteInt32(sample.Size);
            }
        }
    }

    // §8.7.5 stco, co64:  version(8)=0 flags(24)=0 | entry_count(32) | { chunk_offset(32, in co64: 64), in the file }
    private static int WriteChunkOffsets(BoxWriter writer, int count, bool wideOffsets)
    {
        using (writer.FullBox(wideOffsets ? BoxType.Co64 : BoxType.Stco, version: 0, flags: 0))
        {
            writer.WriteInt32(count);
            var position = writer.Length;
            writer.WriteZeros(checked(count * (wideOffsets ? 8 : 4)));
            return position;
        }
    }

    /// <summary>
    /// That the tables agree on the number of samples, every duration is positive, the media duration is their sum, and all bytes lie
    /// between <paramref name="mediaStart"/> and <paramref name="mediaEnd"/>; and that they are those <paramref name="expected"/>.
    /// </summary>
    /// <exception cref="Mp4FormatException">They do not.</exception>
    public static void Verify(
        BoxReader stbl, long mediaDuration, long mediaStart, long mediaEnd, IReadOnlyList<IndexedSample>? expected = null)
    {
        var sizes = ReadSizes(stbl.Find(BoxType.Stsz));
        VerifyDecodeTimes(stbl.Find(BoxType.Stts), sizes.Length, mediaDuration);
        if (stbl.TryFind(BoxType.Ctts, out var ctts))
        {
            VerifyCompositionOffsets(ctts, sizes.Length);
        }

        if (stbl.TryFind(BoxType.Stss, out var stss))
        {
            VerifySyncSamples(stss, sizes.Length);
        }

        var wide = stbl.TryFind(BoxType.Co64, out var offsets);
        VerifyChunks(stbl.Find(BoxType.Stsc), wide ? offsets : stbl.Find(BoxType.Stco), wide, sizes, mediaStart, mediaEnd);
        if (expected is not null)
        {
            VerifySamples(stbl, sizes, expected);
        }
    }

    private static void VerifySamples(BoxReader stbl, int[] sizes, IReadOnlyList<IndexedSample> expected)
    {
        VerifyCount(stbl.Find(BoxType.Stsz), expected.Count, sizes.Length);
        VerifyValues(stbl.Find(BoxType.Stsz), sizes, expected, sample => sample.Size);
        VerifyValues(stbl.Find(BoxType.Stts), ReadRuns(stbl.Find(BoxType.Stts)), expected, sample => sample.Duration);
        VerifyValues(
            stbl.TryFind(BoxType.Ctts, out var ctts) ? ctts : stbl,
            ctts.Type == BoxType.Ctts ? ReadRuns(ctts) : new int[sizes.Length],
            expected,
            sample => sample.CompositionOffset);
        var syncs = Enumerable.Repeat(stbl.TryFind(BoxType.Stss, out var stss) ? 0 : 1, sizes.Length).ToArray();
        if (stss.Type == BoxType.Stss)
        {
            stss.ReadVersionAndFlags();
            for (var entries = stss.ReadEntryCount(entrySize: 4); entries > 0; entries--)
            {
                syncs[stss.ReadCount() - 1] = 1;
            }
        }

        VerifyValues(stss.Type == BoxType.Stss ? stss : stbl, syncs, expected, sample => sample.IsSync ? 1 : 0);
    }

    private static int[] ReadRuns(BoxReader table)
    {
        table.ReadVersionAndFlags();
        var values = new List<int>();
        for (var entries = table.ReadEntryCount(entrySize: 8); entries > 0; entries--)
        {
            var (count, value) = (table.ReadCount(), table.ReadCount());
            values.AddRange(Enumerable.Repeat(value, count));
        }

        return [.. values];
    }

    private static void VerifyValues(
        BoxReader table, int[] values, IReadOnlyList<IndexedSample> expected, Func<IndexedSample, int> value)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] != value(expected[i]))
            {
                throw table.Fault($"sample {i + 1} has {values[i]}, not {value(expected[i])}");
            }
        }
    }

    private static int[] ReadSizes(BoxReader stsz)
    {
        stsz.ReadVersionAndFlags();
        var common = stsz.ReadCount();
        if (common != 0)
        {
            throw stsz.Fault("samples of one common size are not written here");
        }

        var sizes = new int[stsz.ReadEntryCount(entrySize: 4)];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = stsz.ReadCount();
        }

        return sizes.Length > 0 ? sizes : throw stsz.Fault("has no samples");
    }

    private static void VerifyDecodeTimes(BoxReader stts, int sampleCount, long mediaDuration)
    {
        stts.ReadVersionAndFlags();
        var (samples, duration) = (0L, 0L);
        for (var entries = stts.ReadEntryCount(entrySize: 8); entries > 0; entries--)
        {
            var (count, delta) = (stts.ReadCount(), stts.ReadCount());
            if (delta == 0)
            {
                throw stts.Fault($"{count} samples of no duration from sample {samples + 1} on");
            }

            samples += count;
            duration += (long)count * delta;
            if (samples > sampleCount)
            {
                break;
            }
        }

        VerifyCount(stts, samples, sampleCount);
        if (duration != mediaDuration)
        {
            throw stts.Fault($"durations add up to {duration}, mdhd says {mediaDuration}");
        }
    }

    private static void VerifyCompositionOffsets(BoxReader ctts, int sampleCount)
    {
        var (version, _) = ctts.ReadVersionAndFlags();
        if (version != 0)
        {
            throw ctts.Fault($"version {version} is not written here");
        }

        var samples = 0L;
        for (var entries = ctts.ReadEntryCount(entrySize: 8); entries > 0; entries--)
        {
            samples += ctts.ReadCount();
            ctts.ReadCount();
        }

        VerifyCount(ctts, samples, sampleCount);
    }

    private static void VerifySyncSamples(BoxReader stss, int sampleCount)
    {
        stss.ReadVersionAndFlags();
        var previous = 0;
        for (var entries = stss.ReadEntryCount(entrySize: 4); entries > 0; entries--)
        {
            var number = stss.ReadCount();
            if (number <= previous || number > sampleCount)
            {
                throw stss.Fault($"sample {number} after {previous}, of {sampleCount}");
            }

            previous = number;
        }
    }

    private static void VerifyChunks(BoxReader stsc, BoxReader offsets, bool wide, int[] sizes, long mediaStart, long mediaEnd)
    {
        stsc.ReadVersionAndFlags();
        offsets.ReadVersionAndFlags();
        var chunkCount = offsets.ReadEntryCount(wide ? 8 : 4);
        var entriesLeft = stsc.ReadEntryCount(entrySize: 12);
        var (sample, perChunk) = (0, 0);
        var nextEntryChunk = entriesLeft > 0 ? stsc.ReadCount() : 0;
        for (var chunk = 1; chunk <= chunkCount; chunk++)
        {
            if (chunk == nextEntryChunk)
            {
                perChunk = stsc.ReadCount();
                stsc.Skip(4);
                nextEntryChunk = --entriesLeft > 0 ? stsc.ReadCount() : 0;
            }

            var start = wide ? offsets.ReadInt64() : offsets.ReadUInt32();
            if (perChunk == 0 || perChunk > sizes.Length - sample)
            {
                throw stsc.Fault($"chunk {chunk} has {perChunk} samples, {sizes.Length - sample} are left");
            }

            var length = 0L;
            foreach (var size in sizes.AsSpan(sample, perChunk))
            {
                length += size;
            }

            if (start < mediaStart || start > mediaEnd - length)
            {
                throw offsets.Fault($"chunk {chunk} of {length} bytes at {start} is not inside mdat ({mediaStart} to {mediaEnd})");
            }

            sample += perChunk;
        }

        VerifyCount(stsc, sample, sizes.Length);
        if (entriesLeft > 0)
        {
            throw stsc.Fault($"{entriesLeft} entries for chunks that are not there");
        }
    }

    private static void VerifyCount(BoxReader table, long samples, int sampleCount)
    {
        if (samples != sampleCount)
        {
            throw table.Fault($"tells of {samples} samples, stsz of {sampleCount}");
        }
    }
}
