using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class AudioSpecificConfigTests
{
    [Theory]
    [InlineData("1190", 2, 48_000, 2, 1024, "mp4a.40.2")]
    [InlineData("1210", 2, 44_100, 2, 1024, "mp4a.40.2")]
    [InlineData("1208", 2, 44_100, 1, 1024, "mp4a.40.2")]
    [InlineData("1194", 2, 48_000, 2, 960, "mp4a.40.2")] // frameLengthFlag
    [InlineData("11B8", 2, 48_000, 8, 1024, "mp4a.40.2")] // channelConfiguration 7
    [InlineData("121056E500", 2, 44_100, 2, 1024, "mp4a.40.2")] // no SBR, said backward compatibly
    [InlineData("131056E598", 2, 24_000, 2, 1024, "mp4a.40.2")] // SBR, said backward compatibly
    [InlineData("2B118800", 5, 24_000, 2, 1024, "mp4a.40.5")] // HE-AAC: AAC-LC of 24 kHz under SBR of 48 kHz
    [InlineData("EB098800", 29, 24_000, 1, 1024, "mp4a.40.29")] // HE-AAC v2
    [InlineData("1780558890", 2, 43_793, 2, 1024, "mp4a.40.2")] // samplingFrequencyIndex 15
    public void Rate_channels_and_frame_length_are_told(
        string record, int objectType, int sampleRate, int channels, int frameLength, string codec)
    {
        var config = AudioSpecificConfig.Parse(Convert.FromHexString(record));
        Assert.Equal(
            (objectType, sampleRate, channels, frameLength, codec),
            (config.ObjectType, config.SampleRate, config.Channels, config.FrameLength, config.Codec));
        Assert.Equal(record, Convert.ToHexString(config.Record.Span));
    }

    [Fact]
    public void Program_config_element_counts_the_channels()
    {
        byte[] record =
        [
            0b0001_0001, // audioObjectType 2, samplingFrequencyIndex 3 …
            0b1000_0000, // … channelConfiguration 0, three flags 0
            0b0000_0100, // tag 0, object_type 1, sampling_frequency_index …
            0b1100_1000, // … 3, num_front 2, num_side …
            0b0000_0101, // … 0, num_back 1, num_lfe 1
            0b0000_0000, // num_assoc_data 0, num_valid_cc 0, no mono mixdown
            0b0000_0001, // no stereo, no matrix mixdown; front: single, tag 0; front: pair …
            0b0000_1000, // … tag 0, back: pair, tag …
            0b1000_0000, // … 1, lfe: tag 0
            0b0000_0000,
        ];
        Assert.Equal(6, AudioSpecificConfig.Parse(record).Channels);
    }

    [Theory]
    [InlineData("", "audioObjectType")]
    [InlineData("11", "samplingFrequencyIndex")]
    [InlineData("1690", "samplingFrequencyIndex")] // 13 is reserved
    [InlineData("1780000010", "samplingFrequencyIndex")] // 0 Hz
    [InlineData("11C0", "channelConfiguration")] // 8 is reserved
    [InlineData("F84640", "audioObjectType")] // MPEG-1 layer 2
    public void What_is_no_known_AAC_names_the_element(string record, string field)
    {
        var error = Assert.Throws<SampleFormatException>(() => AudioSpecificConfig.Parse(Convert.FromHexString(record)));
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public void Random_bytes_parse_or_are_refused()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var record = new byte[random.Next(12)];
            random.NextBytes(record);
            Refusal.OfSample(() => AudioSpecificConfig.Parse(record));
        }
    }

    [Fact]
    public void Equal_bytes_are_equal_configurations()
    {
        var one = new AudioTrack(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));
        var same = new AudioTrack(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));
        var other = new AudioTrack(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x88 }));
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
    }
}
