using LiveClip.Core.Samples;
using LiveClip.Tests.Mp4;
using Xunit;

namespace LiveClip.Tests.Samples;

public class AvcConfigurationTests
{
    private static readonly byte[] Record =
    [
        0x01, // configurationVersion
        0x42, 0xC0, 0x0A, // Constrained Baseline, level 1.0
        0xFF, // lengthSizeMinusOne 3
        0xE1, // one SPS
        0x00, 0x07, // its length
        0x67, 0x42, 0xC0, 0x0A, 0xDA, 0x35, 0x90, // 48×32: see SequenceParameterSetTests
        0x01, // one PPS
        0x00, 0x04, // its length
        0x68, 0xCE, 0x0F, 0x2C,
        0xAB, // an extension nobody knows
    ];

    [Fact]
    public void Parameter_sets_length_size_and_codec_are_told()
    {
        var configuration = AvcConfiguration.Parse(Record);
        Assert.Equal(4, configuration.LengthSize);
        Assert.Equal("avc1.42c00a", configuration.Codec);
        Assert.Equal([0x67, 0x42, 0xC0, 0x0A, 0xDA, 0x35, 0x90], Assert.Single(configuration.SequenceParameterSets).ToArray());
        Assert.Equal([0x68, 0xCE, 0x0F, 0x2C], Assert.Single(configuration.PictureParameterSets).ToArray());
        Assert.Equal((48, 32), (configuration.Sps.Width, configuration.Sps.Height));
        Assert.Equal(Record, configuration.Record.ToArray());
    }

    [Fact]
    public void Bytes_are_kept_when_the_buffer_they_came_in_is_used_again()
    {
        var buffer = (byte[])Record.Clone();
        var configuration = AvcConfiguration.Parse(buffer);
        buffer.AsSpan().Clear();
        Assert.Equal(AvcConfiguration.Parse(Record), configuration);
        Assert.Equal(AvcConfiguration.Parse(Record).GetHashCode(), configuration.GetHashCode());
    }

    [Fact]
    public void Another_byte_is_another_configuration()
    {
        var changed = (byte[])Record.Clone();
        changed[^1]++;
        Assert.NotEqual(AvcConfiguration.Parse(Record), AvcConfiguration.Parse(changed));
    }

    [Fact]
    public void Cut_off_anywhere_it_is_refused()
    {
        for (var length = 0; length < Record.Length - 1; length++)
        {
            Assert.Throws<SampleFormatException>(() => AvcConfiguration.Parse(Record.AsMemory(0, length)));
        }
    }

    [Theory]
    [InlineData(0, 2, "configurationVersion", 0)]
    [InlineData(4, 0xFE, "lengthSizeMinusOne", 4)] // 3 bytes
    [InlineData(5, 0xE0, "sequenceParameterSet", 6)] // none
    [InlineData(7, 0x00, "sequenceParameterSet", 6)] // an empty one
    [InlineData(8, 0x68, "sequenceParameterSet", 8)] // a PPS in its place
    [InlineData(15, 0x00, "pictureParameterSet", 16)] // none
    [InlineData(16, 0x01, "pictureParameterSet", 16)] // past the end
    public void A_wrong_byte_is_named(int position, byte value, string field, long offset)
    {
        var changed = (byte[])Record.Clone();
        changed[position] = value;
        var error = Assert.Throws<SampleFormatException>(() => AvcConfiguration.Parse(changed));
        Assert.Equal((field, offset), (error.Field, error.Offset));
    }

    [Fact]
    public void Parameter_sets_are_found_by_the_id_that_a_slice_names()
    {
        var one = EncodedPictures.Make("high", "cabac=0:level=4", 1).Configuration;
        var other = EncodedPictures.Make("high", "sps-id=5:cabac=1:level=5", 1).Configuration;
        var both = AvcConfiguration.Parse(Join([one, other], [one, other]));

        var sets = both.ParameterSetsNamed(5);
        Assert.Equal((5, 5, 50, true), (sets.Pps.Id, sets.Sps.Id, sets.Sps.LevelIdc, sets.Pps.IsCabac));
        sets = both.ParameterSetsNamed(0);
        Assert.Equal((0, 0, 40, false), (sets.Pps.Id, sets.Sps.Id, sets.Sps.LevelIdc, sets.Pps.IsCabac));
        Assert.Equal("pic_parameter_set_id", Assert.Throws<SampleFormatException>(() => both.ParameterSetsNamed(1)).Field);

        // A record of whose sets one is not there or broken goes on as before: only who asks for them is told.
        var half = AvcConfiguration.Parse(Join([one], [one, other]));
        Assert.Equal("seq_parameter_set_id", Assert.Throws<SampleFormatException>(() => half.ParameterSetsNamed(0)).Field);

        Assert.True(both.Holds(new NalUnit(one.SequenceParameterSets[0])) && both.Holds(new NalUnit(other.PictureParameterSets[0])));
        Assert.False(one.Holds(new NalUnit(other.PictureParameterSets[0])));

        static byte[] Join(AvcConfiguration[] sps, AvcConfiguration[] pps) =>
        [
            .. sps[0].Record.Span[..5],
            (byte)(0xE0 | sps.Length), .. sps.SelectMany(configuration => WithLength(configuration.SequenceParameterSets[0])),
            (byte)pps.Length, .. pps.SelectMany(configuration => WithLength(configuration.PictureParameterSets[0])),
        ];

        static byte[] WithLength(ReadOnlyMemory<byte> unit) => [0, (byte)unit.Length, .. unit.Span];
    }

    [Fact]
    public void Changed_bytes_of_a_real_record_parse_or_are_refused()
    {
        var real = EncodedMedia.Usual.Value.Video.Configuration.Record.ToArray();
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])real.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            Refusal.OfSample(() => AvcConfiguration.Parse(changed.AsMemory(0, random.Next(changed.Length + 1))));
        }
    }
}
