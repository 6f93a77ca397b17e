using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class NalUnitTests
{
    [Theory]
    [InlineData(1, new byte[] { 2, 0x65, 0xAA, 1, 0x06 })]
    [InlineData(2, new byte[] { 0, 2, 0x65, 0xAA, 0, 1, 0x06 })]
    [InlineData(4, new byte[] { 0, 0, 0, 2, 0x65, 0xAA, 0, 0, 0, 1, 0x06 })]
    public void Units_are_walked_whatever_the_size_of_their_lengths(int lengthSize, byte[] accessUnit)
    {
        var units = Walk(accessUnit, lengthSize);
        Assert.Equal([NalUnitType.IdrSlice, NalUnitType.SupplementalEnhancement], units.Select(unit => unit.Type));
        Assert.Equal([3, 0], units.Select(unit => unit.RefIdc));
        Assert.Equal([0x65, 0xAA], units[0].Bytes.ToArray());
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 }, 0)] // half a length
    [InlineData(new byte[] { 0, 0, 0, 0 }, 0)] // nothing in it
    [InlineData(new byte[] { 0, 0, 0, 1, 0x65, 0, 0, 0, 2, 0x65 }, 5)] // past the end
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x65 }, 0)] // past the end, and past 31 bits
    public void A_length_that_does_not_fit_is_refused_where_it_stands(byte[] accessUnit, long offset)
    {
        var error = Assert.Throws<SampleFormatException>(() => Walk(accessUnit, 4));
        Assert.Equal(offset, error.Offset);
    }

    [Theory]
    [InlineData(new byte[] { 0x67, 0, 0, 3, 1, 0, 0, 3 }, new byte[] { 0x67, 0, 0, 1, 0, 0 })]
    [InlineData(new byte[] { 0x67, 0, 0, 3, 0, 0, 3, 0 }, new byte[] { 0x67, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x67, 0, 3, 0, 3, 3 }, new byte[] { 0x67, 0, 3, 0, 3, 3 })]
    public void Emulation_prevention_bytes_are_taken_out(byte[] unit, byte[] payload) => Assert.Equal(payload, NalUnit.Unescape(unit));

    [Theory]
    [InlineData(new byte[] { 0x65, 0, 0, 1, 0, 0, 4 }, new byte[] { 0x65, 0, 0, 3, 1, 0, 0, 4 })]
    [InlineData(new byte[] { 0x65, 0, 0, 0, 0, 0, 3, 1 }, new byte[] { 0x65, 0, 0, 3, 0, 0, 3, 0, 3, 1 })]
    [InlineData(new byte[] { 0x65, 0x80, 0, 0 }, new byte[] { 0x65, 0x80, 0, 0, 3 })] // a cabac_zero_word
    public void Emulation_prevention_bytes_are_put_in(byte[] payload, byte[] unit) => Assert.Equal(unit, NalUnit.Escape(payload));

    [Fact]
    public void What_is_escaped_has_no_start_code_and_comes_back()
    {
        var random = new Random(13);
        for (var i = 0; i < 5_000; i++)
        {
            var payload = Enumerable.Range(0, random.Next(24)).Select(_ => (byte)random.Next(5)).ToArray();
            var unit = NalUnit.Escape(payload);
            Assert.Equal(payload, NalUnit.Unescape(unit));
            for (var value = 0; value <= 2; value++)
            {
                Assert.Equal(-1, unit.AsSpan().IndexOf([(byte)0, (byte)0, (byte)value]));
            }
        }
    }

    private static List<NalUnit> Walk(byte[] accessUnit, int lengthSize)
    {
        var units = new List<NalUnit>();
        foreach (var unit in NalUnit.Walk(accessUnit, lengthSize))
        {
            units.Add(unit);
        }

        return units;
    }
}
