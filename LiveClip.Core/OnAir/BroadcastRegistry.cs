using LiveClip.Core.Changes;

namespace LiveClip.Core.OnAir;

/// <summary>All broadcasts on air, by live stream.</summary>
public sealed class BroadcastRegistry(TimeProvider time, ChangeFeed changes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Broadcast> _broadcasts = [];

    /// <summary>Raised under no lock, before the first sample of a new broadcast can be published.</summary>
    public event Action<Broadcast>? Started;

    public Broadcast? Find(string streamId)
    {
        lock (_gate)
        {
            return _broadcasts.GetValueOrDefault(streamId);
        }
    }

    public IReadOnlyList<Broadcast> All()
    {
        lock (_gate)
        {
            return [.. _broadcasts.Values];
        }
    }

    /// <summary>Begins to publish a live stream: in its broadcast that is on air or waits for its encoder, else in a new one.</summary>
    public Publication Begin(string streamId, TimeSpan reconnectWindow, string remoteAddress, string? encoder)
    {
        // A broadcast may end between being found and being joined; the next one found is another.
        while (true)
        {
            if (FindOrStart(streamId, reconnectWindow).Begin(remoteAddress, encoder) is { } publication)
            {
                return publication;
            }
        }
    }

    /// <summary>A recording that was on air when the server went down is on air again and waits for its encoder.</summary>
    public Broadcast Resume(string streamId, TimeSpan reconnectWindow)
    {
        var broadcast = FindOrStart(streamId, reconnectWindow);
        broadcast.AwaitReturn();
        return broadcast;
    }

    /// <summary>Closes the publisher's connection; an encoder with a valid key may come back within the reconnect window.</summary>
    public void DropPublisher(string streamId) => Find(streamId)?.Publication?.Cancel();

    private Broadcast FindOrStart(string streamId, TimeSpan reconnectWindow)
    {
        Broadcast? broadcast;
        lock (_gate)
        {
            if (_broadcasts.TryGetValue(streamId, out broadcast) && broadcast.State != BroadcastState.Ended)
            {
                return broadcast;
            }

            broadcast = new Broadcast(streamId, reconnectWindow, time, changes, Remove);
            _broadcasts[streamId] = broadcast;
        }

        Started?.Invoke(broadcast);
        return broadcast;
    }

    private void Remove(Broadcast broadcast)
    {
        lock (_gate)
        {
            if (_broadcasts.GetValueOrDefault(broadcast.StreamId) == broadcast)
            {
                _broadcasts.Remove(broadcast.StreamId);
            }
        }
    }
}
