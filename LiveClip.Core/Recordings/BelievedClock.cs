namespace LiveClip.Core.Recordings;

/// <summary>
/// The time of day as far as something may be deleted by it. A clock that steps forward, or that begins more than a day behind all that
/// is known, may be wrong: it is believed after it has stood for a day. One that steps back is believed at once: that deletes nothing.
/// </summary>
/// <param name="known">The newest moment that the catalog tells of; null when it tells of none.</param>
internal sealed class BelievedClock(DateTimeOffset? known, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    /// <summary>More than any clock drifts from one reading to the next.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    private readonly long _origin = time.GetTimestamp();
    private DateTimeOffset? _believedAtOrigin;
    private DateTimeOffset _doubtedAtOrigin;
    private TimeSpan _doubtedSince;

    /// <summary>True while the system's clock is ahead of what is believed.</summary>
    public bool IsDoubting { get; private set; }

    public DateTimeOffset Read()
    {
        var elapsed = time.GetElapsedTime(_origin);
        // What the clock showed at the origin if it had always gone as it goes now: changed by steps alone.
        var atOrigin = time.GetUtcNow() - elapsed;
        _believedAtOrigin ??= known is { } last && atOrigin > last + Patience ? last : atOrigin;
        if (atOrigin <= _believedAtOrigin + Tolerance)
        {
            (_believedAtOrigin, IsDoubting) = (atOrigin, false);
        }
        else if (!IsDoubting || (atOrigin - _doubtedAtOrigin).Duration() > Tolerance)
        {
            (_doubtedAtOrigin, _doubtedSince, IsDoubting) = (atOrigin, elapsed, true);
        }
        else if (elapsed - _doubtedSince >= Patience)
        {
            (_believedAtOrigin, IsDoubting) = (atOrigin, false);
        }

        return _believedAtOrigin.Value + elapsed;
    }
}
