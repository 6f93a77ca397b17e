using LiveClip.Core.Changes;
using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveClip.Tests.OnAir;

public class BroadcastTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);
    private readonly ManualTimeProvider _time = new();
    private readonly BroadcastRegistry _registry;
    private readonly List<(Broadcast Broadcast, BroadcastReader Reader)> _started = [];
    private readonly List<Sample> _samples = new SyntheticEncoder().Encode(seconds: 2);

    public BroadcastTests()
    {
        _registry = new BroadcastRegistry(_time, new ChangeFeed(NullLogger<ChangeFeed>.Instance));
        _registry.Started += broadcast =>
        {
            lock (_started)
            {
                _started.Add((broadcast, broadcast.AddReader(1_000_000, TimeSpan.MaxValue)));
            }
        };
    }

    [Fact]
    public async Task A_broadcast_is_told_before_its_first_sample_and_active_with_it()
    {
        var publication = Begin();
        var (broadcast, reader) = Assert.Single(_started);
        Assert.Equal(BroadcastState.Preparing, broadcast.State);

        publication.Publish(_samples[0]);
        Assert.Equal(BroadcastState.Active, broadcast.State);
        publication.Finish(endedByPublisher: true);
        Assert.Equal([_samples[0]], await ReadAsync(reader));
    }

    [Fact]
    public void A_goodbye_ends_it_at_once()
    {
        var publication = Begin();
        publication.Publish(_samples[0]);
        publication.Finish(endedByPublisher: true);
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
        Assert.Null(_registry.Find("stream"));
    }

    [Fact]
    public async Task A_lost_encoder_that_returns_within_the_window_goes_on_in_the_same_broadcast()
    {
        var first = Begin();
        first.Publish(_samples[0]);
        first.Finish(endedByPublisher: false);
        var (broadcast, reader) = _started[0];
        Assert.Equal((BroadcastState.Disconnected, _time.GetUtcNow()), (broadcast.State, broadcast.DisconnectedAt));

        _time.Advance(Window - TimeSpan.FromSeconds(1));
        var second = Begin();
        Assert.Equal((BroadcastState.Preparing, (DateTimeOffset?)null), (broadcast.State, broadcast.DisconnectedAt));
        _time.Advance(Window * 2);
        second.Publish(_samples[1]);
        Assert.Equal(BroadcastState.Active, broadcast.State);

        second.Finish(endedByPublisher: true);
        Assert.Single(_started);
        Assert.Equal(_samples.Take(2), await ReadAsync(reader));
    }

    [Fact]
    public async Task A_lost_encoder_that_stays_away_ends_it_when_the_window_is_over()
    {
        var publication = Begin();
        publication.Publish(_samples[0]);
        publication.Finish(endedByPublisher: false);
        _time.Advance(Window - TimeSpan.FromMilliseconds(1));
        Assert.Equal(BroadcastState.Disconnected, _started[0].Broadcast.State);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
        Assert.Null(_registry.Find("stream"));
        await ReadAsync(_started[0].Reader);

        Begin();
        Assert.Equal(2, _started.Count);
    }

    [Fact]
    public void An_encoder_that_returns_silently_and_says_goodbye_ends_it_too()
    {
        var first = Begin();
        first.Publish(_samples[0]);
        first.Finish(endedByPublisher: false);
        Begin().Finish(endedByPublisher: true);
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
    }

    [Fact]
    public void Each_loss_has_a_whole_window_of_its_own()
    {
        Begin().Finish(endedByPublisher: false);
        _time.Advance(Window / 2);
        Begin().Finish(endedByPublisher: false);
        _time.Advance(Window - TimeSpan.FromSeconds(1));
        Assert.Equal(BroadcastState.Disconnected, _started[0].Broadcast.State);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
    }

    [Fact]
    public void Without_a_window_a_loss_ends_it()
    {
        _registry.Begin("stream", TimeSpan.Zero, "127.0.0.1", null).Finish(endedByPublisher: false);
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
    }

    [Fact]
    public async Task The_newest_publish_takes_over_and_what_the_old_one_still_sends_is_ignored()
    {
        var old = Begin();
        old.Publish(_samples[0]);
        var returning = Begin();
        Assert.True(old.Cancelled.IsCancellationRequested);
        Assert.False(returning.Cancelled.IsCancellationRequested);

        old.Publish(_samples[1]);
        returning.Publish(_samples[2]);
        old.Finish(endedByPublisher: true);
        Assert.Equal(BroadcastState.Active, _started[0].Broadcast.State);
        Assert.Same(returning, _started[0].Broadcast.Publication);

        returning.Finish(endedByPublisher: true);
        Assert.Equal([_samples[0], _samples[2]], await ReadAsync(_started[0].Reader));
        Assert.Single(_started);
    }

    [Fact]
    public void Ending_it_drops_the_publisher_and_a_new_publish_is_another_broadcast()
    {
        var publication = Begin();
        _started[0].Broadcast.End();
        Assert.True(publication.Cancelled.IsCancellationRequested);
        publication.Publish(_samples[0]);
        publication.Finish(endedByPublisher: false);
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);

        Begin().Publish(_samples[0]);
        Assert.Equal(2, _started.Count);
        Assert.Same(_started[1].Broadcast, _registry.Find("stream"));
    }

    [Fact]
    public void A_broadcast_that_ends_while_an_encoder_comes_is_not_joined()
    {
        Begin();
        var broadcast = _started[0].Broadcast;
        broadcast.End();
        Assert.Null(broadcast.Begin("127.0.0.1", null));
        Assert.Equal(BroadcastState.Ended, broadcast.State);
    }

    [Fact]
    public async Task A_server_that_stops_completes_the_readers_and_ends_nothing()
    {
        var publication = Begin();
        publication.Publish(_samples[0]);
        _started[0].Broadcast.Suspend();
        Assert.True(publication.Cancelled.IsCancellationRequested);
        publication.Finish(endedByPublisher: false);
        _time.Advance(Window * 2);
        Assert.Equal(BroadcastState.Active, _started[0].Broadcast.State);
        Assert.Equal([_samples[0]], await ReadAsync(_started[0].Reader));
    }

    [Fact]
    public void What_was_on_air_before_a_restart_waits_a_whole_window_from_now()
    {
        var broadcast = _registry.Resume("stream", Window);
        Assert.Equal(BroadcastState.Disconnected, broadcast.State);
        var publication = Begin();
        publication.Publish(_samples[0]);
        Assert.Single(_started);
        publication.Finish(endedByPublisher: false);
        _time.Advance(Window);
        Assert.Equal(BroadcastState.Ended, broadcast.State);
    }

    [Fact]
    public void Dropping_a_publisher_leaves_it_the_window()
    {
        var publication = Begin();
        _registry.DropPublisher("stream");
        _registry.DropPublisher("another");
        Assert.True(publication.Cancelled.IsCancellationRequested);
        publication.Finish(endedByPublisher: false);
        Assert.Equal(BroadcastState.Disconnected, _started[0].Broadcast.State);
    }

    [Fact]
    public async Task Publishers_that_come_and_go_from_everywhere_end_up_in_one_broadcast()
    {
        await Parallel.ForAsync(0, 200, TestContext.Current.CancellationToken, (i, _) =>
        {
            var publication = Begin();
            publication.Publish(_samples[i % _samples.Count]);
            publication.Finish(endedByPublisher: i % 3 == 0);
            return ValueTask.CompletedTask;
        });
        var last = Begin();
        last.Publish(_samples[0]);
        var onAir = Assert.Single(_started, started => started.Broadcast.State != BroadcastState.Ended).Broadcast;
        Assert.Same(onAir, _registry.Find("stream"));
        Assert.Same(last, onAir.Publication);
    }

    [Fact]
    public void Health_is_measured_by_the_encoders_own_times()
    {
        var publication = Begin();
        new SyntheticEncoder { Gop = 30, Bytes = 5_000 }.Encode(seconds: 6).ForEach(publication.Publish);
        publication.CountRepair(Repair.SoundMoved);
        var health = _started[0].Broadcast.Health;
        Assert.Equal((640, 360, true), (health.Width, health.Height, health.HasAudio));
        Assert.Equal(30, health.FramesPerSecond, 0.1);
        Assert.Equal(1, health.GopSeconds, 0.01);
        Assert.Equal(5_000 * 8 * (30 + 46.875), health.BitsPerSecond, 100_000d);
    }

    [Fact]
    public void Repairs_are_counted_by_kind_over_all_publishes_of_a_broadcast()
    {
        Begin().CountRepair(Repair.SoundMoved);
        var next = Begin();
        next.CountRepair(Repair.SoundMoved);
        next.CountRepair(Repair.ClockJumped);
        var repairs = _started[0].Broadcast.Repairs;
        Assert.Equal((2, 1, 0, 3), (repairs[Repair.SoundMoved], repairs[Repair.ClockJumped], repairs[Repair.SoundDropped], repairs.Total));
    }

    private Publication Begin() => _registry.Begin("stream", Window, "127.0.0.1", "test");

    private static async Task<List<Sample>> ReadAsync(BroadcastReader reader)
    {
        var read = new List<Sample>();
        await foreach (var sample in reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            read.Add(sample);
        }

        return read;
    }
}
