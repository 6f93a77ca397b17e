using System.Collections.Immutable;
using LiveClip.Core.Changes;
using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>
/// One live stream on air: takes the samples of whoever publishes now and hands them to bounded readers. It outlives a lost connection
/// by the reconnect window, and an encoder's goodbye by a moment, so that an encoder that comes back goes on in the same recording.
/// </summary>
public sealed class Broadcast
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ChangeFeed _changes;
    private readonly Action<Broadcast> _ended;
    private readonly HealthMeter _meter;
    private readonly TakeoverLimit _takeoverLimit;

    // Replaced as a whole, so that it can be gone through outside the gate.
    private ImmutableArray<BroadcastReader> _readers = [];
    private Publication? _publication;
    private volatile Absence? _absence;
    private ITimer? _absenceTimer;
    private int _reconnects;
    private int _takeovers;
    private long _droppedBefore;

    internal Broadcast(string streamId, TimeProvider time, ChangeFeed changes, Action<Broadcast> ended)
    {
        (StreamId, _time, _changes, _ended) = (streamId, time, changes, ended);
        (_takeoverLimit, _meter, Disk) = (new TakeoverLimit(time), new HealthMeter(time), new DiskDelay(time));
    }

    public string StreamId { get; }

    /// <summary>How long an encoder that was lost may stay away.</summary>
    public required TimeSpan ReconnectWindow { get; init; }

    /// <summary>How long one that said goodbye may, if that is shorter: an encoder that is stopped and started at once.</summary>
    public required TimeSpan EndGrace { get; init; }

    public BroadcastState State { get; private set; } = BroadcastState.Preparing;

    /// <summary>Since when the encoder is away; null while one is connected.</summary>
    public DateTimeOffset? DisconnectedAt => _absence?.Since;

    /// <summary>When it ends unless the encoder is back; null while one is connected.</summary>
    public DateTimeOffset? ReturnBy => _absence?.Until;

    /// <summary>Who publishes now; null while the encoder is away.</summary>
    public Publication? Publication => Volatile.Read(ref _publication);

    /// <summary>How often an encoder came back after it had been away.</summary>
    public int Reconnects => Volatile.Read(ref _reconnects);

    /// <summary>How often a publish pushed out another one that was still connected.</summary>
    public int Takeovers => Volatile.Read(ref _takeovers);

    /// <summary>Encoders fight for the stream: until then, at least, the one that publishes stays. Null in peace.</summary>
    public DateTimeOffset? TakeoversHeldOffUntil
    {
        get
        {
            lock (_gate)
            {
                return _takeoverLimit.HeldOffFor is { Ticks: > 0 } left ? _time.GetUtcNow() + left : null;
            }
        }
    }

    /// <summary>Samples that readers were too slow for, each reader's counted.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _droppedBefore + _readers.Sum(reader => reader.Dropped);
            }
        }
    }

    public PublisherBrake Brake { get; } = new();

    /// <summary>By kind, of all publishes of this broadcast.</summary>
    public RepairCounter Repairs { get; } = new();

    /// <summary>Kept by whoever writes the recording.</summary>
    public DiskDelay Disk { get; }

    public BroadcastHealth Health => _meter.Read();

    /// <summary>Every sample from now on, in a queue of its own. A late one has to wait for a sync sample itself.</summary>
    public BroadcastReader AddReader(long maxBytes, TimeSpan maxAge)
    {
        var reader = new BroadcastReader(maxBytes, maxAge, Brake, _time);
        lock (_gate)
        {
            ForgetReadersThatAreGone();
            _readers = _readers.Add(reader);
            if (State == BroadcastState.Ended)
            {
                reader.Complete();
            }
        }

        return reader;
    }

    /// <summary>Ends it now, whatever the reconnect window says: its duration is over, or the stream was disabled.</summary>
    public void End() => End(unlessBackFrom: null);

    /// <summary>Completes the readers and leaves the state alone: the server stops, the recording goes on when it is back.</summary>
    public void Suspend()
    {
        Publication? publication;
        lock (_gate)
        {
            (publication, _publication) = (_publication, null);
            _absenceTimer?.Dispose();
            ForEachReader(reader => reader.Complete());
        }

        publication?.Cancel();
    }

    /// <summary>
    /// The newest valid publish wins: an old connection that still looks alive must not lock a returning encoder out. Only who pushes
    /// another one out too often is refused, and then <paramref name="publication"/> is null.
    /// </summary>
    /// <returns>False when it has just ended: the publisher belongs to the next broadcast.</returns>
    internal bool TryBegin(string remoteAddress, string? encoder, out Publication? publication)
    {
        publication = null;
        Publication? previous;
        lock (_gate)
        {
            if (State == BroadcastState.Ended)
            {
                return false;
            }

            previous = _publication;
            if (previous is null || _takeoverLimit.TryTakeOver())
            {
                publication = new Publication(this, remoteAddress, encoder, _time.GetUtcNow());
                Accept(publication);
            }
        }

        if (publication is not null)
        {
            previous?.Cancel();
        }

        Announce();
        return true;
    }

    /// <summary>A broadcast that was on air when the server went down waits for its encoder with a whole window from now.</summary>
    internal void AwaitReturn()
    {
        lock (_gate)
        {
            if (_publication is null && State != BroadcastState.Ended)
            {
                Disconnect(ReconnectWindow);
            }
        }

        Announce();
    }

    internal void Publish(Publication publication, Sample sample)
    {
        var becameActive = false;
        ImmutableArray<BroadcastReader> readers;
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

            readers = _readers;
            foreach (var reader in readers)
            {
                reader.Offer(sample);
            }

            _meter.Count(sample);
        }

        foreach (var reader in readers)
        {
            reader.Wake();
        }

        if (becameActive)
        {
            Announce();
        }
    }

    internal void Finish(Publication publication, bool endedByPublisher)
    {
        var wait = endedByPublisher && EndGrace < ReconnectWindow ? EndGrace : ReconnectWindow;
        Absence? absence;
        lock (_gate)
        {
            if (_publication != publication)
            {
                return;
            }

            _publication = null;
            ForEachReader(reader => reader.EndPublication());
            absence = Disconnect(wait);
        }

        if (wait > TimeSpan.Zero)
        {
            Announce();
            return;
        }

        End(absence);
    }

    private void Accept(Publication publication)
    {
        if (_publication is not null)
        {
            Interlocked.Increment(ref _takeovers);
            ForEachReader(reader => reader.EndPublication());
        }

        if (State == BroadcastState.Disconnected)
        {
            Interlocked.Increment(ref _reconnects);
            State = BroadcastState.Preparing;
        }

        _publication = publication;
        _meter.Begin();
        _absence = null;
        _absenceTimer?.Dispose();
    }

    private Absence Disconnect(TimeSpan wait)
    {
        var now = _time.GetUtcNow();
        var absence = new Absence(now, now + wait);
        _absence = absence;
        State = BroadcastState.Disconnected;
        _absenceTimer?.Dispose();
        _absenceTimer = wait > TimeSpan.Zero
            ? _time.CreateTimer(_ => End(absence), null, wait, Timeout.InfiniteTimeSpan)
            : null;
        return absence;
    }

    /// <param name="unlessBackFrom">An absence that is over by now ends nothing: its timer may fire while the encoder returns.</param>
    private void End(Absence? unlessBackFrom)
    {
        Publication? publication;
        lock (_gate)
        {
            if (State == BroadcastState.Ended || (unlessBackFrom is not null && unlessBackFrom != _absence))
            {
                return;
            }

            (publication, _publication) = (_publication, null);
            State = BroadcastState.Ended;
            _absence = null;
            _absenceTimer?.Dispose();
            ForEachReader(reader => reader.Complete());
        }

        publication?.Cancel();
        _ended(this);
        Announce();
    }

    private void ForEachReader(Action<BroadcastReader> act)
    {
        foreach (var reader in _readers)
        {
            act(reader);
        }
    }

    private void ForgetReadersThatAreGone()
    {
        _droppedBefore += _readers.Where(reader => reader.IsGone).Sum(reader => reader.Dropped);
        _readers = _readers.RemoveAll(reader => reader.IsGone);
    }

    private void Announce() => _changes.Publish(new StreamChanged(StreamId));

    /// <summary>One time that the encoder is away.</summary>
    private sealed class Absence(DateTimeOffset since, DateTimeOffset until)
    {
        public DateTimeOffset Since => since;

        public DateTimeOffset Until => until;
    }
}

public enum BroadcastState
{
    /// <summary>Connected, no sample yet.</summary>
    Preparing,
    Active,

    /// <summary>The encoder is away and may come back.</summary>
    Disconnected,
    Ended,
}
