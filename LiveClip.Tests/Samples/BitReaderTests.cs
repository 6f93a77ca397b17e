using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class BitReaderTests
{
    [Theory]
    [InlineData(0b1000_0000, 0, 0, 1)]
    [InlineData(0b0100_0000, 1, 1, 3)]
    [InlineData(0b0110_0000, 2, -1, 3)]
    [InlineData(0b0010_0000, 3, 2, 5)]
    [InlineData(0b0010_1000, 4, -2, 5)]
    [InlineData(0b0001_0010, 8, -4, 7)]
    public void Exp_Golomb_codes_are_those_of_table_9_2(byte bits, uint ue, int se, int length)
    {
        var reader = new BitReader([bits]);
        Assert.Equal(ue, reader.ReadUe("x"));
        Assert.Equal(length, reader.Position);
        Assert.Equal(se, new BitReader([bits]).ReadSe("x"));
    }

    [Fact]
    public void Longest_code_has_31_zeros()
    {
        Assert.Equal(uint.MaxValue - 1, new BitReader([0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE]).ReadUe("x"));

        var error = Assert.Throws<SampleFormatException>(() => new BitReader([0, 0, 0, 0, 0x80, 0, 0, 0, 0]).ReadUe("x"));
        Assert.Equal("x at byte 4: an Exp-Golomb code of more than 32 bits", error.Message);
    }

    [Fact]
    public void Fields_cross_bytes()
    {
        var reader = new BitReader([0b1010_1100, 0x12, 0x34, 0x56, 0x78, 0xFF]);
        Assert.Equal(0b1010u, reader.ReadBits(4, "x"));
        Assert.Equal(0xC1234567u, reader.ReadBits(32, "x"));
        Assert.Equal(0x8u, reader.ReadBits(4, "x"));
        Assert.Equal(0u, reader.ReadBits(0, "x"));
        Assert.Equal(8, reader.Remaining);
    }

    [Fact]
    public void End_of_the_bytes_names_the_element()
    {
        var error = Assert.Throws<SampleFormatException>(() =>
        {
            var reader = new BitReader([0xFF, 0xFF]);
            reader.ReadBits(9, "profile_idc");
            reader.ReadBits(8, "level_idc");
        });
        Assert.Equal(("level_idc", 1L), (error.Field, error.Offset));
    }
}
