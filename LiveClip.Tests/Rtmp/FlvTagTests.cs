using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class FlvTagTests
{
    [Theory]
    [InlineData("1700000000 0142C01FFFE100", FlvVideoKind.SequenceHeader, false, 0, "0142C01FFFE100")]
    [InlineData("1701000000 AABB", FlvVideoKind.Nalus, true, 0, "AABB")]
    [InlineData("2701000050 AABB", FlvVideoKind.Nalus, false, 80, "AABB")]
    [InlineData("2701FFFFFF AABB", FlvVideoKind.Nalus, false, -1, "AABB")]
    [InlineData("2701FFFFDE AABB", FlvVideoKind.Nalus, false, -34, "AABB")]
    [InlineData("2701800000 AABB", FlvVideoKind.Nalus, false, -8_388_608, "AABB")]
    [InlineData("27017FFFFF AABB", FlvVideoKind.Nalus, false, 8_388_607, "AABB")]
    [InlineData("1702000000", FlvVideoKind.EndOfSequence, false, 0, "")]
    [InlineData("1702", FlvVideoKind.EndOfSequence, false, 0, "")]
    [InlineData("", FlvVideoKind.Ignored, false, 0, "")]
    [InlineData("17", FlvVideoKind.Malformed, false, 0, "")]
    [InlineData("1700", FlvVideoKind.Malformed, false, 0, "")]
    [InlineData("1700000000", FlvVideoKind.Ignored, false, 0, "")]          // a header without content
    [InlineData("1700000000 0142C01FFFE1", FlvVideoKind.Malformed, false, 0, "")]
    [InlineData("17010000", FlvVideoKind.Malformed, false, 0, "")]
    [InlineData("1701000000", FlvVideoKind.Ignored, false, 0, "")]          // a picture without content
    [InlineData("1709000000 AABB", FlvVideoKind.Ignored, false, 0, "")]
    [InlineData("5701000000 AABB", FlvVideoKind.Ignored, false, 0, "")]     // a command frame
    [InlineData("90 61766331 0142C01FFFE100", FlvVideoKind.SequenceHeader, false, 0, "0142C01FFFE100")]
    [InlineData("91 61766331 000050 AABB", FlvVideoKind.Nalus, true, 80, "AABB")]
    [InlineData("A3 61766331 AABB", FlvVideoKind.Nalus, false, 0, "AABB")]
    [InlineData("92 61766331", FlvVideoKind.EndOfSequence, false, 0, "")]
    [InlineData("94 61766331 AABB", FlvVideoKind.Ignored, false, 0, "")]    // metadata such as HDR
    [InlineData("91 617663", FlvVideoKind.Malformed, false, 0, "")]
    public void Video(string body, FlvVideoKind kind, bool isSync, int compositionTime, string data)
    {
        var tag = FlvVideoTag.Parse(Bytes(body));

        Assert.Equal((kind, isSync, compositionTime), (tag.Kind, tag.IsSync, tag.CompositionTime));
        Assert.Equal(data, Convert.ToHexString(tag.Data.Span));
    }

    [Theory]
    [InlineData("1C01000000AA", "HEVC")]
    [InlineData("90 68766331 AA", "HEVC")]
    [InlineData("90 61763031 AA", "AV1")]
    [InlineData("96 00 61766331 AA", "Enhanced RTMP multitrack")]
    [InlineData("12 AA", "Sorenson H.263")]
    [InlineData("90 00010203 AA", "codec 0x00010203")]
    public void Video_of_another_codec_is_named(string body, string codec)
    {
        var tag = FlvVideoTag.Parse(Bytes(body));

        Assert.Equal((FlvVideoKind.Unsupported, codec), (tag.Kind, tag.Codec));
    }

    [Theory]
    [InlineData("AF00 1210", FlvAudioKind.SequenceHeader, "1210")]
    [InlineData("AF01 AABB", FlvAudioKind.Raw, "AABB")]
    [InlineData("", FlvAudioKind.Ignored, "")]
    [InlineData("AF", FlvAudioKind.Malformed, "")]
    [InlineData("AF00", FlvAudioKind.Ignored, "")]      // a header without content
    [InlineData("AF00 12", FlvAudioKind.Malformed, "")]
    [InlineData("AF01", FlvAudioKind.Ignored, "")]
    [InlineData("AF02 AA", FlvAudioKind.Ignored, "")]
    [InlineData("90 6D703461 1210", FlvAudioKind.SequenceHeader, "1210")]
    [InlineData("91 6D703461 AABB", FlvAudioKind.Raw, "AABB")]
    public void Audio(string body, FlvAudioKind kind, string data)
    {
        var tag = FlvAudioTag.Parse(Bytes(body));

        Assert.Equal((kind, data), (tag.Kind, Convert.ToHexString(tag.Data.Span)));
    }

    [Theory]
    [InlineData("2F AA", "MP3")]
    [InlineData("B2 AA", "Speex")]
    [InlineData("90 4F707573 AA", "Opus")]
    public void Audio_of_another_codec_is_named(string body, string codec)
    {
        var tag = FlvAudioTag.Parse(Bytes(body));

        Assert.Equal((FlvAudioKind.Unsupported, codec), (tag.Kind, tag.Codec));
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
