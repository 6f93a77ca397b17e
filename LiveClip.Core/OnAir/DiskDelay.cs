namespace LiveClip.Core.OnAir;

/// <summary>
/// How long the disk takes with a broadcast's media: from a fragment's finish to the return of its write. One that has not returned
/// counts as long as it has been waiting, so that a disk that hangs is seen while it hangs.
/// </summary>
public sealed class DiskDelay(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Queue<long> _waiting = new();
    private TimeSpan _longest;

    /// <summary>A fragment is finished and waits for the disk.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _waiting.Enqueue(time.GetTimestamp());
        }
    }

    /// <summary>The write of the fragment that has been waiting longest has returned, well or not.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var began))
            {
                _longest = Longer(_longest, time.GetElapsedTime(began));
            }
        }
    }

    /// <summary>The longest since this was last asked.</summary>
    public TimeSpan Take()
    {
        lock (_gate)
        {
            var longest = _waiting.TryPeek(out var began) ? Longer(_longest, time.GetElapsedTime(began)) : _longest;
            _longest = TimeSpan.Zero;
            return longest;
        }
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
