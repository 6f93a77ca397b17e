using LiveClip.Core.Clips;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Clips;

public class AdtsTests
{
    [Fact]
    public void A_frame_stands_behind_a_header_that_tells_its_kind_and_length()
    {
        var stereo = AudioSpecificConfig.OfLowComplexity(48_000, 2);
        Assert.Equal([0x11, 0x90], stereo.Record.ToArray());
        byte[] expected =
        [
            0xFF, 0xF1, // syncword, MPEG-4, no protection
            0x4C, // low complexity, 48 kHz
            0x80, 0x01, 0x3F, 0xFC, // two channels, 9 bytes, variable rate, one block
            1, 2,
        ];
        Assert.Equal(expected, Adts.FromSample([1, 2], stereo));
    }

    [Theory]
    [InlineData(44_100, 1)]
    [InlineData(8_000, 6)]
    [InlineData(96_000, 8)]
    public void Frames_come_out_as_they_went_in(int rate, int channels)
    {
        var configuration = AudioSpecificConfig.OfLowComplexity(rate, channels);
        Assert.Equal((rate, channels, 1024, 2), (
            configuration.SampleRate, configuration.Channels, configuration.FrameLength, configuration.ObjectType));
        byte[][] frames = [[1], [.. Enumerable.Range(0, 2_000).Select(i => (byte)i)], [.. Enumerable.Repeat((byte)0xFF, 8_184)]];
        byte[] stream = [.. frames.SelectMany(frame => Adts.FromSample(frame, configuration))];

        Assert.Equal(frames, Adts.Split(stream).Select(frame => frame.ToArray()));
    }

    [Fact]
    public void What_is_no_stream_or_does_not_fit_is_refused()
    {
        var stereo = AudioSpecificConfig.OfLowComplexity(48_000, 2);
        var stream = Adts.FromSample([1, 2, 3], stereo);
        for (var length = 1; length < stream.Length; length++)
        {
            Assert.Throws<SampleFormatException>(() => Adts.Split(stream.AsMemory(0, length)).ToList());
        }

        Assert.Throws<SampleFormatException>(() => Adts.Split(new byte[20]).ToList());
        Assert.Throws<SampleFormatException>(() => Adts.FromSample(new byte[8_185], stereo));
        Assert.Throws<SampleFormatException>(() => AudioSpecificConfig.OfLowComplexity(48_001, 2));
        Assert.Throws<SampleFormatException>(() => AudioSpecificConfig.OfLowComplexity(48_000, 9));
        Assert.True(Adts.CanTell(stereo));
        // 960 samples a frame.
        Assert.False(Adts.CanTell(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x94 })));
    }
}
