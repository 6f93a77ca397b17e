using System.Collections.Concurrent;
using LiveClip.Core.Changes;
using LiveClip.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveClip.Tests.Changes;

public class ChangeFeedTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private readonly ChangeFeed _feed = new(NullLogger<ChangeFeed>.Instance);

    [Fact]
    public async Task Only_changes_of_the_kind_are_told()
    {
        var heard = new ConcurrentQueue<Change>();
        using var streams = Listen<StreamChanged>(heard);
        _feed.Publish(new ClipChanged("a", Guid.NewGuid()));
        _feed.Publish(new StreamChanged("a"));
        await Eventually.TrueAsync(() => !heard.IsEmpty, Bound);
        Assert.Equal([new StreamChanged("a")], heard);
    }

    [Fact]
    public async Task What_a_slow_subscriber_has_not_heard_yet_is_told_once()
    {
        var release = new TaskCompletionSource();
        var heard = new ConcurrentQueue<Change>();
        using var slow = _feed.Subscribe<Change>(async change =>
        {
            heard.Enqueue(change);
            await release.Task;
        });
        _feed.Publish(new StreamChanged("first"));
        await Eventually.TrueAsync(() => heard.Count == 1, Bound);
        for (var i = 0; i < 1_000; i++)
        {
            _feed.Publish(new StreamChanged("a"));
            _feed.Publish(new StreamChanged("b"));
        }

        release.SetResult();
        await Eventually.TrueAsync(() => heard.Count == 3, Bound);

        // Heard once, it is told again when it changes again.
        _feed.Publish(new StreamChanged("a"));
        await Eventually.TrueAsync(() => heard.Count == 4, Bound);
        Assert.Equal(["first", "a", "b", "a"], heard.Select(change => change.StreamId));
    }

    [Fact]
    public async Task Subscription_that_is_awaited_ends_only_when_its_handler_has_returned()
    {
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var subscription = _feed.Subscribe<Change>(async _ =>
        {
            entered.SetResult();
            await release.Task;
        });
        _feed.Publish(new StreamChanged("a"));
        await Eventually.EndsAsync(entered.Task, Bound);

        var ending = subscription.DisposeAsync().AsTask();
        Assert.False(ending.IsCompleted);
        release.SetResult();
        await Eventually.EndsAsync(ending, Bound);
    }

    [Fact]
    public async Task Neither_a_failing_nor_a_hanging_subscriber_keeps_others_from_hearing()
    {
        var heard = new ConcurrentQueue<Change>();
        using var throwing = _feed.Subscribe<Change>(_ => throw new InvalidOperationException("broken"));
        using var failing = _feed.Subscribe<Change>(_ => Task.FromException(new InvalidOperationException("broken")));
        using var hanging = _feed.Subscribe<Change>(_ => new TaskCompletionSource().Task);
        using var well = Listen<Change>(heard);
        _feed.Publish(new StreamChanged("a"));
        _feed.Publish(new StreamChanged("b"));
        await Eventually.TrueAsync(() => heard.Count == 2, Bound);
    }

    [Fact]
    public async Task A_subscriber_that_failed_hears_the_next_change()
    {
        var heard = new ConcurrentQueue<Change>();
        using var failing = _feed.Subscribe<Change>(change =>
        {
            heard.Enqueue(change);
            throw new InvalidOperationException("broken");
        });
        _feed.Publish(new StreamChanged("a"));
        _feed.Publish(new StreamChanged("b"));
        await Eventually.TrueAsync(() => heard.Count == 2, Bound);
    }

    [Fact]
    public async Task One_subscriber_is_told_one_change_at_a_time()
    {
        var (running, most, told) = (0, 0, 0);
        using var subscription = _feed.Subscribe<Change>(async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            told++;
        });
        Parallel.For(0, 100, i => _feed.Publish(new StreamChanged($"{i}")));
        await Eventually.TrueAsync(() => told == 100, Bound);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task After_it_is_disposed_nothing_is_told()
    {
        var (gone, heard) = (new ConcurrentQueue<Change>(), new ConcurrentQueue<Change>());
        Listen<Change>(gone).Dispose();
        using var well = Listen<Change>(heard);
        _feed.Publish(new StreamChanged("a"));
        await Eventually.TrueAsync(() => !heard.IsEmpty, Bound);
        Assert.Empty(gone);
    }

    private ChangeFeed.Subscription Listen<TChange>(ConcurrentQueue<Change> heard)
        where TChange : Change =>
        _feed.Subscribe<TChange>(change =>
        {
            heard.Enqueue(change);
            return Task.CompletedTask;
        });
}
