using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Mp4;

public class ProgressiveMp4Tests
{
    private static readonly Timescale Grid = new(30);

    [Fact]
    public void Clip_of_real_samples_is_what_ffprobe_sees_and_decodes_to_the_same_pictures()
    {
        var media = EncodedMedia.Usual.Value;
        using var source = new ScratchFile(media.File);
        using var clip = new ScratchFile(Write(media));

        var probe = EncodedMedia.Probe(clip.Path, "-show_streams", "-show_format");
        var (video, sound) = (probe.GetProperty("streams")[0], probe.GetProperty("streams")[1]);
        Assert.Equal("0.000000", Text(probe.GetProperty("format"), "start_time"));
        Assert.Equal("5.000000", Text(probe.GetProperty("format"), "duration"));
        Assert.Equal(("0.000000", "5.000000", "150"), (Text(video, "start_time"), Text(video, "duration"), Text(video, "nb_frames")));
        Assert.Equal(("30/1", "30/1", "1/30"), (Text(video, "r_frame_rate"), Text(video, "avg_frame_rate"), Text(video, "time_base")));
        Assert.Equal(("0.000000", "1/48000"), (Text(sound, "start_time"), Text(sound, "time_base")));
        Assert.Equal(4.9, EncodedMedia.Seconds(sound, "duration"), tolerance: 1e-6);
        Assert.Equal("und", Text(video.GetProperty("tags"), "language"));

        Assert.Equal(Enumerable.Range(0, 150).Select(picture => (long)picture), EncodedMedia.ProbePictures(clip.Path));
        Assert.Equal(EncodedMedia.HashPictures(source.Path), EncodedMedia.HashPictures(clip.Path));
        using var handle = File.OpenHandle(clip.Path);
        ProgressiveMp4.Verify(handle);
    }

    [Fact]
    public void Sync_samples_are_marked_and_only_they()
    {
        var media = EncodedMedia.Usual.Value;
        using var clip = new ScratchFile(Write(media));
        var packets = EncodedMedia.Probe(clip.Path, "-select_streams", "v", "-show_entries", "packet=flags").GetProperty("packets");
        Assert.Equal(
            media.Of<VideoTrack>().Select(sample => sample.IsSync),
            packets.EnumerateArray().Select(packet => Text(packet, "flags").StartsWith('K')));
    }

    [Fact]
    public void Tables_state_equal_entries_once()
    {
        var track = VideoOf((2, 0, true), (2, 0, true), (3, 1, true), (3, 1, true), (2, 1, true));
        var file = ProgressiveMp4.Layout([track]).Header;
        var stbl = StblOf(file);
        byte[] stts =
        [
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x03, // entry_count
            0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02, // two samples of 2 ticks
            0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, // two samples of 3 ticks
            0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, // one sample of 2 ticks
        ];
        byte[] ctts =
        [
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x02, // entry_count
            0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, // two samples at once
            0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, // three samples a tick later
        ];
        byte[] stsc =
        [
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x01, // entry_count
            0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x01, // first_chunk, samples_per_chunk, description
        ];
        byte[] stsz =
        [
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x00, // sample_size
            0x00, 0x00, 0x00, 0x05, // sample_count
            0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x65, 0x00, 0x00, 0x00, 0x66, 0x00, 0x00, 0x00, 0x67, 0x00, 0x00, 0x00, 0x68,
        ];
        byte[] stco =
        [
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x01, // entry_count
            .. BitConverter.GetBytes(file.Length).Reverse(), // chunk_offset: right after the header
        ];
        Assert.Equal(stts, ContentOf(stbl, BoxType.Stts));
        Assert.Equal(ctts, ContentOf(stbl, BoxType.Ctts));
        Assert.Equal(stsc, ContentOf(stbl, BoxType.Stsc));
        Assert.Equal(stsz, ContentOf(stbl, BoxType.Stsz));
        Assert.Equal(stco, ContentOf(stbl, BoxType.Stco));
        Assert.False(stbl.TryFind(BoxType.Stss, out _));
    }

