using System.IO.Pipelines;
using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class FlvReaderTests
{
    private static readonly byte[] File =
    [
        0x46, 0x4C, 0x56, 0x01, 0x05,   // FLV, version 1, audio and video
        0x00, 0x00, 0x00, 0x09,         // header length
        0x00, 0x00, 0x00, 0x00,         // size of the tag before
        0x08,                           // audio
        0x00, 0x00, 0x02,               // data size
        0x00, 0x00, 0x17,               // timestamp 23
        0x00,                           // its upper byte
        0x00, 0x00, 0x00,               // stream id
        0xAF, 0x01,
        0x00, 0x00, 0x00, 0x0D,         // size of this tag
        0x09,                           // video
        0x00, 0x00, 0x01,               // data size
        0x00, 0x00, 0x01,               // timestamp
        0x80,                           // its upper byte
        0x00, 0x00, 0x00,               // stream id
        0x17,
        0x00, 0x00, 0x00, 0x0C,         // size of this tag
    ];

    [Fact]
    public async Task Cut_at_any_byte_it_gives_the_whole_tags_before()
    {
        for (var cut = 0; cut <= File.Length; cut++)
        {
            var tags = await ReadAsync(File.AsMemory(0, cut));
            Assert.Equal(cut < 30 ? 0 : cut < File.Length ? 1 : 2, tags.Count);
        }
    }

    [Fact]
    public async Task Timestamp_has_its_upper_byte_last()
    {
        var tags = await ReadAsync(File);

        Assert.Equal([(RtmpMessageType.Audio, 23u, "AF01"), (RtmpMessageType.Video, 0x80000001u, "17")],
            tags.Select(tag => (tag.Type, tag.Timestamp, Convert.ToHexString(tag.Body.Span))));
    }

    [Fact]
    public async Task Another_file_is_refused()
    {
        await Assert.ThrowsAsync<RtmpProtocolException>(() => ReadAsync("RIFF....WAVEfmt"u8.ToArray()));
    }

    private static async Task<List<FlvTag>> ReadAsync(ReadOnlyMemory<byte> file)
    {
        var tags = new List<FlvTag>();
        await foreach (var tag in FlvReader.ReadAsync(
            PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(file)), TestContext.Current.CancellationToken))
        {
            tags.Add(tag);
        }

        return tags;
    }
}
