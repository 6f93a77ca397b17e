using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Mp4;

public class InitSegmentTests
{
    private static readonly RunIdentity Identity = new(
        new Guid("00112233-4455-6677-8899-aabbccddeeff"), 3, -90_000, new DateTimeOffset(2026, 7, 1, 12, 0, 0, 5, TimeSpan.Zero));

    private static readonly AudioTrack Sound = new(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));

    [Fact]
    public void Tracks_and_identity_come_back()
    {
        Track[] tracks = [EncodedMedia.Usual.Value.Video, Sound, Sound with { Id = 3 }];
        var init = InitSegment.Read(InitSegment.Write(tracks, Identity));
        Assert.Equal(tracks, init.Tracks);
        Assert.Equal(Identity, init.Identity);
    }

    [Fact]
    public void Identity_of_the_run_stands_in_a_private_box_at_the_end()
    {
        byte[] expected =
        [
            0x00, 0x00, 0x00, 0x40, (byte)'u', (byte)'u', (byte)'i', (byte)'d',
            0x6F, 0x0E, 0x8A, 0x52, 0x3D, 0x1C, 0x4B, 0x67, 0x9A, 0x43, 0xB1, 0xC5, 0x2D, 0x9E, 0x7F, 0x10, // usertype
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, // recording
            0x00, 0x00, 0x00, 0x03, // run
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xA0, 0x70, // timeline start
            0x00, 0x3F, 0x57, 0x72, 0x4F, 0x3C, 0xE3, 0x50, // 2026-07-01T12:00:00.005Z
        ];
        Assert.Equal(expected, InitSegment.Write([Sound], Identity)[^expected.Length..]);
    }

    [Fact]
    public void How_the_recording_began_comes_back_and_files_without_it_are_read()
    {
        var start = new RecordingStart("0123456789abcdef0123456789abcdef", Identity.WallClock.AddTicks(-1), 1L << 40, 7);
        var identity = Identity with { RecordingStart = start };
        Assert.Equal(identity, InitSegment.Read(InitSegment.Write([Sound], identity)).Identity);
        Assert.Null(InitSegment.Read(InitSegment.Write([Sound], Identity)).Identity.RecordingStart);

        var cut = InitSegment.Write([Sound], identity);
        cut[^33] = 0xFF; // the stream id's length
        Assert.Throws<Mp4FormatException>(() => InitSegment.Read(cut));
    }

    [Fact]
    public void Sample_entry_of_sound_is_mp4a_with_its_descriptors()
    {
        var file = InitSegment.Write([Sound], Identity);
        var stbl = new BoxReader(file).Find(BoxType.Moov).Find(BoxType.Trak).Find(BoxType.Mdia).Find(BoxType.Minf).Find(BoxType.Stbl);
        var stsd = stbl.Find(BoxType.Stsd);
        byte[] expected =
        [
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x00, 0x00, 0x00, 0x01, // entry_count
            0x00, 0x00, 0x00, 0x57, (byte)'m', (byte)'p', (byte)'4', (byte)'a',
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // reserved, data_reference_index
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // reserved
            0x00, 0x02, 0x00, 0x10, // channelcount, samplesize
            0x00, 0x00, 0x00, 0x00, // pre_defined, reserved
            0xBB, 0x80, 0x00, 0x00, // samplerate
            0x00, 0x00, 0x00, 0x33, (byte)'e', (byte)'s', (byte)'d', (byte)'s',
            0x00, 0x00, 0x00, 0x00, // version, flags
            0x03, 0x80, 0x80, 0x80, 0x22, // ES_Descriptor
            0x00, 0x00, 0x00, // ES_ID, flags
            0x04, 0x80, 0x80, 0x80, 0x14, // DecoderConfigDescriptor
            0x40, 0x15, // MPEG-4 audio, audio stream
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // buffer size, bit rates
            0x05, 0x80, 0x80, 0x80, 0x02, // DecoderSpecificInfo
            0x11, 0x90, // AudioSpecificConfig
            0x06, 0x80, 0x80, 0x80, 0x01, 0x02, // SLConfigDescriptor
        ];
        Assert.Equal(expected, stsd.ReadBytes(stsd.Remaining).ToArray());
    }

    [Fact]
    public void Cut_off_anywhere_it_is_refused()
    {
        var file = InitSegment.Write([EncodedMedia.Usual.Value.Video, Sound], Identity);
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<Mp4FormatException>(() => InitSegment.Read(file.AsMemory(0, length)));
        }
    }

    [Fact]
    public void Changed_bytes_are_read_or_refused()
    {
        var file = InitSegment.Write([EncodedMedia.Usual.Value.Video, Sound], Identity);
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])file.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                InitSegment.Read(changed);
            }
            catch (Mp4FormatException)
            {
                // The one way to say no.
            }
        }
    }

    [Fact]
    public void A_broken_codec_configuration_is_named_within_its_box()
    {
        var file = InitSegment.Write([Sound], Identity);
        var config = file.AsSpan().IndexOf(new byte[] { 0x11, 0x90 });
        file[config] = 0xF8;
        var error = Assert.Throws<Mp4FormatException>(() => InitSegment.Read(file));
        Assert.Equal(BoxType.Esds, error.Box);
        Assert.IsType<SampleFormatException>(error.InnerException);
    }

    [Fact]
    public void No_track_is_an_error() => Assert.Throws<ArgumentException>(() => InitSegment.Write([], Identity));
}
