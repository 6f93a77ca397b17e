using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>Encoders that go in every way there is, and come back into the same recording.</summary>
public sealed class ReturnTests : IAsyncLifetime
{
    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(60);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 12, Gop = 30, BFrames = 0 };

    private readonly TempFolder _data = new();
    private ServerProcess _server = default!;

    public async ValueTask InitializeAsync() =>
        _server = await ServerProcess.StartAsync(_data.FullPath, "--LiveClip:Ingest:EndGraceSeconds=10");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task An_encoder_that_is_stopped_and_started_at_once_goes_on_in_the_same_recording()
    {
        var stream = await TestStream.CreateAsync(_server);
        var source = Small with { Seconds = 3 };
        await PublishAsync(stream, source);
        await stream.BecomesAsync("disconnected");
        Assert.False((await stream.PlaylistAsync()).Ended);

        await PublishAsync(stream, source with { FirstNumber = 5000 });
        await stream.EndedAsync();

        var runs = await stream.RecordedFramesAsync();
        Assert.Equal([Enumerable.Range(0, 90), Enumerable.Range(5000, 90)], runs);
        Assert.Single(await RecordingsAsync(stream));
    }

    [Fact]
    public async Task A_frozen_encoder_whose_connection_still_looks_alive_is_taken_over()
    {
        var stream = await TestStream.CreateAsync(_server);
        await using var frozen = await stream.PublishAsync(Small);
        await stream.PlaylistWithAsync(segments: 1);
        frozen.Freeze();

        // At once: it is done before the frozen one would be given up, and that is when the recording would say so.
        await PublishAsync(stream, Small with { Seconds = 3, FirstNumber = 5000 });
        Assert.DoesNotContain(_server.Log, line => line.Contains("no audio or video", StringComparison.Ordinal));
        await stream.EndedAsync();

        var runs = await stream.RecordedFramesAsync();
        Assert.Equal(2, runs.Count);
        Assert.Equal(Enumerable.Range(0, runs[0].Count), runs[0]);
        Assert.Equal(Enumerable.Range(5000, 90), runs[1]);
    }

    [Fact]
    public async Task A_frozen_encoder_is_given_up_and_may_come_back()
    {
        var stream = await TestStream.CreateAsync(_server);
        await using var frozen = await stream.PublishAsync(Small);
        await stream.PlaylistWithAsync(segments: 1);
        frozen.Freeze();
        await stream.BecomesAsync("disconnected");
        await Eventually.TrueAsync(
            () => _server.Log.Any(line => line.Contains("no audio or video within 10 s", StringComparison.Ordinal)), Publishing);

        await PublishAsync(stream, Small with { Seconds = 3, FirstNumber = 5000 });
        await stream.EndedAsync();
        Assert.Equal(Enumerable.Range(5000, 90), (await stream.RecordedFramesAsync())[1]);
        Assert.Single(await RecordingsAsync(stream));
    }

    [Fact]
    public async Task Two_encoders_that_fight_do_not_cut_the_recording_to_pieces()
    {
        var source = Small with { Seconds = 3 };
        var winner = source with { FirstNumber = 5000 };
        var stream = await TestStream.CreateAsync(_server);
        var publishers = new List<SteppedPublisher>();
        for (var i = 0; i <= 5; i++)
        {
            publishers.Add(await SteppedPublisher.StartAsync(await (i == 5 ? winner : source).FlvAsync(), stream.Ingest));
            await publishers[i].SendAsync(pictures: 1);
        }

        for (var i = 6; i < 8; i++)
        {
            publishers.Add(await SteppedPublisher.StartAsync(await source.FlvAsync(), stream.Ingest));
            await Assert.ThrowsAsync<RtmpProtocolException>(() => publishers[i].SendAsync(pictures: 1));
        }

        var fighting = (await _server.Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}")).Data;
        Assert.Equal("active", fighting.GetProperty("status").GetString());
        Assert.True(fighting.GetProperty("takeoversHeldOffUntil").GetDateTimeOffset() > DateTimeOffset.UtcNow);
        Assert.Single(_server.Log, line => line.Contains("two encoders fight", StringComparison.Ordinal));

        await publishers[5].SendAsync(pictures: winner.PictureCount - 1);
        await stream.EndedAsync();
        Assert.Equal(Enumerable.Range(5000, winner.PictureCount), (await stream.RecordedFramesAsync())[^1]);
        foreach (var publisher in publishers)
        {
            await publisher.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_reset_costs_nothing_that_was_read_before_it()
    {
        var stream = await TestStream.CreateAsync(_server);
        await using var publisher = await SteppedPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        await publisher.SendAsync(pictures: 140);
        await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() >= 4, Publishing);

        publisher.Reset();

        await stream.BecomesAsync("disconnected");
        await PublishAsync(stream, Small with { Seconds = 3, FirstNumber = 5000 });
        await stream.EndedAsync();
        var kept = (await stream.RecordedFramesAsync())[0];
        Assert.InRange(kept.Count, 120, 140);
        Assert.Equal(Enumerable.Range(0, kept.Count), kept);
    }

    private static async Task PublishAsync(TestStream stream, TestMedia media)
    {
        await using var publisher = await stream.PublishAsync(media, realTime: false);
        await Eventually.EndsAsync(publisher.Completion, Publishing);
    }

    private async Task<IReadOnlyList<string>> RecordingsAsync(TestStream stream) =>
        [.. (await _server.Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}")).Data.GetProperty("mediaIds").EnumerateArray()
            .Select(id => id.GetString()!)];
}