    [Fact]
    public void Edit_list_states_what_is_shown_and_is_left_out_when_that_is_everything()
    {
        var whole = VideoOf((2, 0, true), (2, 0, false));
        Assert.False(TrakOf(ProgressiveMp4.Layout([whole]).Header).TryFind(BoxType.Edts, out _));

        var trak = TrakOf(ProgressiveMp4.Layout([whole with { EditMediaTime = 1 }]).Header);
        byte[] elst =
        [
            0x01, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x01, // entry_count
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2E, 0xE0, // segment_duration
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // media_time
            0x00, 0x01, 0x00, 0x00, // media_rate
        ];
        Assert.Equal(elst, ContentOf(trak.Find(BoxType.Edts), BoxType.Elst));
    }

    [Fact]
    public void Tracks_take_turns_every_half_second()
    {
        var video = VideoOf([.. Enumerable.Repeat((1, 0, true), 45)]); // 1.5 s
        var sound = SoundOf(50); // 1.067 s
        var order = ProgressiveMp4.Layout([video, sound]).Order;
        ChunkOfSamples[] expected =
        [
            new(0, 0, 15), new(1, 0, 24), // decoded before 0.5 s
            new(0, 15, 15), new(1, 24, 23), // before 1 s
            new(0, 30, 15), new(1, 47, 3),
        ];
        Assert.Equal(expected, order);
    }

    [Fact]
    public void Four_gigabytes_and_more_get_wide_offsets()
    {
        var sample = new IndexedSample(1, 0, 0, 30, true, 0, int.MaxValue);
        IndexedSample[] samples = [sample, sample with { DecodeTime = 30 }, sample with { DecodeTime = 60 }];
        var layout = ProgressiveMp4.Layout([new ProgressiveTrack(EncodedMedia.Usual.Value.Video, samples, Grid, 0, 270_000)]);
        Assert.Equal(3L * int.MaxValue + layout.Header.Length, layout.TotalLength);

        byte[] mdat =
        [
            0x00, 0x00, 0x00, 0x01, (byte)'m', (byte)'d', (byte)'a', (byte)'t', // largesize follows
            0x00, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x0D, // three samples and 16 bytes of header
        ];
        Assert.Equal(mdat, layout.Header[^16..]);
        var co64 = StblOf(layout.Header).Find(BoxType.Co64);
        co64.Skip(8);
        Assert.Equal(
            [layout.Header.Length, layout.Header.Length + (long)int.MaxValue, layout.Header.Length + 2L * int.MaxValue],
            new[] { co64.ReadInt64(), co64.ReadInt64(), co64.ReadInt64() });
    }

    [Fact]
    public void Samples_that_cannot_be_told_are_refused()
    {
        var track = VideoOf((2, 0, true), (2, 0, true));
        var (first, second) = (track.Samples[0], track.Samples[1]);
        ProgressiveTrack[] wrong =
        [
            track with { Samples = [] },
            track with { EditMediaTime = -1 },
            track with { Samples = [first, second with { DecodeTime = 3 }] },
            track with { Samples = [first with { DecodeTime = 1 }] },
            track with { Samples = [first with { CompositionOffset = -1 }, second] },
            track with { Samples = [first with { Duration = 0 }] },
        ];
        Assert.All(wrong, track => Assert.ThrowsAny<ArgumentException>(() => ProgressiveMp4.Layout([track])));
        Assert.Throws<ArgumentException>(() => ProgressiveMp4.Layout([]));
    }

