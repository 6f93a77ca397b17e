namespace LiveClip.Core.Live;

/// <summary>
/// Holds an encoder's clock against the server's monotonic one. The least delayed sample of ten seconds tells how far they are apart,
/// because what happens on the way only ever delays. All times in 1/90,000 s since the run's first sample.
/// </summary>
internal sealed class DriftMeter
{
    private const long Window = 10 * 90_000;

    /// <summary>20 ms: less is jitter.</summary>
    private const long Tolerance = 1_800;

    /// <summary>90 ms: one step per window follows a clock that is almost a hundredth off.</summary>
    private const long LongestStep = 8_100;

    /// <summary>A publisher that is so far ahead of what has been measured sends a file rather than what happens now.</summary>
    private const long LongestLead = 2 * 90_000;

    private long _windowStart;
    private long _least = long.MaxValue;
    private long? _measured;

    /// <summary>How much later than its media time a sample arrives, as far as that has been taken over.</summary>
    public long Delay { get; private set; }

    public void Add(long mediaTime, long arrival)
    {
        if (arrival - _windowStart >= Window)
        {
            (_measured, _least, _windowStart) = (_least, long.MaxValue, arrival);
        }

        _least = Math.Min(_least, arrival - mediaTime);
    }

    /// <summary>True when <see cref="Delay"/> has changed, at most once a window.</summary>
    public bool TryStep()
    {
        if (_measured is not { } measured)
        {
            return false;
        }

        _measured = null;
        var off = measured - Delay;
        if (Math.Abs(off) < Tolerance || off < -LongestLead)
        {
            return false;
        }

        Delay += Math.Clamp(off, -LongestStep, LongestStep);
        return true;
    }
}
