using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class RtmpControlTests
{
    [Theory]
    [InlineData(2_150_000_000ul, "80266580")]
    [InlineData(0x1_0000_0002ul, "00000002")]
    [InlineData(5_000_000_000ul, "2A05F200")]
    public void Acknowledgement_wraps_at_32_bits(ulong bytesRead, string payload)
    {
        Assert.Equal(payload, Convert.ToHexString(RtmpControl.Acknowledgement(bytesRead).Payload.Span));
    }

    [Fact]
    public void Set_peer_bandwidth_is_dynamic()
    {
        Assert.Equal("002625A002", Convert.ToHexString(RtmpControl.SetPeerBandwidth(2_500_000).Payload.Span));
    }

    [Fact]
    public void Ping_response_repeats_the_time_of_the_request()
    {
        Assert.True(RtmpControl.TryReadUserControl(RtmpControl.PingRequest(0x01020304), out var type, out var time));
        Assert.Equal(RtmpControl.PingRequestEvent, type);
        Assert.Equal("000701020304", Convert.ToHexString(RtmpControl.PingResponse(time).Payload.Span));
    }
}
