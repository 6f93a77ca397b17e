using System.Buffers.Binary;
using LiveClip.Core.Ingest;
using LiveClip.Core.Rtmp;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Ingest;

public class FlvSamplesTests
{
    private readonly FlvSamples _samples;
    private int _breaks;
    private int _repairs;

    public FlvSamplesTests()
    {
        _samples = new FlvSamples(() => ++_breaks, new ManualTimeProvider(), _ => _repairs++);
        Send(VideoHeader(SyntheticEncoder.Reordering));
        Send(SoundHeader(SyntheticEncoder.Stereo48));
    }

    [Theory]
    [InlineData(1L << 24)] // where the extended timestamp begins
    [InlineData(1L << 31)] // where a signed number would end
    [InlineData(1L << 32)] // where RTMP's clock begins again
    public void Times_go_on_where_the_clock_of_the_protocol_wraps(long around)
    {
        var times = Enumerable.Range(-5, 10).Select(i => Picture(unchecked((uint)(around + (i * 40))))!.DecodeTime).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(3_600, pair.Second - pair.First));
        Assert.Equal((1, 0), (_samples.TimestampBreak, _repairs));
    }

    [Fact]
    public void Sound_and_pictures_wrap_together_whichever_comes_first()
    {
        Picture(uint.MaxValue - 9);
        var before = Sound(uint.MaxValue - 9)!;
        var picture = Picture(30)!;
        var after = Sound(12)!;
        Assert.Equal((1L << 32) + 30, picture.DecodeTime / 90);
        Assert.Equal(1024, after.DecodeTime - before.DecodeTime);
        Assert.Equal(1, _samples.TimestampBreak);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(67, 67 * 90)]
    [InlineData(-34, -34 * 90)]
    public void Composition_times_are_signed(int milliseconds, int offset)
    {
        var picture = Picture(1_000, compositionTime: milliseconds)!;
        Assert.Equal((90_000, offset), (picture.DecodeTime, picture.CompositionOffset));
    }

    [Fact]
    public void A_decode_time_that_does_not_rise_is_mended_and_the_picture_is_shown_when_it_was_to_be()
    {
        Picture(1_000);
        var equal = Picture(1_000, compositionTime: 40)!;
        var back = Picture(980, compositionTime: 100)!;
        var next = Picture(1_040)!;
        Assert.Equal([90_001, 90_002, 93_600], new[] { equal.DecodeTime, back.DecodeTime, next.DecodeTime });
        Assert.Equal([93_600, 97_200], new[] { equal.PresentationTime, back.PresentationTime });
        Assert.Equal((2, 1), (_repairs, _samples.TimestampBreak));
    }

    [Theory]
    [InlineData(15_000, false)] // 5 s: the encoder had nothing to send
    [InlineData(15_001, true)]
    [InlineData(9_000, false)] // 1 s back: mended
    [InlineData(8_999, true)]
    [InlineData(0, true)]
    [InlineData(2_000_000_000, true)]
    public void A_jump_of_the_clock_is_a_break_for_both_tracks(uint to, bool isBreak)
    {
        Picture(10_000);
        Sound(10_000);
        var picture = Picture(to)!;
        Assert.Equal(isBreak ? 2 : 1, picture.TimestampBreak);
        var sound = Sound(to);
        Assert.Equal(picture.TimestampBreak, sound?.TimestampBreak ?? picture.TimestampBreak);
        Assert.Equal(isBreak ? 2 : 1, _samples.TimestampBreak);
    }

    [Fact]
    public void Sound_from_before_a_jump_goes_on_beside_the_pictures_until_its_clock_has_jumped_too()
    {
        Picture(99_960);
        Sound(99_979);
        Picture(100_000);
        var before = Sound(100_000)!;
        Picture(0);
        var between = Sound(100_021)!;
        var after = Sound(3)!;
        Assert.Equal([1024, 1024], new[] { between.DecodeTime - before.DecodeTime, after.DecodeTime - between.DecodeTime });
        Assert.Equal((2, 2), (between.TimestampBreak, after.TimestampBreak));
        Assert.Equal(1, _repairs);
    }

    [Fact]
    public void A_jump_inside_a_group_of_pictures_is_a_break_at_the_next_sync_sample()
    {
        Picture(1_000);
        Picture(1_040, isSync: false);
        var jumped = Picture(50_000, isSync: false)!;
        var sync = Picture(50_040)!;
        Assert.Equal([1, 2], new[] { jumped.TimestampBreak, sync.TimestampBreak });
        Assert.Equal([1_080 * 90, 1_120 * 90], new[] { jumped.DecodeTime, sync.DecodeTime });
        Assert.Equal(1, _repairs);
    }

    [Fact]
    public void A_single_wrong_stamp_is_no_break_at_all()
    {
        Picture(1_000, isSync: false);
        Picture(1_040, isSync: false);
        var wrong = Picture(3_000_000_000, isSync: false)!;
        var right = Picture(1_120, isSync: false)!;
        Assert.Equal([1_080 * 90, 1_120 * 90], new[] { wrong.DecodeTime, right.DecodeTime });
        Assert.Equal(1, Picture(1_160)!.TimestampBreak);
    }

    [Theory]
    [InlineData(40_000)]
    [InlineData(2_000)]
    public void A_track_on_a_clock_of_its_own_is_put_beside_the_other(uint sound)
    {
        Picture(20_000);
        Assert.Equal(20 * 48_000, Sound(sound)!.DecodeTime);
        Assert.Equal((20 * 48_000) + 1_024, Sound(sound + 21)!.DecodeTime);
        Assert.Equal((1, 1), (_samples.TimestampBreak, _repairs));
    }

    [Theory]
    [InlineData(10_000, 10_000, 0)]
    [InlineData(-10_000, -10_000, 0)]
    [InlineData(10_001, 80, 1)]
    [InlineData(-10_001, 80, 1)]
    public void A_composition_time_of_more_than_10_s_is_that_of_the_picture_before(int milliseconds, int expected, int repairs)
    {
        Picture(0, compositionTime: 80);
        Assert.Equal(expected * 90, Picture(40, compositionTime: milliseconds)!.CompositionOffset);
        Assert.Equal(repairs, _repairs);
    }

    [Fact]
    public void A_broken_message_costs_nothing_but_itself()
    {
        Assert.Null(Send(Message(RtmpMessageType.Video, 0, [0x17, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9])));
        Assert.Null(Send(Message(RtmpMessageType.Audio, 0, [0xAF, 0, 0xFF, 0xFF])));
        Assert.Null(Send(Message(RtmpMessageType.Video, 0, [0x27, 1, 0, 0, 0, 0, 0, 1, 0, 0x41])));
        Assert.Contains("NALUnitLength", _samples.Malformed, StringComparison.Ordinal);
        Assert.Null(Send(Message(RtmpMessageType.Audio, 0, [0xAF])));
        Assert.Equal(4, _repairs);
        Assert.NotNull(Picture(0));
        Assert.NotNull(Sound(0));
    }

    [Fact]
    public void Sound_that_is_interleaved_seconds_behind_is_not_lost()
    {
        Picture(3_000);
        Assert.Equal(24_000, Sound(500)!.DecodeTime);
        Assert.Equal((1, 0), (_samples.TimestampBreak, _repairs));
    }

    [Fact]
    public void Sound_is_put_on_the_clock_of_its_own_samples()
    {
        // 1024 samples at 48 kHz are 21.33 ms; the stamps are whole milliseconds, and these jitter by up to 20 more.
        int[] jitter = [0, 0, 0, 15, -15, 19, -19, 0, 7];
        var times = jitter.Select((off, i) => Sound((uint)(1_000 + Math.Round(i * 1024 / 48.0) + off))!.DecodeTime).ToList();
        Assert.Equal(Enumerable.Range(0, jitter.Length).Select(i => 48_000L + (i * 1024)), times);
        Assert.Equal(0, _repairs);
    }

    [Fact]
    public void Sound_more_than_20_ms_late_begins_a_new_count()
    {
        Sound(1_000);
        Assert.Equal(48_000 + 1_024 + 1_008, Sound(1_000 + 21 + 21)!.DecodeTime, 48d);
        Assert.Equal(1, _repairs);
    }

    [Fact]
    public void Sound_that_stays_more_than_20_ms_early_is_dropped_until_its_stamps_are_right()
    {
        Sound(1_000);
        // 30 ms early: ten may be stamped alike, more are too many.
        var early = Enumerable.Range(1, 13).Select(i => Sound((uint)(970 + Math.Round(i * 1024 / 48.0)))).ToList();
        Assert.Equal(10, early.TakeWhile(sound => sound is not null).Count());
        Assert.Null(early[10]);
        Assert.Equal(48_000 + (11 * 1_024), early[11]!.DecodeTime);
        Assert.Equal(1, _repairs);
    }

    [Fact]
    public void Sound_never_overlaps_itself_whatever_the_stamps()
    {
        var random = new Random(1);
        var (last, milliseconds) = (long.MinValue, 10_000.0);
        for (var i = 0; i < 2_000; i++)
        {
            milliseconds += 21.333 + (random.Next(50) == 0 ? random.Next(-200, 400) : 0);
            if (Sound((uint)milliseconds) is { } sound)
            {
                Assert.True(sound.DecodeTime >= last, $"{sound.DecodeTime} after {last}");
                Assert.InRange((sound.DecodeTime / 48_000.0) - (milliseconds / 1000), -0.0215, 0.4);
                last = sound.DecodeTime + sound.Duration;
            }
        }

        Assert.Equal(1, _samples.TimestampBreak);
    }

    [Fact]
    public void Repeated_headers_change_nothing()
    {
        var first = Picture(0)!.Track;
        var sound = Sound(0)!;
        Send(VideoHeader(SyntheticEncoder.Reordering));
        Send(SoundHeader(SyntheticEncoder.Stereo48));
        Assert.Same(first, Picture(33)!.Track);
        var next = Sound(21)!;
        Assert.Same(sound.Track, next.Track);
        Assert.Equal(1024, next.DecodeTime - sound.DecodeTime);
    }

    [Fact]
    public void Changed_headers_are_other_tracks_on_the_same_clock()
    {
        var before = Picture(0)!;
        Sound(0);
        Send(VideoHeader(SyntheticEncoder.Plain));
        Send(SoundHeader(SyntheticEncoder.Mono44));
        var after = Picture(33)!;
        Assert.Equal(SyntheticEncoder.Plain, after.Track);
        Assert.NotEqual(before.Track, after.Track);
        Assert.Equal((44_100u, 44_100L), (Sound(1_000)!.Track.Timescale.TicksPerSecond, Sound(1_023)!.DecodeTime - 1_024));
        Assert.Equal(before.TimestampBreak, after.TimestampBreak);
    }

    [Fact]
    public void Media_before_its_header_and_empty_messages_are_nothing()
    {
        var fresh = new FlvSamples(() => 1, new ManualTimeProvider(), _ => _repairs++);
        Assert.Null(fresh.Read(Message(RtmpMessageType.Video, 0, [0x17, 1, 0, 0, 0, 1, 2, 3])));
        Assert.Null(fresh.Read(Message(RtmpMessageType.Audio, 0, [0xAF, 1, 1, 2, 3])));
        foreach (var type in new[] { RtmpMessageType.Video, RtmpMessageType.Audio, RtmpMessageType.DataAmf0 })
        {
            Assert.Null(_samples.Read(Message(type, 0, [])));
        }

        Assert.Null(Send(Message(RtmpMessageType.Video, 0, [0x17, 0, 0, 0, 0])));
        Assert.Null(Send(Message(RtmpMessageType.Audio, 0, [0xAF, 0])));
        Assert.Null(Send(Message(RtmpMessageType.Video, 0, [0x17, 1, 0, 0, 0])));
        Assert.NotNull(Picture(0));
        Assert.Equal(0, _repairs);
    }

    [Fact]
    public void A_codec_that_cannot_be_recorded_is_named()
    {
        Assert.Null(_samples.UnsupportedCodec);
        Assert.Null(Send(Message(RtmpMessageType.Video, 0, [0x90, .. "hvc1"u8, 0])));
        Assert.NotNull(_samples.UnsupportedCodec);
    }

    [Fact]
    public void Media_time_is_how_far_the_encoders_clock_has_come()
    {
        Picture(5_000);
        Sound(4_990);
        Picture(7_500);
        Assert.Equal(2_500, _samples.MediaTime);

        // A file that a publisher pushes in a loop begins again at 0; how much has come does not.
        Picture(0);
        Picture(1_000);
        Assert.Equal(3_500, _samples.MediaTime);
    }

    private Sample? Send(RtmpMessage message) => _samples.Read(message);

    // FLV 10.1 §E.4.3:  frame type 1 (sync) or 2, codec 7 | packet type 1 | composition time(24) | NAL units
    private Sample? Picture(uint timestamp, int compositionTime = 0, bool isSync = true)
    {
        byte[] body = [0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65];
        (body[0], body[9]) = isSync ? (body[0], body[9]) : ((byte)0x27, (byte)0x41);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), compositionTime & 0xFFFFFF | 1 << 24);
        return Send(Message(RtmpMessageType.Video, timestamp, body));
    }

    private Sample? Sound(uint timestamp) => Send(Message(RtmpMessageType.Audio, timestamp, [0xAF, 1, 0x21, 0x10]));

    private static RtmpMessage VideoHeader(VideoTrack track) =>
        Message(RtmpMessageType.Video, 0, [0x17, 0, 0, 0, 0, .. track.Configuration.Record.Span]);

    private static RtmpMessage SoundHeader(AudioTrack track) =>
        Message(RtmpMessageType.Audio, 0, [0xAF, 0, .. track.Configuration.Record.Span]);

    private static RtmpMessage Message(RtmpMessageType type, uint timestamp, byte[] body) =>
        new() { Type = type, Timestamp = timestamp, MessageStreamId = 1, Payload = body };
}
