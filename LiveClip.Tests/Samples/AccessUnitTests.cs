using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class AccessUnitTests
{
    [Theory]
    [InlineData(4, "00000002 6188", "00000002 6188", false)]
    [InlineData(4, "00000001 09 00000002 6588", "00000001 09 00000002 6588", true)]
    [InlineData(4, "00000000 00000002 6188", "00000002 6188", false)]                    // an empty unit first,
    [InlineData(4, "00000001 09 00000000 00000002 6588", "00000001 09 00000002 6588", true)] // between
    [InlineData(4, "00000002 6188 00000000 000000", "00000002 6188", false)]             // and behind, and less than a length
    [InlineData(2, "0001 09 0000 0002 6188 00", "0001 09 0002 6188", false)]
    [InlineData(1, "01 09 00 02 6588", "01 09 02 6588", true)]
    public void Empty_units_are_taken_out_and_the_others_stay_as_they_are(int lengthSize, string data, string kept, bool isIdr)
    {
        var sent = Bytes(data);
        var picture = AccessUnit.Parse(sent, lengthSize);
        Assert.Equal(Convert.ToHexString(Bytes(kept)), Convert.ToHexString(picture.Data.Span));
        Assert.Equal((isIdr, data != kept), (picture.IsIdr, picture.WasMended));
        Assert.Equal(data == kept, picture.Data.Equals((ReadOnlyMemory<byte>)sent)); // nothing is copied without need
    }

    [Theory]
    [InlineData(4, "00000003 6188", "is 3, with 2 bytes left")]
    [InlineData(4, "FFFFFFFF 6188", "is 4294967295, with 2 bytes left")]
    [InlineData(4, "00000001 09 0001", "needs 4 bytes, has 2")]
    [InlineData(4, "00000000 00000000", "no NAL unit in 8 bytes")]
    [InlineData(4, "000000", "no NAL unit in 3 bytes")]
    public void Units_that_do_not_fill_their_picture_are_refused(int lengthSize, string data, string what)
    {
        var error = Assert.Throws<SampleFormatException>(() => AccessUnit.Parse(Bytes(data), lengthSize));
        Assert.EndsWith(what, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
