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

    [Theory]
    [InlineData("00000002 6588", true)]                                  // an IDR picture
    [InlineData("00000005 0606018480 00000002 6188", true)]              // a recovery point after 0 pictures, and an I slice (of only I)
    [InlineData("00000005 0606018480 00000002 61B0", true)]              // an I slice
    [InlineData("00000002 6188", false)]                                 // one that says nothing
    [InlineData("00000005 0606012C80 00000002 6188", false)]             // a recovery point after 4 pictures: intra refresh
    [InlineData("00000005 0606018480 00000002 619A", false)]             // before a P slice
    [InlineData("00000005 0606018480 00000002 6188 00000002 619A", false)] // before an I and a P slice
    [InlineData("00000008 060501AA06018480 00000002 6188", true)]        // behind another message
    [InlineData("0000000B 060504AA06018406010480 00000002 6188", false)] // behind one that holds what looks like it
    [InlineData("0000000A 06FF00010000030584 80 00000002 6188", false)]  // cut short
    [InlineData("00000002 0606 00000002 6188", false)]
    [InlineData("00000005 0606018480", false)]                           // no slice
    [InlineData("00000005 0606018480 00000001 61", false)]               // nothing in it
    [InlineData("00000005 0606018480 00000009 610000030000030001", false)] // no code that ends
    [InlineData("00000005 0606018480 00000005 6100003FC8", false)]       // the 8,191st macroblock, P
    [InlineData("00000005 0606018480 00000006 610000030120", false)]
    public void Decoding_may_begin_at_an_IDR_picture_or_an_intra_picture_that_promises_it(string data, bool isRandomAccess)
    {
        var picture = AccessUnit.Parse(Bytes(data), 4);
        Assert.Equal(isRandomAccess, picture.IsRandomAccess);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
