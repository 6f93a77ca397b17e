using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class ChunkReaderTests
{
    private static readonly byte[] FourHeaderTypes =
    [
        0x04,                     // fmt 0, chunk stream 4
        0x00, 0x03, 0xE8,         // timestamp 1000
        0x00, 0x00, 0x02,         // length
        0x08,                     // audio
        0x01, 0x00, 0x00, 0x00,   // message stream 1
        0xA1, 0xA2,
        0x44,                     // fmt 1
        0x00, 0x00, 0x17,         // delta 23
        0x00, 0x00, 0x01,         // length
        0x12,                     // data
        0xB1,
        0x84,                     // fmt 2
        0x00, 0x00, 0x15,         // delta 21
        0xC1,
        0xC4,                     // fmt 3: delta 21 again
        0xD1,
    ];

    private static readonly byte[] ExtendedTimestamps =
    [
        0x06,                     // fmt 0, chunk stream 6
        0xFF, 0xFF, 0xFF,         // extended
        0x00, 0x00, 0x01,         // length
        0x09,                     // video
        0x01, 0x00, 0x00, 0x00,   // message stream 1
        0xFF, 0xFF, 0xFF, 0xF0,   // timestamp 2^32 - 16
        0xA1,
        0x46,                     // fmt 1
        0x00, 0x00, 0x28,         // delta 40: wraps to 24
        0x00, 0x00, 0x01,         // length
        0x09,                     // video
        0xB1,
        0x86,                     // fmt 2
        0xFF, 0xFF, 0xFF,         // extended
        0xFF, 0xFF, 0xFF, 0xFE,   // delta -2, not timestamp 2^32 - 2
        0xC1,
        0x46,                     // fmt 1
        0xFF, 0xFF, 0xFF,         // extended
        0x00, 0x00, 0x01,         // length
        0x09,                     // video
        0x01, 0x00, 0x00, 0x00,   // delta 2^24
        0xD1,
    ];

    [Fact]
    public void Header_types_0_to_3_inherit_what_they_leave_out()
    {
        var messages = ChunkFeed.ReadAll(FourHeaderTypes);

        Assert.Equal([1000u, 1023, 1044, 1065], messages.Select(m => m.Timestamp));
        Assert.Equal([8, 18, 18, 18], messages.Select(m => (int)m.Type));
        Assert.Equal(["A1A2", "B1", "C1", "D1"], messages.Select(Hex));
        Assert.All(messages, m => Assert.Equal(1u, m.MessageStreamId));
    }

    [Fact]
    public void Extended_timestamp_is_absolute_in_type_0_and_a_delta_in_types_1_and_2()
    {
        var messages = ChunkFeed.ReadAll(ExtendedTimestamps);

        Assert.Equal([0xFFFFFFF0u, 24, 22, 22 + (1u << 24)], messages.Select(m => m.Timestamp));
    }

    [Fact]
    public void Type_3_header_after_type_0_takes_its_timestamp_as_delta()
    {
        var messages = ChunkFeed.ReadAll(
            0x04, 0, 0, 40, 0, 0, 1, 0x08, 1, 0, 0, 0, 0xA1,   // fmt 0, timestamp 40
            0xC4, 0xB1);                                       // fmt 3, a message of its own

        Assert.Equal([40u, 80], messages.Select(m => m.Timestamp));
    }

    [Fact]
    public void Type_1_header_may_open_a_chunk_stream()
    {
        var message = Assert.Single(ChunkFeed.ReadAll(0x44, 0, 0, 7, 0, 0, 1, 0x08, 0xA1));

        Assert.Equal(7u, message.Timestamp);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Type_3_headers_may_or_may_not_repeat_the_extended_timestamp(bool repeats)
    {
        byte[] repeated = repeats ? [0x01, 0x00, 0x00, 0x05] : [];
        byte[] chunks =
        [
            0x06, 0xFF, 0xFF, 0xFF, 0, 0, 200, 0x09, 1, 0, 0, 0, 0x01, 0x00, 0x00, 0x05, .. Enumerable.Repeat((byte)0xAA, 128),
            0xC6, .. repeated, .. Enumerable.Repeat((byte)0xBB, 72),
            0xC6, .. repeated, .. Enumerable.Repeat((byte)0xCC, 128),    // the next message, same delta
            0xC6, .. repeated, .. Enumerable.Repeat((byte)0xDD, 72),
        ];

        var messages = ChunkFeed.ReadAll(chunks);

        Assert.Equal([0x01000005u, 0x0200000A], messages.Select(m => m.Timestamp));
        Assert.Equal(new string('A', 256) + new string('B', 144), Hex(messages[0]));
        Assert.Equal(new string('C', 256) + new string('D', 144), Hex(messages[1]));
    }

    [Fact]
    public void Continuation_may_repeat_the_absolute_timestamp_instead_of_an_extended_delta()
    {
        byte[] chunks =
        [
            0x06, 0x00, 0x00, 0x10, 0, 0, 1, 0x09, 1, 0, 0, 0, 0xA1,                                                       // timestamp 16
            0x46, 0xFF, 0xFF, 0xFF, 0, 0, 130, 0x09, 0x01, 0x00, 0x00, 0x00, .. Enumerable.Repeat((byte)0xBB, 128),         // delta 2^24
            0xC6, 0x01, 0x00, 0x00, 0x10, 0xCC, 0xCC,                                                                      // 16 + 2^24
        ];

        var messages = ChunkFeed.ReadAll(chunks);

        Assert.Equal(new string('B', 256) + "CCCC", Hex(messages[1]));
    }

    [Theory]
    [InlineData(64, new byte[] { 0x00, 0x00 })]
    [InlineData(319, new byte[] { 0x00, 0xFF })]
    [InlineData(320, new byte[] { 0x01, 0x00, 0x01 })]
    [InlineData(65599, new byte[] { 0x01, 0xFF, 0xFF })]
    public void Chunk_stream_ids_take_one_two_or_three_bytes(int id, byte[] basicHeader)
    {
        byte[] type3 = [.. basicHeader];
        type3[0] |= 0xC0;

        var messages = ChunkFeed.ReadAll([.. basicHeader, 0, 0, 5, 0, 0, 1, 0x08, 1, 0, 0, 0, 0xA1, .. type3, 0xB1]);

        Assert.True(messages.Count == 2, $"chunk stream {id}");
    }

    [Fact]
    public void Messages_of_two_chunk_streams_may_be_interleaved()
    {
        byte[] chunks =
        [
            0x06, 0, 0, 9, 0, 0, 130, 0x09, 1, 0, 0, 0, .. Enumerable.Repeat((byte)0xAA, 128),
            0x04, 0, 0, 8, 0, 0, 1, 0x08, 1, 0, 0, 0, 0xB1,
            0xC6, 0xCC, 0xCC,
        ];

        var messages = ChunkFeed.ReadAll(chunks);

        Assert.Equal([RtmpMessageType.Audio, RtmpMessageType.Video], messages.Select(m => m.Type));
        Assert.Equal(new string('A', 256) + "CCCC", Hex(messages[1]));
    }

    [Fact]
    public void Set_chunk_size_holds_from_the_next_chunk_on()
    {
        byte[] chunks =
        [
            0x06, 0, 0, 9, 0, 0, 200, 0x09, 1, 0, 0, 0, .. new byte[128],
            0x02, 0, 0, 0, 0, 0, 4, 0x01, 0, 0, 0, 0, 0x00, 0x00, 0x10, 0x00,   // Set Chunk Size 4096
            0xC6, .. new byte[72],
            0x06, 0, 0, 9, 0, 0x10, 0, 0x09, 1, 0, 0, 0, .. new byte[4096],
        ];

        Assert.Equal([200, 4096], ChunkFeed.ReadAll(chunks).Select(m => m.Payload.Length));
    }

    [Fact]
    public void Abort_drops_the_unfinished_message()
    {
        byte[] chunks =
        [
            0x06, 0, 0, 9, 0, 0, 200, 0x09, 1, 0, 0, 0, .. new byte[128],
            0x02, 0, 0, 0, 0, 0, 4, 0x02, 0, 0, 0, 0, 0, 0, 0, 6,   // Abort chunk stream 6
            0x06, 0, 0, 10, 0, 0, 1, 0x09, 1, 0, 0, 0, 0xA1,
        ];

        Assert.Equal("A1", Hex(Assert.Single(ChunkFeed.ReadAll(chunks))));
    }

    [Fact]
    public void Cut_at_any_byte_it_waits_and_then_goes_on()
    {
        byte[] stream = [.. FourHeaderTypes, .. ExtendedTimestamps];
        var whole = ChunkFeed.ReadAll(stream).Select(Describe).ToList();

        for (var cut = 0; cut <= stream.Length; cut++)
        {
            var feed = new ChunkFeed();
            feed.Add(stream.AsMemory(0, cut));
            feed.Add(stream.AsMemory(cut));
            Assert.Equal(whole, feed.Messages.Select(Describe));
            Assert.Equal((ulong)stream.Length, feed.Reader.BytesRead);
        }

        var drops = new ChunkFeed();
        foreach (var b in stream)
        {
            drops.Add(new[] { b });
        }

        Assert.Equal(whole, drops.Messages.Select(Describe));
    }

    [Fact]
    public void A_message_of_no_bytes_needs_no_payload()
    {
        Assert.Equal("", Hex(Assert.Single(ChunkFeed.ReadAll(0x06, 0, 0, 9, 0, 0, 0, 0x09, 1, 0, 0, 0))));
    }

    private static string Hex(RtmpMessage message) => Convert.ToHexString(message.Payload.Span);

    private static string Describe(RtmpMessage message) => $"{message.Type} {message.Timestamp} {message.MessageStreamId} {Hex(message)}";
}
