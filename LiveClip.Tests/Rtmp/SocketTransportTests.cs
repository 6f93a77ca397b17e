using System.Net;
using System.Net.Sockets;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Rtmp;

/// <summary>Real sockets, read when the test's clock says so.</summary>
public sealed class SocketTransportTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly ReadPace _pace;
    private Socket _peer = null!;
    private SocketTransport _transport = null!;

    public SocketTransportTests() => _pace = new ReadPace(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        _peer = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await _peer.ConnectAsync(listening.LocalEndPoint!, Cancellation);
        _transport = new SocketTransport(await listening.AcceptAsync(Cancellation), _pace);
    }

    public async ValueTask DisposeAsync()
    {
        _peer.Dispose();
        await _transport.DisposeAsync();
        _pace.Dispose();
    }

    [Fact]
    public async Task What_came_in_an_interval_is_read_together()
    {
        var reading = _transport.Input.ReadAsync(Cancellation).AsTask();
        await _peer.SendAsync(new byte[] { 1, 2 }, Cancellation);
        await _peer.SendAsync(new byte[] { 3 }, Cancellation);
        Assert.False(reading.IsCompleted);

        NextInterval();

        Assert.Equal([1, 2, 3], (await reading).Buffer.FirstSpan.ToArray());
    }

    [Fact]
    public async Task What_is_more_than_one_read_holds_is_read_on_at_once()
    {
        const int Sent = 120_000;
        await _peer.SendAsync(new byte[Sent], Cancellation);
        var first = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();

        var read = await first;
        while (read.Buffer.Length < Sent)
        {
            _transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            var more = _transport.Input.ReadAsync(Cancellation);
            Assert.True(more.IsCompleted, $"{read.Buffer.Length} bytes");
            read = await more;
        }
    }

    [Fact]
    public async Task A_silent_peer_is_asked_again_an_interval_later()
    {
        var reading = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();
        Assert.False(reading.IsCompleted);
        await _peer.SendAsync(new byte[] { 1 }, Cancellation);

        NextInterval();

        Assert.Equal([1], (await reading).Buffer.FirstSpan.ToArray());
    }

    [Fact]
    public async Task What_was_sent_before_a_reset_is_read()
    {
        await _peer.SendAsync(new byte[] { 1, 2, 3 }, Cancellation);
        _peer.LingerState = new LingerOption(enable: true, seconds: 0);
        _peer.Dispose();

        var reading = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();
        var read = await reading;
        Assert.Equal([1, 2, 3], read.Buffer.FirstSpan.ToArray());

        _transport.Input.AdvanceTo(read.Buffer.End);
        var ending = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();
        await Assert.ThrowsAsync<IOException>(() => ending);
    }

    [Fact]
    public async Task Ending_the_input_leaves_what_has_come()
    {
        await _peer.SendAsync(new byte[] { 1, 2, 3 }, Cancellation);
        _transport.EndInput();

        var reading = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();
        var read = await reading;
        Assert.Equal([1, 2, 3], read.Buffer.FirstSpan.ToArray());

        _transport.Input.AdvanceTo(read.Buffer.End);
        var ending = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();
        Assert.True((await ending).IsCompleted);
    }

    [Fact]
    public async Task A_pending_read_can_be_cancelled_and_loses_nothing()
    {
        var reading = _transport.Input.ReadAsync(Cancellation).AsTask();
        _transport.Input.CancelPendingRead();
        await _peer.SendAsync(new byte[] { 1 }, Cancellation);
        NextInterval();
        Assert.True((await reading).IsCanceled);

        _transport.Input.AdvanceTo((await reading).Buffer.Start);
        var next = _transport.Input.ReadAsync(Cancellation).AsTask();
        NextInterval();
        Assert.Equal([1], (await next).Buffer.FirstSpan.ToArray());
    }

    [Fact]
    public async Task All_connections_are_read_by_one_firing_of_the_timer()
    {
        var first = _pace.WaitAsync();
        var second = _pace.WaitAsync();

        NextInterval();

        Assert.True(first.IsCompleted);
        Assert.Same(first, second);
        Assert.False(_pace.WaitAsync().IsCompleted);
    }

    private void NextInterval() => _time.Advance(TimeSpan.FromMilliseconds(20));
}
