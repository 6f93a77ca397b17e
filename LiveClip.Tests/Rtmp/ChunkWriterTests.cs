using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class ChunkWriterTests
{
    [Fact]
    public void Message_begins_with_type_0_and_continues_with_type_3()
    {
        var output = new ArrayBufferWriter<byte>();

        new ChunkWriter(output).Write(Video(timestamp: 0x010203, Enumerable.Repeat((byte)0xAA, 130)));

        byte[] expected =
        [
            0x06,                       // fmt 0, chunk stream 6
            0x01, 0x02, 0x03,           // timestamp
            0x00, 0x00, 0x82,           // length
            0x09,                       // video
            0x01, 0x00, 0x00, 0x00,     // message stream
            .. Enumerable.Repeat((byte)0xAA, 128),
            0xC6,                       // fmt 3
            0xAA, 0xAA,
        ];
        Assert.Equal(expected, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Extended_timestamp_stands_in_every_chunk()
    {
        var output = new ArrayBufferWriter<byte>();

        new ChunkWriter(output).Write(Video(timestamp: 0xFFFFFF, Enumerable.Repeat((byte)0xAA, 130)));

        byte[] expected =
        [
            0x06,                       // fmt 0, chunk stream 6
            0xFF, 0xFF, 0xFF,           // extended
            0x00, 0x00, 0x82,           // length
            0x09,                       // video
            0x01, 0x00, 0x00, 0x00,     // message stream
            0x00, 0xFF, 0xFF, 0xFF,     // extended timestamp
            .. Enumerable.Repeat((byte)0xAA, 128),
            0xC6,                       // fmt 3
            0x00, 0xFF, 0xFF, 0xFF,     // extended timestamp
            0xAA, 0xAA,
        ];
        Assert.Equal(expected, output.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData(0x00FFFFFFu - 5_000)]
    [InlineData(0x80000000u - 10_000)]
    [InlineData(0xFFFFFFFFu - 10_000)]
    public void A_minute_across_a_limit_of_the_timestamp_loses_nothing(uint start)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ChunkWriter(output);
        var expected = Enumerable.Range(0, 60 * 25).Select(picture => unchecked(start + (uint)picture * 40)).ToList();
        foreach (var timestamp in expected)
        {
            writer.Write(Video(timestamp, new byte[500]));
        }

        Assert.Equal(expected, ChunkFeed.ReadAll(output.WrittenSpan.ToArray()).Select(m => m.Timestamp));
    }

    [Fact]
    public void Whatever_is_written_is_read_back_however_it_is_cut()
    {
        var types = new[]
        {
            RtmpMessageType.Audio, RtmpMessageType.Video, RtmpMessageType.DataAmf0, RtmpMessageType.CommandAmf0,
            RtmpMessageType.UserControl,
        };
        var messages =
            from type in Gen.Elements(types)
            from timestamp in Gen.OneOf(
                Gen.Choose(0, 100_000).Select(t => (uint)t),
                Gen.Choose(-2, 2).Select(d => (uint)(0xFFFFFF + d)),
                Gen.Choose(int.MinValue, int.MaxValue).Select(t => unchecked((uint)t)))
            from messageStreamId in Gen.Choose(0, 3)
            from length in Gen.OneOf(Gen.Choose(0, 10), Gen.Choose(100, 300), Gen.Choose(4000, 9000))
            from seed in Gen.Choose(0, int.MaxValue)
            select Message(type, timestamp, (uint)messageStreamId, length, seed);
        var cases =
            from list in messages.ListOf()
            from chunkSize in Gen.Choose(128, 5000)
            from pieces in Gen.NonEmptyListOf(Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 3000)))
            select new Case([.. list], chunkSize, [.. pieces]);

        Prop.ForAll(cases.ToArbitrary(), (Case c) =>
        {
            var output = new ArrayBufferWriter<byte>();
            var writer = new ChunkWriter(output);
            writer.SetChunkSize(c.ChunkSize);
            foreach (var message in c.Messages)
            {
                writer.Write(message);
            }

            var feed = new ChunkFeed();
            var position = 0;
            for (var i = 0; position < output.WrittenCount; i++)
            {
                var size = Math.Min(c.Pieces[i % c.Pieces.Count], output.WrittenCount - position);
                feed.Add(output.WrittenMemory.Slice(position, size));
                position += size;
            }

            Assert.Equal(c.Messages.Select(Describe), feed.Messages.Select(Describe));
        }).QuickCheckThrowOnFailure();
    }

    private static RtmpMessage Video(uint timestamp, IEnumerable<byte> payload) => new()
    {
        Type = RtmpMessageType.Video,
        Timestamp = timestamp,
        MessageStreamId = 1,
        Payload = payload.ToArray(),
    };

    private static RtmpMessage Message(RtmpMessageType type, uint timestamp, uint messageStreamId, int length, int seed)
    {
        var payload = new byte[length];
        new Random(seed).NextBytes(payload);
        return new RtmpMessage { Type = type, Timestamp = timestamp, MessageStreamId = messageStreamId, Payload = payload };
    }

    private static string Describe(RtmpMessage message) =>
        $"{message.Type} {message.Timestamp} {message.MessageStreamId} {Convert.ToHexString(message.Payload.Span)}";

    private sealed record Case(List<RtmpMessage> Messages, int ChunkSize, List<int> Pieces);
}
