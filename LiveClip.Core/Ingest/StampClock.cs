namespace LiveClip.Core.Ingest;

/// <summary>
/// Puts the 32-bit millisecond stamps of one track on the publish's own clock. That clock never jumps: where the encoder's does, it goes
/// on at the usual distance, and the other track joins it as soon as its stamps have made the same jump.
/// </summary>
internal sealed class StampClock
{
    /// <summary>A longer pause, or a longer way back, is a jump: what follows has nothing to do with what was before.</summary>
    public const long JumpForward = 5_000;
    public const long JumpBack = 1_000;

    /// <summary>Stamps that lie up to this far back are out of order, and soon past it again; those further back have been set back.</summary>
    private const long OutOfOrder = 250;

    private const long LongestUsual = 1_000;

    private long _stamp;
    private long _offset;
    private long _usual;

    // The stamp before the last: a single one that was too late is followed by one that is right.
    private long _before;

    // Before the last move, until the next stamp has shown which of the two is right.
    private long? _former;

    /// <summary>Milliseconds of the publish's clock; null before the first stamp.</summary>
    public long? Last { get; private set; }

    private long Expected => Last!.Value + _usual;

    /// <summary>Sets <see cref="Last"/> to the place of that stamp.</summary>
    public Placing Place(uint timestamp, StampClock other)
    {
        if (Last is null)
        {
            return PlaceFirst(timestamp, other);
        }

        var stamp = Unwrap(timestamp);
        var far = stamp - _stamp is < -JumpBack or > JumpForward;
        var placing = TryReturn(stamp) ? Placing.Returned
            : Fits(stamp + _offset, other) ? (far ? Placing.Jumped : Placing.Steady)
            : Move(stamp, other, far);
        var at = stamp + _offset;
        _usual = at - Last is > 0 and <= LongestUsual and var step ? step : _usual;
        (_stamp, _before, Last) = (stamp, Last.Value, at);
        return placing;
    }

    private Placing PlaceFirst(uint timestamp, StampClock other)
    {
        _stamp = other.Last is null ? timestamp : other.Unwrap(timestamp);
        _offset = other._offset;
        var isApart = other.Last is { } last && Math.Abs(_stamp + _offset - last) > JumpForward;
        if (isApart)
        {
            _offset = other.Last!.Value - _stamp;
        }

        _before = _stamp + _offset;
        Last = _before;
        return isApart ? Placing.Moved : Placing.Steady;
    }

    /// <summary>One wrong stamp has moved the clock, and the next one shows it.</summary>
    private bool TryReturn(long stamp)
    {
        var isBack = _former is { } former && Math.Abs(stamp + former - Expected) < Math.Abs(stamp + _offset - Expected);
        (_offset, _former) = (isBack ? _former!.Value : _offset, null);
        return isBack;
    }

    private Placing Move(long stamp, StampClock other, bool far)
    {
        _former = _offset;
        if (other.Last is not null && Fits(stamp + other._offset, other))
        {
            _offset = other._offset;
            return far ? Placing.Jumped : Placing.Steady;
        }

        _offset = Expected - stamp;
        return far ? Placing.JumpedAlone : Placing.Moved;
    }

    /// <summary>Where the other track has gone on, this one may have paused for longer.</summary>
    private bool Fits(long at, StampClock other) =>
        at >= Math.Min(Last!.Value, _before) - OutOfOrder && at <= Math.Max(Last!.Value, other.Last ?? long.MinValue) + JumpForward;

    private long Unwrap(uint timestamp) => _stamp + (int)(timestamp - (uint)_stamp);
}

/// <summary>What a stamp did to its track's clock.</summary>
internal enum Placing
{
    Steady,

    /// <summary>A pause, or a way back, that is too long to be one; the clock has joined, or was already on, the other track's.</summary>
    Jumped,

    /// <summary>As <see cref="Jumped"/>, and the other track has not done so.</summary>
    JumpedAlone,

    /// <summary>The track's stamps have nothing to do with the other's, or were set back a little: they go on where the clock is.</summary>
    Moved,

    /// <summary>The stamp before was wrong, and all is as it was.</summary>
    Returned,
}
