using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class BitWriterTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var random = new Random(11);
        var values = Enumerable.Range(0, 3_000)
            .Select(i => (Bits: i % 33, Value: (uint)(random.NextInt64() & ((1L << i % 33) - 1))))
            .ToList();
        var writer = new BitWriter(0);
        foreach (var (bits, value) in values)
        {
            writer.WriteBits(value, bits);
            writer.WriteUe(value / 2);
            writer.WriteSe((int)(value / 2));
            writer.WriteSe(-(int)(value / 2));
            writer.WriteFlag(value % 2 == 1);
        }

        var reader = new BitReader(writer.ToArray());
        foreach (var (bits, value) in values)
        {
            Assert.Equal(value, reader.ReadBits(bits, "x"));
            Assert.Equal(value / 2, reader.ReadUe("x"));
            Assert.Equal((int)(value / 2), reader.ReadSe("x"));
            Assert.Equal(-(int)(value / 2), reader.ReadSe("x"));
            Assert.Equal(value % 2 == 1, reader.ReadFlag("x"));
        }
    }

    [Fact]
    public void A_value_that_does_not_fit_is_not_written()
    {
        var writer = new BitWriter(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.WriteBits(16, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.WriteBits(0, 33));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.WriteUe(uint.MaxValue));
        Assert.Throws<OverflowException>(() => writer.WriteUe(-1));
    }

    [Fact]
    public void Copied_bits_go_from_any_place_to_any_other()
    {
        var source = new byte[6];
        new Random(12).NextBytes(source);
        var bits = string.Concat(source.Select(value => Convert.ToString(value, 2).PadLeft(8, '0')));
        for (var before = 0; before < 9; before++)
        {
            for (var from = 0; from <= 48; from++)
            {
                for (var to = from; to <= 48; to++)
                {
                    var writer = new BitWriter(1);
                    writer.WriteBits(0, before);
                    writer.Copy(source, from, to);
                    writer.Align(withOnes: true);
                    var expected = new string('0', before) + bits[from..to];
                    expected = expected.PadRight((expected.Length + 7) / 8 * 8, '1');
                    Assert.Equal(expected, string.Concat(writer.ToArray().Select(value => Convert.ToString(value, 2).PadLeft(8, '0'))));
                }
            }
        }
    }
}
