using LiveClip.Core.Mp4;
using Xunit;

namespace LiveClip.Tests.Mp4;

public class BoxReaderTests
{
    private static readonly byte[] File =
    [
        0x00, 0x00, 0x00, 0x01, (byte)'m', (byte)'o', (byte)'o', (byte)'f', // largesize follows
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1C, // largesize
        0x00, 0x00, 0x00, 0x0C, (byte)'m', (byte)'f', (byte)'h', (byte)'d', 0x00, 0x00, 0x00, 0x2A,
        0x00, 0x00, 0x00, 0x00, (byte)'m', (byte)'d', (byte)'a', (byte)'t', // to the end of the file
        0x01, 0x02, 0x03,
    ];

    [Fact]
    public void Boxes_of_every_kind_of_size_are_walked_and_know_their_place_in_the_file()
    {
        var reader = new BoxReader(File, offset: 1000);

        Assert.True(reader.TryReadBox(out var moof));
        Assert.Equal((BoxType.Moof, 1016L), (moof.Type, moof.Offset));
        var mfhd = moof.Find(BoxType.Mfhd);
        Assert.Equal(1024, mfhd.Offset);
        Assert.Equal(42u, mfhd.ReadUInt32());

        Assert.True(reader.TryReadBox(out var mdat));
        Assert.Equal((BoxType.Mdat, 1036L, 3), (mdat.Type, mdat.Offset, mdat.Remaining));
        Assert.False(reader.TryReadBox(out _));
    }

    [Fact]
    public void A_field_past_the_end_of_its_box_names_box_and_byte()
    {
        var error = Assert.Throws<Mp4FormatException>(() =>
        {
            var mfhd = new BoxReader(File).Find(BoxType.Moof).Find(BoxType.Mfhd);
            mfhd.Skip(2);
            mfhd.ReadUInt32();
        });

        Assert.Equal((BoxType.Mfhd, 26L), (error.Box, error.Offset));
        Assert.Equal("mfhd at byte 26: needs 4 bytes, has 2", error.Message);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 7, 1, 2, 3, 4 })] // smaller than its header
    [InlineData(new byte[] { 0, 0, 0, 9, 1, 2, 3, 4 })] // larger than what is there
    [InlineData(new byte[] { 0, 0, 0, 8, 1, 2, 3 })] // half a header
    [InlineData(new byte[] { 0, 0, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0 })] // half a largesize
    [InlineData(new byte[] { 0, 0, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0 })] // largesize 0
    [InlineData(new byte[] { 0, 0, 0, 1, 1, 2, 3, 4, 0xFF, 0, 0, 0, 0, 0, 0, 0 })] // largesize past 63 bits
    public void A_box_that_does_not_fit_is_refused(byte[] bytes) =>
        Assert.Throws<Mp4FormatException>(() => new BoxReader(bytes).TryReadBox(out _));

    [Fact]
    public void Types_are_shown_as_letters_or_in_hexadecimal()
    {
        Assert.Equal("url ", BoxType.Url.ToString());
        Assert.Equal("0x00010203", new BoxType(0x00010203).ToString());
    }
}
