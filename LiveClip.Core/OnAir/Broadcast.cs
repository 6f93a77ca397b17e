using LiveClip.Core.Changes;
using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>
/// One live stream on air: takes the samples of whoever publishes now and hands them to bounded readers. It outlives a lost connection
/// by the reconnect window, so that an encoder that comes back goes on in the same recording.
/// </summary>
public sealed class Broadcast
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ChangeFeed _changes;
    private readonly Action<Broadcast> _ended;
    private readonly List<BroadcastReader> _readers = [];
    private readonly HealthMeter _meter;
    private readonly ITimer _reconnectTimer;
    private Publication? _publication;

    internal Broadcast(string streamId, TimeSpan reconnectWindow, TimeProvider time, ChangeFeed changes, Action<Broadcast> ended)
    {
        (StreamId, ReconnectWindow, _time, _changes, _ended) = (streamId, reconnectWindow, time, changes, ended);
        (_meter, Disk) = (new HealthMeter(time), new DiskDelay(time));
        _reconnectTimer = time.CreateTimer(_ => End(evenIfReturned: false), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string StreamId { get; }

    public TimeSpan ReconnectWindow { get; }

    public BroadcastState State { get; private set; } = BroadcastState.Preparing;

    /// <summary>When the encoder was lost; null while one is connected.</summary>
    public DateTimeOffset? DisconnectedAt { get; private set; }

    /// <summary>Who publishes now; null while the encoder is away.</summary>
    public Publication? Publication => Volatile.Read(ref _publication);

    public PublisherBrake Brake { get; } = new();

    /// <summary>By kind, of all publishes of this broadcast.</summary>
    public RepairCounter Repairs { get; } = new();

    /// <summary>Kept by whoever writes the recording.</summary>
    public DiskDelay Disk { get; }

    public BroadcastHealth Health => _meter.Read();

    /// <summary>Samples that a reader was too slow for, of all readers.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _readers.Sum(reader => reader.Dropped);
            }
        }
    }

    /// <summary>Every sample from now on, in a queue of its own. A late one has to wait for a sync sample itself.</summary>
    public BroadcastReader AddReader(long maxBytes, TimeSpan maxAge)
    {
        var reader = new BroadcastReader(maxBytes, maxAge, Brake, _time);
        lock (_gate)
        {
            _readers.Add(reader);
            if (State == BroadcastState.Ended)
            {
                reader.Complete();
            }
        }

        return reader;
    }

    /// <summary>Ends it now, whatever the reconnect window says: its duration is over, or the stream was disabled.</summary>
    public void End() => End(evenIfReturned: true);

    /// <summary>Completes the readers and leaves the state alone: the server stops, the recording goes on when it is back.</summary>
    public void Suspend()
    {
        Publication? publication;
        lock (_gate)
        {
            (publication, _publication) = (_publication, null);
            _reconnectTimer.Dispose();
            _readers.ForEach(reader => reader.Complete());
        }

        publication?.Cancel();
    }

    /// <summary>The newest valid publish wins: an old connection that still looks alive must not lock a returning encoder out.</summary>
    /// <returns>Null when it has just ended: the publisher belongs to the next broadcast.</returns>
    internal Publication? Begin(string remoteAddress, string? encoder)
    {
        Publication? previous;
        Publication publication;
        lock (_gate)
        {
            if (State == BroadcastState.Ended)
            {
                return null;
            }

            publication = new Publication(this, remoteAddress, encoder, _time.GetUtcNow());
            (previous, _publication) = (_publication, publication);
            _meter.Begin();
            State = State == BroadcastState.Disconnected ? BroadcastState.Preparing : State;
            DisconnectedAt = null;
            _reconnectTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        previous?.Cancel();
        Announce();
        return publication;
    }

    /// <summary>A broadcast that was on air when the server went down waits for its encoder with a whole window from now.</summary>
    internal void AwaitReturn()
    {
        lock (_gate)
        {
            if (_publication is null && State != BroadcastState.Ended)
            {
                Disconnect();
            }
        }

        Announce();
    }

    internal void Publish(Publication publication, Sample sample)
    {
        var becameActive = false;
        lock (_gate)
        {
            if (_publication != publication)
            {
                return;
            }

            if (State != BroadcastState.Active)
            {
                State = BroadcastState.Active;
                becameActive = true;
            }

            foreach (var reader in _readers)
            {
                reader.Offer(sample);
            }

            _meter.Count(sample);
        }

        if (becameActive)
        {
            Announce();
        }
    }

    internal void Finish(Publication publication, bool endedByPublisher)
    {
        bool mayReturn;
        lock (_gate)
        {
            if (_publication != publication)
            {
                return;
            }

            _publication = null;
            mayReturn = !endedByPublisher && ReconnectWindow > TimeSpan.Zero;
            if (mayReturn)
            {
                Disconnect();
            }
        }

        if (mayReturn)
        {
            Announce();
            return;
        }

        End(evenIfReturned: false);
    }

    private void Disconnect()
    {
        State = BroadcastState.Disconnected;
        DisconnectedAt = _time.GetUtcNow();
        _reconnectTimer.Change(ReconnectWindow, Timeout.InfiniteTimeSpan);
    }

    private void End(bool evenIfReturned)
    {
        Publication? publication;
        lock (_gate)
        {
            if (State == BroadcastState.Ended || (_publication is not null && !evenIfReturned))
            {
                return;
            }

            (publication, _publication) = (_publication, null);
            State = BroadcastState.Ended;
            _reconnectTimer.Dispose();
            _readers.ForEach(reader => reader.Complete());
        }

        publication?.Cancel();
        _ended(this);
        Announce();
    }

    private void Announce() => _changes.Publish(new StreamChanged(StreamId));
}

public enum BroadcastState
{
    /// <summary>Connected, no sample yet.</summary>
    Preparing,
    Active,

    /// <summary>The encoder is away; the reconnect window runs.</summary>
    Disconnected,
    Ended,
}
