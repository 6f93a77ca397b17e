using LiveClip.Core.Changes;

namespace LiveClip.Core.OnAir;

/// <summary>All broadcasts on air, by live stream.</summary>
public sealed class BroadcastRegistry(TimeProvider time, ChangeFeed changes)
{
    private readonly Lock _starting = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Broadcast> _broadcasts = [];

    /// <summary>Raised before anybody can publish into a new broadcast; other new ones wait meanwhile.</summary>
    public event Action<Broadcast>? Started;

    /// <summary>See <see cref="Broadcast.EndGrace"/>.</summary>
    public TimeSpan EndGrace { get; init; }

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
    /// <returns>Null when it would push out another encoder, and that has happened too often (<see cref="TakeoverLimit"/>).</returns>
    public Publication? TryBegin(string streamId, TimeSpan reconnectWindow, string remoteAddress, string? encoder)
    {
        // A broadcast may end between being found and being joined; the next one found is another.
        while (true)
        {
            if (FindOrStart(streamId, reconnectWindow).TryBegin(remoteAddress, encoder, out var publication))
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
        // Of two encoders that come at the same moment, the second one too finds the broadcast only when its readers are there.
        lock (_starting)
        {
            if (Find(streamId) is { State: not BroadcastState.Ended } onAir)
            {
                return onAir;
            }

            var broadcast = new Broadcast(streamId, time, changes, Remove) { ReconnectWindow = reconnectWindow, EndGrace = EndGrace };
            lock (_gate)
            {
                _broadcasts[streamId] = broadcast;
            }

            Started?.Invoke(broadcast);
            return broadcast;
        }
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
