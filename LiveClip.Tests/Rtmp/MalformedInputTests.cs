using System.Buffers;
using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class MalformedInputTests
{
    [Fact]
    public void A_chunk_stream_cannot_begin_with_a_type_2_or_3_header()
    {
        AssertRefused("which needs one before it", 0x84, 0, 0, 1);
        AssertRefused("which needs one before it", 0xC4);
    }

    [Fact]
    public void The_length_cannot_change_inside_a_message()
    {
        AssertRefused("changes from 200 to 201",
            [0x06, 0, 0, 9, 0, 0, 200, 0x09, 1, 0, 0, 0, .. new byte[128], 0x46, 0, 0, 0, 0, 0, 201, 0x09]);
    }

    [Theory]
    [InlineData(127u)]
    [InlineData(0u)]
    [InlineData(0x80000000u)]
    public void A_chunk_size_out_of_range_is_refused(uint size)
    {
        AssertRefused("Set Chunk Size",
            0x02, 0, 0, 0, 0, 0, 4, 0x01, 0, 0, 0, 0, (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size);
    }

    [Fact]
    public void A_control_message_without_its_value_is_refused()
    {
        AssertRefused("not 4", 0x02, 0, 0, 0, 0, 0, 3, 0x01, 0, 0, 0, 0, 0, 0, 0);
    }

    [Theory]
    [InlineData(false, RtmpMessageType.CommandAmf0, 64 * 1024, true)]
    [InlineData(false, RtmpMessageType.CommandAmf0, 64 * 1024 + 1, false)]
    [InlineData(false, RtmpMessageType.Video, 64 * 1024 + 1, false)]
    [InlineData(true, RtmpMessageType.Video, 10 * 1024 * 1024, true)]
    [InlineData(true, RtmpMessageType.Video, 10 * 1024 * 1024 + 1, false)]
    [InlineData(true, RtmpMessageType.DataAmf0, 256 * 1024, true)]
    [InlineData(true, RtmpMessageType.DataAmf0, 256 * 1024 + 1, false)]
    public void A_message_past_its_limit_is_refused_at_its_header(bool afterPublish, RtmpMessageType type, int length, bool accepted)
    {
        var reader = new ChunkReader(RtmpLimits.Default) { AcceptsMedia = afterPublish };
        var header = new ReadOnlySequence<byte>(
            [0x06, 0, 0, 0, (byte)(length >> 16), (byte)(length >> 8), (byte)length, (byte)type, 1, 0, 0, 0]);

        var error = Record.Exception(() => reader.TryRead(ref header, out _));

        Assert.Equal(accepted, error is null);
        Assert.True(error is null or RtmpProtocolException);
    }

    [Fact]
    public void Memory_follows_the_bytes_received_not_the_length_announced()
    {
        var reader = new ChunkReader(RtmpLimits.Default) { AcceptsMedia = true };
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (byte id = 3; id < 19; id++)
        {
            var header = new ReadOnlySequence<byte>([id, 0, 0, 0, 0x9F, 0xFF, 0xFF, 0x09, 1, 0, 0, 0, .. new byte[128]]);
            Assert.False(reader.TryRead(ref header, out _));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 70 * 1024);
    }

    [Fact]
    public void Unfinished_messages_are_limited_in_number()
    {
        var chunks = Enumerable.Range(3, 17)
            .SelectMany(id => (byte[])[(byte)id, 0, 0, 0, 0, 0, 200, 0x09, 1, 0, 0, 0, .. new byte[128]]).ToArray();

        _ = ChunkFeed.ReadAll(chunks[..(16 * 140)]);
        AssertRefused("more than 16 chunk streams hold an unfinished message", chunks);
    }

    [Fact]
    public void Unfinished_messages_are_limited_in_memory()
    {
        byte[] bytes =
        [
            0x02, 0, 0, 0, 0, 0, 4, 0x01, 0, 0, 0, 0, 0x00, 0x90, 0x00, 0x00,      // Set Chunk Size 9 MiB
            0x06, 0, 0, 0, 0x9F, 0xFF, 0xFF, 0x09, 1, 0, 0, 0, .. new byte[0x900000],
            0x07, 0, 0, 0, 0x9F, 0xFF, 0xFF, 0x09, 1, 0, 0, 0, .. new byte[0x900000],
        ];

        AssertRefused("unfinished messages hold more than 16777216 bytes", bytes);
    }

    [Fact]
    public void Chunk_streams_are_limited_in_number()
    {
        var chunks = Enumerable.Range(0, 1025)
            .SelectMany(id => (byte[])[0x01, (byte)id, (byte)(id >> 8), 0, 0, 0, 0, 0, 0, 0x09, 1, 0, 0, 0]).ToArray();

        AssertRefused("more than 1024 chunk streams", chunks);
    }

    [Fact]
    public void Random_bytes_break_a_rule_or_nothing()
    {
        var random = new Random(20260101);
        var bytes = new byte[600];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            AssertOnlyProtocolErrors(bytes.AsMemory(0, random.Next(bytes.Length)));
        }
    }

    [Fact]
    public void A_valid_stream_with_random_damage_breaks_a_rule_or_nothing()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ChunkWriter(output);
        writer.SetChunkSize(200);
        writer.Write(new RtmpCommand("connect", 1, new OrderedDictionary<string, object?> { ["app"] = "live", ["a"] = "b" }).ToMessage());
        writer.Write(new RtmpCommand("publish", 5, null, "key", "live").ToMessage(1));
        writer.Write(new RtmpMessage { Type = RtmpMessageType.Video, Timestamp = 0x1234567, MessageStreamId = 1, Payload = new byte[300] });
        var random = new Random(20260102);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = output.WrittenSpan.ToArray();
            for (var damages = random.Next(1, 8); damages > 0; damages--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            AssertOnlyProtocolErrors(damaged);
        }
    }

    private static void AssertOnlyProtocolErrors(ReadOnlyMemory<byte> bytes)
    {
        Ignoring(() => _ = Amf0.ReadAll(bytes.Span, RtmpLimits.Default));
        _ = FlvVideoTag.Parse(bytes);
        _ = FlvAudioTag.Parse(bytes);
        Ignoring(() =>
        {
            var feed = new ChunkFeed();
            feed.Add(bytes[..(bytes.Length / 2)]);
            feed.Add(bytes[(bytes.Length / 2)..]);
            foreach (var message in feed.Messages)
            {
                _ = RtmpControl.TryReadUserControl(message, out _, out _);
                _ = RtmpCommand.Parse(message, RtmpLimits.Default);
            }
        });
    }

    private static void Ignoring(Action action)
    {
        try
        {
            action();
        }
        catch (RtmpProtocolException error)
        {
            Assert.NotEmpty(error.Where);
        }
    }

    private static void AssertRefused(string rule, params byte[] chunks)
    {
        var error = Assert.Throws<RtmpProtocolException>(() => ChunkFeed.ReadAll(chunks));
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
    }
}
