using LiveClip.Core.Mp4;
using Xunit;

namespace LiveClip.Tests.Mp4;

public class BoxWriterTests
{
    [Fact]
    public void Nested_boxes_get_their_sizes_when_their_scopes_end()
    {
        var writer = new BoxWriter(capacity: 1);
        using (writer.Box(BoxType.Moof))
        using (writer.FullBox(BoxType.Mfhd, version: 1, flags: 0x020304))
        {
            writer.WriteUInt32(7);
        }

        byte[] expected =
        [
            0x00, 0x00, 0x00, 0x18, // size of moof
            (byte)'m', (byte)'o', (byte)'o', (byte)'f',
            0x00, 0x00, 0x00, 0x10, // size of mfhd
            (byte)'m', (byte)'f', (byte)'h', (byte)'d',
            0x01, 0x02, 0x03, 0x04, // version, flags
            0x00, 0x00, 0x00, 0x07, // sequence_number
        ];
        Assert.Equal(expected, writer.ToArray());
    }

    [Fact]
    public void Numbers_are_big_endian()
    {
        var writer = new BoxWriter();
        writer.WriteUInt8(0x01);
        writer.WriteUInt16(0x0203);
        writer.WriteInt16(-2);
        writer.WriteInt32(-3);
        writer.WriteUInt64(0x0405060708090A0B);
        writer.WriteInt64(-4);
        writer.WriteGuid(new Guid("00112233-4455-6677-8899-aabbccddeeff"));
        writer.WriteZeros(1);

        byte[] expected =
        [
            0x01,
            0x02, 0x03,
            0xFF, 0xFE,
            0xFF, 0xFF, 0xFF, 0xFD,
            0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
            0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
            0x00,
        ];
        Assert.Equal(expected, writer.ToArray());
    }
}
