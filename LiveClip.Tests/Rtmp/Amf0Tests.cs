using System.Buffers;
using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class Amf0Tests
{
    private static readonly byte[] EveryType =
    [
        0x00, 0x40, 0x59, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,     // number 100
        0x01, 0x01,                                               // boolean true
        0x02, 0x00, 0x02, 0x68, 0x69,                             // string "hi"
        0x03,                                                     // object
        0x00, 0x01, 0x61, 0x05,                                   //   a: null
        0x00, 0x00, 0x09,                                         // object end
        0x05,                                                     // null
        0x06,                                                     // undefined
        0x08, 0x00, 0x00, 0x00, 0x00,                             // ECMA array; its count is not to be trusted
        0x00, 0x01, 0x62, 0x01, 0x00,                             //   b: false
        0x00, 0x00, 0x09,                                         // object end
        0x0A, 0x00, 0x00, 0x00, 0x02,                             // strict array of 2
        0x05,                                                     //   null
        0x02, 0x00, 0x00,                                         //   ""
        0x0B, 0x42, 0x6D, 0x1A, 0x94, 0xA2, 0x00, 0x00, 0x00,     // date 1 000 000 000 000 ms
        0x00, 0x00,                                               //   time zone
        0x0C, 0x00, 0x00, 0x00, 0x01, 0x7A,                       // long string "z"
    ];

    [Fact]
    public void Every_type_is_read()
    {
        var values = Amf0.ReadAll(EveryType, RtmpLimits.Default);

        Assert.Equal(10, values.Count);
        Assert.Equal(100.0, values[0]);
        Assert.Equal(true, values[1]);
        Assert.Equal("hi", values[2]);
        Assert.Equal(("a", null), OnlyProperty(values[3]));
        Assert.Null(values[4]);
        Assert.Null(values[5]);
        Assert.Equal(("b", false), OnlyProperty(values[6]));
        Assert.Equal([null, ""], Assert.IsType<IReadOnlyList<object?>>(values[7], exactMatch: false));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_000_000_000_000), values[8]);
        Assert.Equal("z", values[9]);
    }

    [Fact]
    public void Values_are_written_as_the_specification_draws_them()
    {
        var output = new ArrayBufferWriter<byte>();
        object?[] values =
        [
            100.0, true, "hi", new OrderedDictionary<string, object?> { ["a"] = null }, null, new object?[] { null, "" },
            DateTimeOffset.FromUnixTimeMilliseconds(1_000_000_000_000),
        ];
        foreach (var value in values)
        {
            Amf0.Write(output, value);
        }

        byte[] expected =
        [
            0x00, 0x40, 0x59, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,     // number 100
            0x01, 0x01,                                               // boolean true
            0x02, 0x00, 0x02, 0x68, 0x69,                             // string "hi"
            0x03, 0x00, 0x01, 0x61, 0x05, 0x00, 0x00, 0x09,           // object { a: null }
            0x05,                                                     // null
            0x0A, 0x00, 0x00, 0x00, 0x02, 0x05, 0x02, 0x00, 0x00,     // strict array [null, ""]
            0x0B, 0x42, 0x6D, 0x1A, 0x94, 0xA2, 0x00, 0x00, 0x00, 0x00, 0x00,   // date
        ];
        Assert.Equal(expected, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void A_string_past_65535_bytes_is_a_long_string()
    {
        var output = new ArrayBufferWriter<byte>();
        var text = new string('x', 65536);

        Amf0.Write(output, text);

        Assert.Equal([0x0C, 0x00, 0x01, 0x00, 0x00], output.WrittenSpan[..5].ToArray());
        Assert.Equal(text, Assert.Single(Amf0.ReadAll(output.WrittenSpan, RtmpLimits.Default)));
    }

    [Fact]
    public void Cut_at_any_byte_it_is_whole_values_or_refused()
    {
        for (var cut = 0; cut < EveryType.Length; cut++)
        {
            try
            {
                Assert.True(Amf0.ReadAll(EveryType.AsSpan(0, cut), RtmpLimits.Default).Count < 10);
            }
            catch (RtmpProtocolException error)
            {
                Assert.StartsWith("AMF0 byte ", error.Where, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    [InlineData(70_000, false)]
    public void Arrays_inside_each_other_are_limited(int depth, bool accepted)
    {
        byte[] nested = [.. Enumerable.Repeat<byte[]>([0x0A, 0x00, 0x00, 0x00, 0x01], depth).SelectMany(b => b), 0x05];

        var error = Record.Exception(() => Amf0.ReadAll(nested, RtmpLimits.Default));

        Assert.Equal(accepted, error is null);
        Assert.True(error is null or RtmpProtocolException);
    }

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, false)]
    public void The_number_of_values_is_limited(int count, bool accepted)
    {
        byte[] array = [0x0A, 0x00, 0x00, (byte)(count >> 8), (byte)count, .. Enumerable.Repeat((byte)0x05, count)];

        var error = Record.Exception(() => Amf0.ReadAll(array, RtmpLimits.Default));

        Assert.Equal(accepted, error is null);
    }

    [Theory]
    [InlineData(new byte[] { 0x0C, 0xFF, 0xFF, 0xFF, 0xFF, 0x41 })]     // a string of 4 GiB
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x05 })]     // an array of 2^32 - 1
    [InlineData(new byte[] { 0x02, 0x00, 0x05, 0x41 })]                 // a string longer than the payload
    [InlineData(new byte[] { 0x07, 0x00, 0x00 })]                       // a reference
    [InlineData(new byte[] { 0x11, 0x01 })]                             // AMF3
    [InlineData(new byte[] { 0x09 })]                                   // an end without an object
    [InlineData(new byte[] { 0x0B, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0, 0, 0 })] // the date NaN
    public void What_is_not_valid_is_refused(byte[] payload)
    {
        Assert.Throws<RtmpProtocolException>(() => Amf0.ReadAll(payload, RtmpLimits.Default));
    }

    private static (string Name, object? Value) OnlyProperty(object? value)
    {
        var property = Assert.Single(Assert.IsType<OrderedDictionary<string, object?>>(value));
        return (property.Key, property.Value);
    }
}
