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
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private readonly ManualTimeProvider _time = new();
    private BroadcastRegistry _registry = default!;
    private readonly List<(Broadcast Broadcast, BroadcastReader Reader)> _started = [];
    private readonly List<Sample> _samples = new SyntheticEncoder().Encode(seconds: 2);

    public BroadcastTests() => Create(endGrace: TimeSpan.Zero);

    [Fact]
    public async Task A_broadcast_is_told_before_its_first_sample_and_active_with_it()
    {
        var publication = Begin();
        var (broadcast, reader) = Assert.Single(_started);
        Assert.Equal(BroadcastState.Preparing, broadcast.State);

        publication.Publish(_samples[0]);
        Assert.Equal(BroadcastState.Active, broadcast.State);
        publication.Finish(endedByPublisher: true);
        Assert.Equal([_samples[0], null], await ReadAsync(reader));
    }

    [Fact]
    public void Without_a_grace_a_goodbye_ends_it_at_once()
    {
        var publication = Begin();
        publication.Publish(_samples[0]);
        publication.Finish(endedByPublisher: true);
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
        Assert.Null(_registry.Find("stream"));
    }

    [Fact]
    public async Task An_encoder_that_is_stopped_and_started_at_once_goes_on_in_the_same_broadcast()
    {
        Create(Grace);
        var first = Begin();
        first.Publish(_samples[0]);
        first.Finish(endedByPublisher: true);
        var (broadcast, reader) = _started[0];
        Assert.Equal(BroadcastState.Disconnected, broadcast.State);
        Assert.Equal((_time.GetUtcNow(), _time.GetUtcNow() + Grace), (broadcast.DisconnectedAt, broadcast.ReturnBy));

        _time.Advance(Grace - TimeSpan.FromMilliseconds(1));
        var second = Begin();
        second.Publish(_samples[1]);
        _time.Advance(Window);
        Assert.Equal((BroadcastState.Active, 1, 0), (broadcast.State, broadcast.Reconnects, broadcast.Takeovers));

        second.Finish(endedByPublisher: true);
        _time.Advance(Grace);
        Assert.Equal(BroadcastState.Ended, broadcast.State);
        Assert.Single(_started);
        Assert.Equal([_samples[0], null, _samples[1], null], await ReadAsync(reader));
    }

    [Fact]
    public void A_loss_waits_the_whole_window_also_after_a_goodbye()
    {
        Create(Grace);
        Begin().Finish(endedByPublisher: true);
        _time.Advance(Grace / 2);
        Begin().Finish(endedByPublisher: false);
        var broadcast = _started[0].Broadcast;
        Assert.Equal(_time.GetUtcNow() + Window, broadcast.ReturnBy);
        _time.Advance(Window - TimeSpan.FromMilliseconds(1));
        Assert.Equal(BroadcastState.Disconnected, broadcast.State);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BroadcastState.Ended, broadcast.State);
        Assert.Null(broadcast.ReturnBy);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void The_grace_is_never_longer_than_the_window(int seconds)
    {
        Create(Grace);
        var window = TimeSpan.FromSeconds(seconds);
        _registry.Begin("stream", window, "127.0.0.1", null).Finish(endedByPublisher: true);
        _time.Advance(window);
        Assert.Equal(BroadcastState.Ended, _started[0].Broadcast.State);
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
        Assert.Equal([_samples[0], null, _samples[1], null], await ReadAsync(reader));
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
        Assert.Equal([_samples[0], null, _samples[2], null], await ReadAsync(_started[0].Reader));
        Assert.Single(_started);
    }

    [Fact]
    public void Two_encoders_that_fight_push_each_other_out_five_times_a_minute_and_then_the_publisher_stays()
    {
        var publisher = Begin();
        var broadcast = _started[0].Broadcast;
        for (var i = 0; i < TakeoverLimit.MostPerMinute; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            publisher = Begin();
        }

        Assert.Null(broadcast.TakeoversHeldOffUntil);
        Assert.Null(TryBegin());
        Assert.Equal(_time.GetUtcNow() + Minute, broadcast.TakeoversHeldOffUntil);
        Assert.False(publisher.Cancelled.IsCancellationRequested);
        Assert.Same(publisher, broadcast.Publication);
        Assert.Equal(5, broadcast.Takeovers);

        _time.Advance(Minute - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(broadcast.TakeoversHeldOffUntil);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(broadcast.TakeoversHeldOffUntil);
        Begin();
        Assert.True(publisher.Cancelled.IsCancellationRequested);
        Assert.Single(_started);
    }

    [Fact]
    public void Who_keeps_trying_is_kept_out_as_long_as_the_publisher_stays()
    {
        var publisher = Fight();
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.Null(TryBegin());
        }

        Assert.False(publisher.Cancelled.IsCancellationRequested);
        publisher.Finish(endedByPublisher: false);
        Assert.NotNull(TryBegin());
        Assert.Equal((5, 1), (_started[0].Broadcast.Takeovers, _started[0].Broadcast.Reconnects));
    }

    [Fact]
    public void A_returning_encoder_that_takes_over_now_and_then_is_never_refused()
    {
        Begin();
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(12));
            Assert.NotNull(TryBegin());
        }
    }

    [Fact]
    public async Task A_fight_is_told()
    {
        var changes = new ChangeFeed(NullLogger<ChangeFeed>.Instance);
        Create(endGrace: TimeSpan.Zero, changes);
        Fight();
        var told = new TaskCompletionSource();
        await using var subscription = changes.Subscribe<StreamChanged>(_ =>
        {
            told.TrySetResult();
            return Task.CompletedTask;
        });
        Assert.Null(TryBegin());
        await Eventually.EndsAsync(told.Task, Bound);
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
        Assert.False(broadcast.TryBegin("127.0.0.1", null, out _));
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
            if (TryBegin() is { } publication)
            {
                publication.Publish(_samples[i % _samples.Count]);
                publication.Finish(endedByPublisher: i % 3 == 0);
            }

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
        Assert.Equal((2, 1, 0), (repairs[Repair.SoundMoved], repairs[Repair.ClockJumped], repairs[Repair.SoundDropped]));
    }

    [Fact]
    public async Task Of_two_encoders_that_come_at_the_same_moment_nobody_publishes_before_the_readers_are_there()
    {
        using var readersMayCome = new ManualResetEventSlim();
        var starts = 0;
        _registry.Started += _ =>
        {
            Interlocked.Increment(ref starts);
            readersMayCome.Wait(TestContext.Current.CancellationToken);
        };
        var publishes = Enumerable.Range(0, 2).Select(_ => Task.Run(Begin)).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref starts) == 1, Bound);
        Assert.DoesNotContain(publishes, publish => publish.IsCompleted);

        readersMayCome.Set();
        var publications = await Eventually.EndsAsync(Task.WhenAll(publishes), Bound);
        var winner = Assert.Single(publications, publication => !publication.Cancelled.IsCancellationRequested);
        winner.Publish(_samples[0]);
        winner.Finish(endedByPublisher: true);
        Assert.Equal([_samples[0], null], await ReadAsync(Assert.Single(_started).Reader));
    }

    [Fact]
    public void What_readers_were_too_slow_for_is_counted_also_when_they_are_gone()
    {
        var publication = Begin();
        var broadcast = _started[0].Broadcast;
        var slow = broadcast.AddReader(maxBytes: 1_000, TimeSpan.MaxValue);
        _samples.ForEach(publication.Publish);
        var dropped = slow.Dropped;
        Assert.True(dropped > 0);
        Assert.Equal(dropped, broadcast.Dropped);

        slow.Dispose();
        broadcast.AddReader(1_000_000, TimeSpan.MaxValue).Dispose();
        Assert.Equal(dropped, broadcast.Dropped);
    }

    [Fact]
    public async Task A_reader_that_has_stopped_holds_up_neither_the_publisher_nor_the_other_readers()
    {
        var publication = Begin();
        var (broadcast, reader) = _started[0];
        broadcast.AddReader(maxBytes: 1_000, TimeSpan.MaxValue);
        _samples.ForEach(publication.Publish);
        publication.Finish(endedByPublisher: true);
        Assert.Equal([.. _samples, null], await ReadAsync(reader));
        Assert.Equal(0, reader.Dropped);
    }

    /// <summary>Up to the last takeover that is allowed; returns the one that publishes.</summary>
    private Publication Fight()
    {
        var publisher = Begin();
        for (var i = 0; i < TakeoverLimit.MostPerMinute; i++)
        {
            publisher = Begin();
        }

        return publisher;
    }

    private Publication? TryBegin() => _registry.TryBegin("stream", Window, "127.0.0.1", "test");

    private Publication Begin() => _registry.Begin("stream", Window, "127.0.0.1", "test");

    private void Create(TimeSpan endGrace, ChangeFeed? changes = null)
    {
        _registry = new BroadcastRegistry(_time, changes ?? new ChangeFeed(NullLogger<ChangeFeed>.Instance)) { EndGrace = endGrace };
        _registry.Started += broadcast =>
        {
            lock (_started)
            {
                _started.Add((broadcast, broadcast.AddReader(1_000_000, TimeSpan.MaxValue)));
            }
        };
    }

    /// <summary>Null stands for the end of a publication.</summary>
    private static async Task<List<Sample?>> ReadAsync(BroadcastReader reader)
    {
        var read = new List<Sample?>();
        await foreach (var sample in reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            read.Add(sample);
        }

        return read;
    }
}
