namespace LiveClip.Core.OnAir;

/// <summary>
/// How often encoders may push each other out of one live stream: two that fight for it would cut its recording to pieces. After five
/// takeovers within a minute the one that publishes stays, until nobody has tried for a minute.
/// </summary>
internal sealed class TakeoverLimit(TimeProvider time)
{
    public const int MostPerMinute = 5;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _takeovers = new();
    private long? _lastRefusal;

    /// <summary>How much longer takeovers are refused; zero when they are not.</summary>
    public TimeSpan HeldOffFor =>
        _lastRefusal is { } refusal && Minute - time.GetElapsedTime(refusal) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Counts one. A refused one prolongs the refusal, or patience would win the fight once a minute.</summary>
    public bool TryTakeOver()
    {
        while (_takeovers.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= Minute)
        {
            _takeovers.Dequeue();
        }

        if (HeldOffFor > TimeSpan.Zero || _takeovers.Count == MostPerMinute)
        {
            _lastRefusal = time.GetTimestamp();
            return false;
        }

        _takeovers.Enqueue(time.GetTimestamp());
        return true;
    }
}
