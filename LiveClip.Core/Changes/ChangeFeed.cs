using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Changes;

/// <summary>
/// Tells subscribers that something changed. Publishing never waits: each subscriber has its own loop, and a change that it has not
/// heard yet is not queued a second time, so a slow subscriber's backlog is bounded by the number of things that exist.
/// </summary>
public sealed partial class ChangeFeed(ILogger<ChangeFeed> logger)
{
    private readonly Lock _gate = new();
    private Subscription[] _subscriptions = [];

    public void Publish(Change change)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.Offer(change);
        }
    }

    /// <summary>Calls <paramref name="handler"/> for each change of the kind, one at a time, until disposed.</summary>
    public Subscription Subscribe<TChange>(Func<TChange, Task> handler)
        where TChange : Change
    {
        var subscription = new Subscription(this, change => handler((TChange)change), typeof(TChange));
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
        }
    }

    [LoggerMessage(LogLevel.Error, "Subscriber of {Change} failed")]
    private partial void LogSubscriberFailed(Change change, Exception error);

    /// <summary>Ends when disposed; disposed asynchronously, only when the handler that runs has returned, so that nothing comes after.</summary>
    public sealed class Subscription : IDisposable, IAsyncDisposable
    {
        private readonly ChangeFeed _feed;
        private readonly Func<Change, Task> _handler;
        private readonly Type _kind;
        private readonly Lock _gate = new();
        private readonly List<Change> _pending = [];
        private bool _running;
        private bool _disposed;
        private Task _delivery = Task.CompletedTask;

        internal Subscription(ChangeFeed feed, Func<Change, Task> handler, Type kind) => (_feed, _handler, _kind) = (feed, handler, kind);

        internal void Offer(Change change)
        {
            lock (_gate)
            {
                if (_disposed || !_kind.IsInstanceOfType(change) || _pending.Contains(change))
                {
                    return;
                }

                _pending.Add(change);
                if (_running)
                {
                    return;
                }

                _running = true;

                // Owned by the subscription: it ends as soon as nothing is pending.
                _delivery = Task.Run(DeliverAsync);
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                _disposed = true;
                _pending.Clear();
            }

            _feed.Remove(this);
        }

        public async ValueTask DisposeAsync()
        {
            Dispose();
            await _delivery;
        }

        private async Task DeliverAsync()
        {
            while (Next() is { } change)
            {
                try
                {
                    await _handler(change);
                }
#pragma warning disable CA1031 // The owner's loop: one subscriber's failure must reach neither the publisher nor the other subscribers.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    _feed.LogSubscriberFailed(change, error);
                }
            }
        }

        private Change? Next()
        {
            lock (_gate)
            {
                if (_pending.Count == 0)
                {
                    _running = false;
                    return null;
                }

                var change = _pending[0];
                _pending.RemoveAt(0);
                return change;
            }
        }
    }
}