    [Fact]
    public void A_clip_cut_off_anywhere_does_not_pass_the_check()
    {
        var file = WriteZeros(VideoOf((2, 0, true), (2, 1, false)), SoundOf(3));
        VerifyBytes(file);
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<Mp4FormatException>(() => VerifyBytes(file[..length]));
        }
    }

    [Theory]
    [InlineData("stts", 12, 3, "stts")] // entry_count: more entries than bytes
    [InlineData("stts", 16, 1, "stts")] // fewer samples than sizes
    [InlineData("stts", 20, 0, "stts")] // no duration
    [InlineData("stts", 20, 3, "stts")] // not mdhd's duration
    [InlineData("ctts", 16, 2, "ctts")] // more samples than sizes
    [InlineData("stss", 16, 3, "stss")] // a sample that is not there
    [InlineData("stss", 16, 0, "stss")]
    [InlineData("stsc", 20, 3, "stsc")] // more samples in a chunk than there are
    [InlineData("stsc", 20, 1, "stsc")] // fewer
    [InlineData("stsz", 16, 1, "stts")] // fewer sizes
    [InlineData("stsz", 20, 2000, "stco")] // past the end of mdat
    [InlineData("stco", 16, 8, "stco")] // before mdat
    [InlineData("stbl", 0, 4000, "minf")] // outgrows its parent
    [InlineData("tkhd", 28, 0, "trak")] // no duration
    [InlineData("mvhd", 24, 0, "moov")]
    public void A_wrong_field_does_not_pass_the_check(string box, int position, int value, string named)
    {
        var file = WriteZeros(VideoOf((2, 0, true), (2, 1, false)));
        VerifyBytes(file);
        var start = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(box)) - 4;
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(start + position), value);
        Assert.Equal(named, Assert.Throws<Mp4FormatException>(() => VerifyBytes(file)).Box.ToString());
    }

    [Fact]
    public void A_clip_that_is_not_what_it_was_to_be_does_not_pass_the_check()
    {
        var video = VideoOf((2, 0, true), (2, 1, false), (3, 0, true));
        var sound = SoundOf(3);
        using var file = new ScratchFile(WriteZeros(video, sound));
        using var handle = File.OpenHandle(file.Path);
        ProgressiveMp4.Verify(handle, [video, sound]);

        IReadOnlyList<ProgressiveTrack>[] others =
        [
            [video],
            [sound, video],
            [video, SoundOf(4)],
            [video with { EditDuration = video.EditDuration + 1 }, sound],
            [With(2, sample => sample with { Size = 1 }), sound],
            [With(2, sample => sample with { Duration = 2 }), sound],
            [With(1, sample => sample with { CompositionOffset = 2 }), sound],
            [With(0, sample => sample with { CompositionOffset = 1 }), sound],
            [With(2, sample => sample with { IsSync = false }), sound],
            [With(1, sample => sample with { IsSync = true }), sound],
            [video with { Samples = [.. video.Samples.Take(2)] }, sound],
        ];
        Assert.All(others, expected => Assert.Throws<Mp4FormatException>(() => ProgressiveMp4.Verify(handle, expected)));

        ProgressiveTrack With(int sample, Func<IndexedSample, IndexedSample> change) =>
            video with { Samples = [.. video.Samples.Select((s, i) => i == sample ? change(s) : s)] };
    }

    [Fact]
    public void The_header_is_as_long_whatever_the_sizes_of_the_samples()
    {
        var track = VideoOf((2, 0, true), (2, 1, false));
        var unknown = track with { Samples = [.. track.Samples.Select(sample => sample with { Size = 0 })] };
        foreach (var wide in new[] { true, false })
        {
            var (before, after) = (ProgressiveMp4.Layout([unknown], wide), ProgressiveMp4.Layout([track], wide));
            Assert.Equal(before.Header.Length, after.Header.Length);
            Assert.Equal(before.Order, after.Order);
            Assert.Equal(wide, after.HasWideOffsets);
        }

        var huge = track with { Samples = [.. track.Samples.Select(sample => sample with { Size = int.MaxValue })], };
        ProgressiveMp4.Layout([huge, huge], wideOffsets: true);
        Assert.Throws<ArgumentException>(() => ProgressiveMp4.Layout([huge, huge], wideOffsets: false));
    }

    [Fact]
    public void Changed_bytes_pass_the_check_or_are_refused()
    {
        var file = WriteZeros(VideoOf((2, 0, true), (2, 1, false)), SoundOf(3));
        var random = new Random(6);
        for (var i = 0; i < 1000; i++)
        {
            var changed = (byte[])file.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                VerifyBytes(changed);
            }
            catch (Mp4FormatException)
            {
                // The one way to say no.
            }
        }
    }

    /// <summary>All of the video on the grid of its frame rate, 4.9 s of the sound from 50 ms on.</summary>
    private static List<byte[]> Write(EncodedMedia media)
    {
        var pictures = media.Of<VideoTrack>().ToArray();
        var shift = -pictures.Min(sample => sample.CompositionOffset);
        var video = pictures.Select(sample => new IndexedSample(
            1,
            sample.DecodeTime / 3000,
            (sample.CompositionOffset + shift) / 3000,
            sample.Duration / 3000,
            sample.IsSync,
            Offset: 0,
            sample.Data.Length));
        var frames = media.Of<AudioTrack>().ToArray();
        var sound = frames.Select(sample => new IndexedSample(2, sample.DecodeTime, 0, sample.Duration, true, 0, sample.Data.Length));
        var layout = ProgressiveMp4.Layout(
        [
            new ProgressiveTrack(media.Video, [.. video], Grid, shift / 3000, 5 * 90_000),
            new ProgressiveTrack(frames[0].Track, [.. sound], frames[0].Track.Timescale, 2400, 49 * 9_000),
        ]);
        Sample[][] samples = [pictures, frames];
        List<byte[]> pieces = [layout.Header];
        foreach (var (track, first, count) in layout.Order)
        {
            pieces.AddRange(samples[track].Skip(first).Take(count).Select(sample => sample.Data.ToArray()));
        }

        Assert.Equal(layout.TotalLength, pieces.Sum(piece => (long)piece.Length));
        return pieces;
    }

    private static ProgressiveTrack VideoOf(params (int Duration, int Offset, bool IsSync)[] values)
    {
        var samples = new List<IndexedSample>();
        var time = 0L;
        foreach (var (duration, offset, isSync) in values)
        {
            samples.Add(new IndexedSample(1, time, offset, duration, isSync, 0, 100 + samples.Count));
            time += duration;
        }

        return new ProgressiveTrack(EncodedMedia.Usual.Value.Video, samples, Grid, 0, time * 3000);
    }

    private static ProgressiveTrack SoundOf(int count)
    {
        var track = new AudioTrack(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));
        var samples = Enumerable.Range(0, count).Select(i => new IndexedSample(2, i * 1024, 0, 1024, true, 0, 10));
        return new ProgressiveTrack(track, [.. samples], track.Timescale, 0, count * 1920);
    }

    private static byte[] WriteZeros(params ProgressiveTrack[] tracks)
    {
        var layout = ProgressiveMp4.Layout(tracks);
        return [.. layout.Header, .. new byte[layout.TotalLength - layout.Header.Length]];
    }

    private static void VerifyBytes(byte[] bytes)
    {
        using var file = new ScratchFile(bytes);
        using var handle = File.OpenHandle(file.Path);
        ProgressiveMp4.Verify(handle);
    }

    private static BoxReader TrakOf(byte[] header) => new BoxReader(header).Find(BoxType.Moov).Find(BoxType.Trak);

    private static BoxReader StblOf(byte[] header) => TrakOf(header).Find(BoxType.Mdia).Find(BoxType.Minf).Find(BoxType.Stbl);

    private static byte[] ContentOf(BoxReader parent, BoxType type)
    {
        var box = parent.Find(type);
        return box.ReadBytes(box.Remaining).ToArray();
    }

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;
}
