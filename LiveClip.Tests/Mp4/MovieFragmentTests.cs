using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Mp4;

public class MovieFragmentTests
{
    private static readonly SegmentIdentity Identity = new(
        new Guid("00112233-4455-6677-8899-aabbccddeeff"), 3, 258, 4, 180_000, DateTimeOffset.UnixEpoch.AddTicks(1));

    private static readonly VideoTrack Video = EncodedMedia.Usual.Value.Video;
    private static readonly AudioTrack Sound = new(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));

    [Fact]
    public void Every_byte_of_a_fragment_is_as_drawn()
    {
        Sample[] samples =
        [
            Frame(1024, 0xC0),
            Picture(90_000, 0, 3000, isSync: true, 0xA0, 0xA1),
            Picture(93_000, -3000, 3001, isSync: false, 0xB0),
            Frame(2048, 0xD0),
        ];

        byte[] expected =
        [
            0x00, 0x00, 0x00, 0x4C, (byte)'u', (byte)'u', (byte)'i', (byte)'d',
            0x6F, 0x0E, 0x8A, 0x52, 0x3D, 0x1C, 0x4B, 0x67, 0x9A, 0x43, 0xB1, 0xC5, 0x2D, 0x9E, 0x7F, 0x11, // usertype
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, // recording
            0x00, 0x00, 0x00, 0x03, // run
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, // segment number
            0x00, 0x00, 0x00, 0x04, // fragment
            0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xBF, 0x20, // timeline start
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // wall clock

            0x00, 0x00, 0x00, 0xC8, (byte)'m', (byte)'o', (byte)'o', (byte)'f',
            0x00, 0x00, 0x00, 0x10, (byte)'m', (byte)'f', (byte)'h', (byte)'d',
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x09, // sequence_number

            0x00, 0x00, 0x00, 0x60, (byte)'t', (byte)'r', (byte)'a', (byte)'f',
            0x00, 0x00, 0x00, 0x10, (byte)'t', (byte)'f', (byte)'h', (byte)'d',
            0x00, 0x02, 0x00, 0x00, // version, flags: default-base-is-moof
            0x00, 0x00, 0x00, 0x01, // track_ID
            0x00, 0x00, 0x00, 0x14, (byte)'t', (byte)'f', (byte)'d', (byte)'t',
            0x01, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x5F, 0x90, // baseMediaDecodeTime
            0x00, 0x00, 0x00, 0x34, (byte)'t', (byte)'r', (byte)'u', (byte)'n',
            0x01, 0x00, 0x0F, 0x01, // version, flags: data offset, duration, size, flags, composition offset
            0x00, 0x00, 0x00, 0x02, // sample_count
            0x00, 0x00, 0x00, 0xD0, // data_offset
            0x00, 0x00, 0x0B, 0xB8, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // sync sample
            0x00, 0x00, 0x0B, 0xB9, 0x00, 0x00, 0x00, 0x01, 0x01, 0x01, 0x00, 0x00, 0xFF, 0xFF, 0xF4, 0x48, // shown earlier

            0x00, 0x00, 0x00, 0x50, (byte)'t', (byte)'r', (byte)'a', (byte)'f',
            0x00, 0x00, 0x00, 0x18, (byte)'t', (byte)'f', (byte)'h', (byte)'d',
            0x00, 0x02, 0x00, 0x28, // version, flags: default-base-is-moof, duration, flags
            0x00, 0x00, 0x00, 0x02, // track_ID
            0x00, 0x00, 0x04, 0x00, // default_sample_duration
            0x02, 0x00, 0x00, 0x00, // default_sample_flags
            0x00, 0x00, 0x00, 0x14, (byte)'t', (byte)'f', (byte)'d', (byte)'t',
            0x01, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, // baseMediaDecodeTime
            0x00, 0x00, 0x00, 0x1C, (byte)'t', (byte)'r', (byte)'u', (byte)'n',
            0x01, 0x00, 0x02, 0x01, // version, flags: data offset, size
            0x00, 0x00, 0x00, 0x02, // sample_count
            0x00, 0x00, 0x00, 0xD3, // data_offset
            0x00, 0x00, 0x00, 0x01, // sample_size
            0x00, 0x00, 0x00, 0x01, // sample_size

            0x00, 0x00, 0x00, 0x0D, (byte)'m', (byte)'d', (byte)'a', (byte)'t',
            0xA0, 0xA1, 0xB0, // video
            0xC0, 0xD0, // sound
        ];
        Assert.Equal(expected, MovieFragment.Write(9, Identity, samples));
    }

    [Fact]
    public void Init_segment_and_fragments_decode_without_error_to_the_same_pictures_at_the_same_times()
    {
        var media = EncodedMedia.Usual.Value;
        Assert.Contains(media.Samples, sample => sample.CompositionOffset < 0);
        var run = new RunIdentity(Identity.RecordingId, 1, 0, DateTimeOffset.UnixEpoch);
        using var source = new ScratchFile(media.File);
        using var file = new ScratchFile([InitSegment.Write(media.Tracks, run), .. media.ToFragments(run.RecordingId)]);

        var hashes = EncodedMedia.HashPictures(file.Path);
        Assert.Equal(150, hashes.Length);
        Assert.Equal(EncodedMedia.HashPictures(source.Path), hashes);

        // Where offsets are negative, ffmpeg's demuxer moves all pictures later by the largest of them.
        var shift = -media.Samples.Min(sample => sample.CompositionOffset);
        Assert.Equal(
            media.Of<VideoTrack>().Select(sample => sample.PresentationTime + shift).Order(), EncodedMedia.ProbePictures(file.Path));

        var packets = EncodedMedia.Probe(file.Path, "-select_streams", "a", "-show_entries", "packet=pts,size").GetProperty("packets");
        Assert.Equal(
            media.Of<AudioTrack>().Select(sample => (sample.DecodeTime, $"{sample.Data.Length}")),
            packets.EnumerateArray().Select(packet => (packet.GetProperty("pts").GetInt64(), packet.GetProperty("size").GetString()!)));
    }

    [Fact]
    public void Bytes_of_the_samples_are_copied_once()
    {
        Sample[] samples = [new() { Track = Video, DecodeTime = 0, IsSync = true, Data = new byte[4 << 20] }];
        MovieFragment.Write(1, Identity, samples);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fragment = MovieFragment.Write(1, Identity, samples);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, fragment.Length, fragment.Length + 8192);
    }

    [Theory]
    [InlineData(-1, 3000, 2999)] // before the run
    [InlineData(0, 3000, 3001)] // a hole
    [InlineData(0, 3000, 2999)] // an overlap
    [InlineData(0, -1, -1)] // ends before it begins
    public void Samples_that_do_not_follow_each_other_are_refused(long first, int duration, long second)
    {
        Sample[] samples = [Picture(first, 0, duration, isSync: true), Picture(second, 0, 1, isSync: false)];
        Assert.ThrowsAny<ArgumentException>(() => MovieFragment.Write(1, Identity, samples));
        Assert.ThrowsAny<ArgumentException>(() => MovieFragment.Write(1, Identity, []));
    }

    private static Sample Picture(long decodeTime, int offset, int duration, bool isSync, params byte[] data) => new()
    {
        Track = Video,
        DecodeTime = decodeTime,
        CompositionOffset = offset,
        Duration = duration,
        IsSync = isSync,
        Data = data,
    };

    private static Sample Frame(long decodeTime, params byte[] data) =>
        new() { Track = Sound, DecodeTime = decodeTime, Duration = 1024, IsSync = true, Data = data };
}
