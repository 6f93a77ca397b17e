using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public sealed class RtmpConnectionTests : IDisposable
{
    private const int Patience = 20_000;
    private const string Key = "c4nary-KEY_123";

    private readonly PipePair _pair = new();
    private readonly ManualTimeProvider _time = new();
    private readonly RtmpConnection _connection;
    private readonly RawEncoder _encoder;

    public RtmpConnectionTests()
    {
        _connection = new RtmpConnection(_pair.Server, new RtmpLimits { WindowAcknowledgementSize = 10_000 }, _time);
        _encoder = new RawEncoder(_pair.Client);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _connection.Dispose();

    [Fact(Timeout = Patience)]
    public async Task What_the_publisher_sends_arrives_and_its_goodbye_too()
    {
        FlvTag[] tags =
        [
            new(RtmpMessageType.DataAmf0, 0, new byte[] { 2, 0, 0 }),
            new(RtmpMessageType.Video, 0, new byte[] { 0x17, 0 }),
            new(RtmpMessageType.Audio, 23, new byte[] { 0xAF, 1 }),
            new(RtmpMessageType.Video, 40, new byte[100_000]),
        ];
        using var publisher = new RtmpPublisher(_pair.Client);
        var publishing = publisher.PublishAsync("live", "rtmp://localhost/live", Key, tags.ToAsyncEnumerable(), Cancellation);

        var request = await AcceptAsync();
        var messages = await ReadToEndAsync();
        await publishing;

        Assert.Equal(("live", Key, "FMLE/3.0 (compatible; LiveClip)"), (request!.App, request.StreamName, request.EncoderName));
        Assert.Equal(tags.Select(tag => (tag.Type, tag.Timestamp)), messages.Select(m => (m.Type, m.Timestamp)));
        Assert.Equal([.. "\u0002\0\r@setDataFrame"u8, 2, 0, 0], messages[0].Payload.ToArray());
        Assert.Equal([2, 2, 100_000], messages.Skip(1).Select(m => m.Payload.Length));
        Assert.True(_connection.EndedByPublisher);
        Assert.InRange(_connection.BytesRead, 103_000ul, 110_000ul);
    }

    [Fact(Timeout = Patience)]
    public async Task Refused_key_ends_both_sides_and_no_text_shows_it()
    {
        using var publisher = new RtmpPublisher(_pair.Client);
        var publishing = publisher.PublishAsync("live", "rtmp://localhost/live", Key, AsyncEnumerable.Empty<FlvTag>(), Cancellation);
        RtmpPublishRequest? asked = null;

        var accepted = await _connection.AcceptPublishAsync(
            (request, _) =>
            {
                asked = request;
                return ValueTask.FromResult(false);
            },
            Cancellation);

        var error = await Assert.ThrowsAsync<RtmpProtocolException>(() => publishing);
        Assert.Null(accepted);
        Assert.Equal(Key, asked!.StreamName);
        Assert.Contains("NetStream.Publish.BadName", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, $"{error} {asked}", StringComparison.Ordinal);
    }

    [Theory(Timeout = Patience)]
    [InlineData("", false)]
    [InlineData("a/b", false)]
    [InlineData("clé", false)]
    [InlineData("?x=y", false)]
    [InlineData("key?user=a&b=c", true)]
    public async Task Only_names_that_can_be_keys_are_asked_about(string name, bool isAsked)
    {
        var asked = new List<string>();
        var accepting = _connection.AcceptPublishAsync(
            (request, _) =>
            {
                asked.Add(request.StreamName);
                return ValueTask.FromResult(false);
            },
            Cancellation);
        await _encoder.ConnectAsync(Cancellation);

        Assert.Equal("NetStream.Publish.BadName", await _encoder.PublishAsync(name, Cancellation));
        Assert.Null(await accepting);
        Assert.Equal(isAsked ? ["key"] : [], asked);
    }

    [Theory(Timeout = Patience)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public async Task A_name_has_at_most_128_characters(int length, bool accepted)
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);

        var code = await _encoder.PublishAsync(new string('k', length), Cancellation);

        Assert.Equal(accepted ? "NetStream.Publish.Start" : "NetStream.Publish.BadName", code);
        Assert.Equal(accepted, await accepting is not null);
    }

    [Fact(Timeout = Patience)]
    public async Task Commands_of_Flash_Media_Live_Encoder_are_answered()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        string[] names = ["releaseStream", "FCPublish", "_checkbw", "createStream"];
        for (var i = 0; i < names.Length; i++)
        {
            await _encoder.SendAsync(new RtmpCommand(names[i], 2 + i, null, Key).ToMessage(), Cancellation);
            Assert.Equal(2 + i, (await _encoder.ReadCommandAsync("_result", Cancellation)).TransactionId);
        }

        await _encoder.SendAsync(new RtmpCommand("deleteStream", 0, null, 1.0).ToMessage(), Cancellation);
        await _encoder.PublishAsync(Key, Cancellation);
        Assert.NotNull(await accepting);
        Assert.False(_connection.EndedByPublisher);
    }

    [Fact(Timeout = Patience)]
    public async Task Command_and_data_with_an_AMF3_marker_are_read_as_AMF0()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        var publish = new RtmpCommand("publish", 5, null, Key, "live").ToMessage(1).Payload;
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.CommandAmf3, 0, [0, .. publish.Span]), Cancellation);
        Assert.NotNull(await accepting);
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.DataAmf3, 5, 0, 2, 0, 1, 0x41), Cancellation);
        await _pair.Client.Output.CompleteAsync();

        var message = Assert.Single(await ReadToEndAsync());

        Assert.Equal((RtmpMessageType.DataAmf0, 5u), (message.Type, message.Timestamp));
        Assert.Equal([2, 0, 1, 0x41], message.Payload.ToArray());
    }

    [Fact(Timeout = Patience)]
    public async Task Aggregate_is_taken_apart_and_its_first_part_gets_its_time()
    {
        await PublishAsync();
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Aggregate, 1000,
            0x08, 0, 0, 1, 0, 0, 50, 0, 0, 0, 0, 0xA1, 0, 0, 0, 12,     // audio at 50
            0x09, 0, 0, 1, 0, 0, 73, 0, 0, 0, 0, 0xB1, 0, 0, 0, 12),    // video at 73
            Cancellation);
        await _pair.Client.Output.CompleteAsync();

        Assert.Equal(
            [(RtmpMessageType.Audio, 1000u, 0xA1), (RtmpMessageType.Video, 1023u, 0xB1)],
            (await ReadToEndAsync()).Select(m => (m.Type, m.Timestamp, (int)m.Payload.Span[0])));
    }

    [Fact(Timeout = Patience)]
    public async Task Encoder_that_goes_on_after_its_goodbye_is_answered_until_it_closes()
    {
        await PublishAsync();
        await _encoder.SendAsync(new RtmpCommand("FCUnpublish", 0, null, Key).ToMessage(1), Cancellation);
        await ReadToEndAsync();
        var closing = _connection.AwaitCloseAsync(Cancellation);

        await _encoder.SendAsync(new RtmpCommand("_checkbw", 9).ToMessage(), Cancellation);
        Assert.Equal(9, (await _encoder.ReadCommandAsync("_result", Cancellation)).TransactionId);
        Assert.False(closing.IsCompleted);
        await _pair.Client.Output.CompleteAsync();
        await closing;
    }

    [Fact(Timeout = Patience)]
    public async Task Encoder_that_never_closes_after_its_goodbye_is_left_in_time()
    {
        await PublishAsync();
        await _encoder.SendAsync(new RtmpCommand("FCUnpublish", 0, null, Key).ToMessage(1), Cancellation);
        await ReadToEndAsync();
        var closing = _connection.AwaitCloseAsync(Cancellation);

        _time.Advance(RtmpLimits.Default.Goodbye + TimeSpan.FromMilliseconds(1));
        await closing;
    }

    [Theory(Timeout = Patience)]
    [InlineData("FCUnpublish")]
    [InlineData("deleteStream")]
    [InlineData("closeStream")]
    public async Task Each_form_of_goodbye_ends_the_media(string goodbye)
    {
        await PublishAsync();
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Video, 0, 0x17), Cancellation);
        await _encoder.SendAsync(new RtmpCommand(goodbye, 0, null, Key).ToMessage(1), Cancellation);

        Assert.Single(await ReadToEndAsync());
        Assert.True(_connection.EndedByPublisher);
    }

    [Fact(Timeout = Patience)]
    public async Task A_closed_connection_ends_the_media_without_a_goodbye()
    {
        await PublishAsync();
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Video, 0, 0x17), Cancellation);
        await _encoder.SendBytesAsync(new byte[] { 0x06, 0, 0 }, Cancellation);
        await _pair.Client.Output.CompleteAsync();

        Assert.Single(await ReadToEndAsync());
        Assert.False(_connection.EndedByPublisher);
    }

    [Fact(Timeout = Patience)]
    public async Task A_reset_connection_ends_like_a_closed_one()
    {
        await PublishAsync();
        await _pair.Client.Output.CompleteAsync(new IOException("connection reset by peer"));

        Assert.Empty(await ReadToEndAsync());
        Assert.False(_connection.EndedByPublisher);
    }

    [Fact(Timeout = Patience)]
    public async Task A_connection_closed_before_publish_asks_nobody()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        await _pair.Client.Output.CompleteAsync();

        Assert.Null(await accepting);
    }

    [Fact(Timeout = Patience)]
    public async Task Ping_is_answered_with_its_time()
    {
        await PublishAsync();
        var reading = ReadToEndAsync();
        await _encoder.SendAsync(RtmpControl.PingRequest(0xCAFE), Cancellation);

        RtmpMessage answer;
        do
        {
            answer = await _encoder.ReadAsync(RtmpMessageType.UserControl, Cancellation);
        }
        while (answer.Payload.Span[1] != RtmpControl.PingResponseEvent);

        Assert.Equal("00070000CAFE", Convert.ToHexString(answer.Payload.Span));
        await _pair.Client.Output.CompleteAsync();
        await reading;
    }

    [Fact(Timeout = Patience)]
    public async Task Received_bytes_are_acknowledged_after_each_window()
    {
        await PublishAsync();
        var reading = ReadToEndAsync();
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Video, 0, new byte[20_000]), Cancellation);

        var acknowledgement = await _encoder.ReadAsync(RtmpMessageType.Acknowledgement, Cancellation);

        Assert.InRange(Acknowledged(acknowledgement), 10_000u, 24_000u);
        await _encoder.SendAsync(RtmpControl.WindowAcknowledgementSize(100_000), Cancellation);
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Video, 0, new byte[150_000]), Cancellation);
        do
        {
            acknowledgement = await _encoder.ReadAsync(RtmpMessageType.Acknowledgement, Cancellation);
        }
        while (Acknowledged(acknowledgement) < 100_000);

        await _pair.Client.Output.CompleteAsync();
        await reading;
    }

    [Fact(Timeout = Patience)]
    public async Task Media_before_publish_is_refused()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Video, 0, 0x17), Cancellation);

        await AssertRefusedAsync("Video before publish", accepting);
    }

    [Fact(Timeout = Patience)]
    public async Task Publish_before_connect_is_refused()
    {
        var accepting = AcceptAsync();
        using var deadline = new Deadline(_pair.Client, TimeProvider.System);
        await RtmpHandshake.RequestAsync(_pair.Client, deadline, Cancellation);
        await _encoder.SendAsync(new RtmpCommand("publish", 5, null, Key).ToMessage(), Cancellation);

        await AssertRefusedAsync("publish before connect", accepting);
    }

    [Fact(Timeout = Patience)]
    public async Task Commands_before_publish_are_limited()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        for (var i = 0; i < 32; i++)
        {
            await _encoder.SendAsync(new RtmpCommand("createStream", 2, null, null).ToMessage(), Cancellation);
        }

        await AssertRefusedAsync("more than 32 commands", accepting);
    }

    [Fact(Timeout = Patience)]
    public async Task Handshake_has_5_seconds()
    {
        var accepting = AcceptAsync();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        await _encoder.SendBytesAsync(new byte[] { 3, 0, 0 }, Cancellation);
        Assert.False(accepting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await AssertRefusedAsync("no handshake within 5 s", accepting);
    }

    [Fact(Timeout = Patience)]
    public async Task Publish_has_10_seconds_however_busy_the_encoder_is()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        await _encoder.SendAsync(new RtmpCommand("createStream", 2, null, null).ToMessage(), Cancellation);
        await _encoder.ReadCommandAsync("_result", Cancellation);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await AssertRefusedAsync("no publish within 10 s", accepting);
    }

    [Fact(Timeout = Patience)]
    public async Task First_media_has_20_seconds()
    {
        await PublishAsync();
        var reading = ReadToEndAsync();
        _time.Advance(TimeSpan.FromSeconds(19.9));
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await AssertRefusedAsync("no audio or video within 20 s", reading);
    }

    [Fact(Timeout = Patience)]
    public async Task Media_may_pause_for_less_than_10_seconds_and_pings_do_not_count()
    {
        await PublishAsync();
        await using var media = _connection.ReadMediaAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        for (var i = 0; i < 4; i++)
        {
            await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Audio, 0, 0xAF), Cancellation);
            Assert.True(await media.MoveNextAsync());
            var next = media.MoveNextAsync().AsTask();
            _time.Advance(TimeSpan.FromSeconds(9.9));
            await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Audio, 0, 0xAF), Cancellation);
            Assert.True(await next);
        }

        var last = media.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(9.9));
        await _encoder.SendAsync(RtmpControl.PingRequest(1), Cancellation);
        while ((await _encoder.ReadAsync(RtmpMessageType.UserControl, Cancellation)).Payload.Span[1] != RtmpControl.PingResponseEvent)
        {
        }

        Assert.False(last.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await AssertRefusedAsync("no audio or video within 10 s", last);
    }

    [Theory(Timeout = Patience)]
    [InlineData(0, 30)]
    [InlineData(0, 9.5)]
    [InlineData(9.5, 30)]
    public async Task Time_that_the_server_stood_still_is_not_held_against_the_publisher(double silent, double stopped)
    {
        await PublishAsync();
        await using var media = _connection.ReadMediaAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Audio, 0, 0xAF), Cancellation);
        Assert.True(await media.MoveNextAsync());
        var next = media.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(silent));
        _time.StandStill(TimeSpan.FromSeconds(stopped));
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(next.IsCompleted);
        await _encoder.SendAsync(RawEncoder.Media(RtmpMessageType.Audio, 0, 0xAF), Cancellation);
        Assert.True(await next);

        var last = media.MoveNextAsync().AsTask();
        _time.StandStill(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(1));
        await AssertRefusedAsync("no audio or video within 10 s", last);
    }

    [Fact(Timeout = Patience)]
    public async Task Publisher_learns_that_the_server_closed()
    {
        using var publisher = new RtmpPublisher(_pair.Client);
        var endless = new TaskCompletionSource<FlvTag>();
        var publishing = publisher.PublishAsync("live", "rtmp://localhost/live", Key, Endless(Cancellation), Cancellation);
        await AcceptAsync();
        await _pair.Server.Output.CompleteAsync();

        await AssertRefusedAsync("closed by the server", publishing);

        async IAsyncEnumerable<FlvTag> Endless([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return await endless.Task.WaitAsync(cancellationToken);
        }
    }

    [Fact(Timeout = Patience)]
    public async Task Publisher_gives_up_on_a_silent_server()
    {
        using var publisher = new RtmpPublisher(_pair.Client, time: _time);
        var publishing = publisher.PublishAsync("live", "rtmp://localhost/live", Key, AsyncEnumerable.Empty<FlvTag>(), Cancellation);
        _time.Advance(TimeSpan.FromSeconds(5));

        await AssertRefusedAsync("no handshake of the server within 5 s", publishing);
    }

    [Fact]
    public void Key_written_behind_the_application_is_not_shown()
    {
        var request = new RtmpPublishRequest($"live/{Key}", Key, "OBS");

        Assert.Equal("RtmpPublishRequest { App = live, StreamName = ***, EncoderName = OBS }", request.ToString());
    }

    private Task<RtmpPublishRequest?> AcceptAsync() =>
        _connection.AcceptPublishAsync((_, _) => ValueTask.FromResult(true), Cancellation);

    private async Task PublishAsync()
    {
        var accepting = AcceptAsync();
        await _encoder.ConnectAsync(Cancellation);
        Assert.Equal("NetStream.Publish.Start", await _encoder.PublishAsync(Key, Cancellation));
        Assert.NotNull(await accepting);
    }

    private async Task<List<RtmpMessage>> ReadToEndAsync()
    {
        var messages = new List<RtmpMessage>();
        await foreach (var message in _connection.ReadMediaAsync(Cancellation))
        {
            messages.Add(message);
        }

        return messages;
    }

    private static async Task AssertRefusedAsync(string rule, Task task)
    {
        var error = await Assert.ThrowsAsync<RtmpProtocolException>(() => task);
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
    }

    private static uint Acknowledged(RtmpMessage message) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(message.Payload.Span);
}
