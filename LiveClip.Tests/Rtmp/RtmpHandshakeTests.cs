using System.Buffers;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class RtmpHandshakeTests
{
    private const int Patience = 20_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Patience)]
    public async Task Server_answers_version_own_block_and_echo_and_reads_exactly_3073_bytes()
    {
        var pair = new PipePair();
        using var deadline = new Deadline(pair.Server, TimeProvider.System);
        var accepting = RtmpHandshake.AcceptAsync(pair.Server, deadline, Cancellation);
        var c1 = Enumerable.Range(0, 1536).Select(i => (byte)i).ToArray();

        await pair.Client.Output.WriteAsync((byte[])[3, .. c1], Cancellation);
        var answer = (await pair.Client.Input.ReadAtLeastAsync(3073, Cancellation)).Buffer.ToArray();
        await pair.Client.Output.WriteAsync((byte[])[.. new byte[1536], 0x77], Cancellation);

        Assert.True(await accepting);
        Assert.Equal(3073, answer.Length);
        Assert.Equal(3, answer[0]);                          // S0: version
        Assert.Equal(new byte[8], answer[1..9]);             // S1: time, zero
        Assert.NotEqual(new byte[1528], answer[9..1537]);    // S1: random
        Assert.Equal(c1, answer[1537..]);                    // S2: echo
        var rest = await pair.Server.Input.ReadAsync(Cancellation);
        Assert.Equal([0x77], rest.Buffer.ToArray());
    }

    [Fact(Timeout = Patience)]
    public async Task Another_version_is_refused_at_its_first_byte()
    {
        var pair = new PipePair();
        using var deadline = new Deadline(pair.Server, TimeProvider.System);
        await pair.Client.Output.WriteAsync("GET"u8.ToArray(), Cancellation);

        await Assert.ThrowsAsync<RtmpProtocolException>(() => RtmpHandshake.AcceptAsync(pair.Server, deadline, Cancellation));
    }

    [Theory(Timeout = Patience)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(3000)]
    public async Task Closed_within_the_handshake_is_not_an_error(int bytes)
    {
        var pair = new PipePair();
        using var deadline = new Deadline(pair.Server, TimeProvider.System);
        await pair.Client.Output.WriteAsync(Enumerable.Repeat((byte)3, bytes).ToArray(), Cancellation);
        await pair.Client.Output.CompleteAsync();

        Assert.False(await RtmpHandshake.AcceptAsync(pair.Server, deadline, Cancellation));
    }
}
