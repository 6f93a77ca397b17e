using FsCheck;
using FsCheck.Fluent;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Mp4;

public class SegmentIndexTests
{
    private static readonly VideoTrack Video = EncodedMedia.Usual.Value.Video;
    private static readonly AudioTrack Sound = new(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));

    [Fact]
    public void A_segment_of_real_samples_gives_them_back()
    {
        var media = EncodedMedia.Usual.Value;
        var pieces = media.ToFragments(Guid.NewGuid()).ToArray();
        var file = pieces.SelectMany(piece => piece).ToArray();
        var index = SegmentIndex.Scan(file);

        Assert.Equal(file.Length, index.ValidLength);
        Assert.Equal(pieces.Select(piece => (long)piece.Length), index.Fragments.Select(fragment => fragment.Length));
        foreach (var track in media.Tracks)
        {
            Assert.Equal(
                media.Samples.Where(sample => sample.Track == track).Select(Describe),
                index.Fragments.SelectMany(fragment => fragment.Samples)
                    .Where(sample => sample.TrackId == track.Id).Select(sample => Describe(sample, file)));
        }
    }

    [Fact]
    public void A_tail_torn_at_any_byte_leaves_exactly_the_whole_fragments()
    {
        byte[][] pieces = [Fragment(0, 1), Fragment(1, 9), Fragment(2, 0)];
        var file = pieces.SelectMany(piece => piece).ToArray();
        for (var length = 0; length <= file.Length; length++)
        {
            var whole = length == file.Length ? 3 : length >= pieces[0].Length + pieces[1].Length ? 2 : length >= pieces[0].Length ? 1 : 0;
            var index = SegmentIndex.Scan(file.AsMemory(0, length));
            Assert.Equal(whole, index.Fragments.Count);
            Assert.Equal(pieces.Take(whole).Sum(piece => piece.Length), index.ValidLength);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)] // sample tables longer than the first read
    public void A_file_is_indexed_like_its_bytes_wherever_it_is_torn(int samplesOfSecond)
    {
        var file = Fragment(0, 2).Concat(Fragment(1, samplesOfSecond)).ToArray();
        var steps = Enumerable.Range(0, 40);
        var lengths = steps.Select(step => file.Length - step).Concat(steps.Select(step => file.Length * step / 40));
        foreach (var length in lengths)
        {
            using var scratch = new ScratchFile(file[..length]);
            using var handle = File.OpenHandle(scratch.Path);
            var expected = SegmentIndex.Scan(file.AsMemory(0, length));
            var index = SegmentIndex.Scan(handle);
            Assert.Equal(expected.ValidLength, index.ValidLength);
            Assert.Equal(expected.Fragments.SelectMany(Flatten), index.Fragments.SelectMany(Flatten));
        }
    }

    [Fact]
    public void Bytes_lost_in_the_middle_end_what_is_valid()
    {
        var first = Fragment(0, 3);
        var file = first.Concat(Fragment(1, 3)).Concat(Fragment(2, 3)).ToArray();
        file.AsSpan(first.Length + 80, 64).Clear();
        Assert.Equal(first.Length, SegmentIndex.Scan(file).ValidLength);
    }

    [Fact]
    public void A_fragment_is_seen_behind_any_damage()
    {
        var whole = Fragment(0, 3).Concat(Fragment(1, 3)).ToArray();
        var first = Fragment(0, 3).Length;
        whole.AsSpan(0, first - 1).Fill(0x66); // the box's type begins with a u, the mark with an o
        Assert.Equal(0, SegmentIndex.Scan(whole).ValidLength);
        Assert.True(SegmentIndex.HoldsFragment(whole));
        Assert.False(SegmentIndex.HoldsFragment(whole.AsSpan(0, whole.Length - 1)));
        Assert.False(SegmentIndex.HoldsFragment([]));
    }

    [Fact]
    public void Random_and_changed_bytes_never_throw()
    {
        var whole = Fragment(0, 5).Concat(Fragment(1, 5)).ToArray();
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])whole.Clone();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            var index = SegmentIndex.Scan(changed);
            Assert.InRange(index.ValidLength, 0, changed.Length);
            Assert.All(
                index.Fragments.SelectMany(fragment => fragment.Samples),
                sample => Assert.InRange(sample.Offset + sample.Size, sample.Offset, changed.Length));

            random.NextBytes(changed);
            Assert.Empty(SegmentIndex.Scan(changed).Fragments);
        }
    }

    [Fact]
    public void Whatever_is_written_is_found_again()
    {
        var sample = ArbMap.Default.GeneratorFor<(byte[] Data, bool IsSync, int Offset, bool IsSound)>();
        var identity = ArbMap.Default.GeneratorFor<(Guid Recording, int Run, long Number, int Fragment, long Start, DateTime Clock)>();
        var durations = Gen.Choose(0, 10_000).ArrayOf(64);
        var fragments = sample.NonEmptyListOf().Zip(identity).Zip(durations).ToArbitrary();
        Prop.ForAll(fragments, input =>
        {
            var ((values, id), lengths) = input;
            var segment = new SegmentIdentity(
                id.Recording, id.Run, id.Number, id.Fragment, id.Start, new DateTimeOffset(id.Clock.Ticks, TimeSpan.Zero))
            {
                TargetDuration = id.Run % 2 == 0 ? null : id.Fragment,
            };
            var times = new Dictionary<Track, long> { [Video] = 7, [Sound] = 1L << 40 };
            var samples = new List<Sample>();
            foreach (var (data, isSync, offset, isSound) in values)
            {
                Track track = isSound ? Sound : Video;
                var duration = lengths[samples.Count % lengths.Length];
                samples.Add(new Sample
                {
                    Track = track,
                    DecodeTime = times[track],
                    CompositionOffset = offset,
                    Duration = duration,
                    IsSync = isSync,
                    Data = data ?? [],
                });
                times[track] += duration;
            }

            var file = MovieFragment.Write(42, segment, samples);
            var fragment = Assert.Single(SegmentIndex.Scan(file).Fragments);
            Assert.Equal((42u, segment, 0L, file.Length), (fragment.SequenceNumber, fragment.Identity, fragment.Offset, fragment.Length));
            Assert.Equal(
                samples.Where(sample => sample.Track == Video).Concat(samples.Where(sample => sample.Track == Sound)).Select(Describe),
                fragment.Samples.Select(sample => Describe(sample, file)));
        }).QuickCheckThrowOnFailure();
    }

    private static byte[] Fragment(int index, int sampleCount)
    {
        var samples = Enumerable.Range(0, sampleCount).Select(i => new Sample
        {
            Track = Video,
            DecodeTime = i * (i - 1) / 2,
            CompositionOffset = -i,
            Duration = i,
            IsSync = i == 0,
            Data = new byte[i % 50],
        });
        var sound = new Sample { Track = Sound, DecodeTime = 0, Duration = 1024, IsSync = true, Data = new byte[3] };
        var identity = new SegmentIdentity(Guid.Empty, 1, 1, index, 0, DateTimeOffset.UnixEpoch);
        return MovieFragment.Write((uint)index, identity, [.. samples, sound]);
    }

    private static IEnumerable<(SegmentIdentity, long, long, IndexedSample)> Flatten(IndexedFragment fragment) =>
        fragment.Samples.Select(sample => (fragment.Identity, fragment.Offset, fragment.Length, sample));

    private static (int, long, int, int, bool, string) Describe(Sample sample) =>
        (sample.Track.Id, sample.DecodeTime, sample.CompositionOffset, sample.Duration, sample.IsSync,
            Convert.ToHexString(sample.Data.Span));

    private static (int, long, int, int, bool, string) Describe(IndexedSample sample, byte[] file) =>
        (sample.TrackId, sample.DecodeTime, sample.CompositionOffset, sample.Duration, sample.IsSync,
            Convert.ToHexString(file.AsSpan((int)sample.Offset, sample.Size)));
}
