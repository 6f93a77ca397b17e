using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>
/// How far a track's times are ahead of the clock on the wall as they arrive. The best of a second counts: what comes in lumps or was
/// held up on the way is behind only by its wait. Decode times are taken, since reordering sets a picture's time of display off.
/// </summary>
internal sealed class TrackPace(TimeProvider time)
{
    /// <summary>Far enough in the past for any difference, near enough to be subtracted.</summary>
    private const long Never = long.MinValue / 2;

    private long _second = Never;
    private double? _best;
    private double? _bestBefore;

    /// <summary>Seconds, comparable between tracks of one encoder's clock; null when nothing came in the last two seconds.</summary>
    public double? Newest => (time.GetTimestamp() / time.TimestampFrequency) - _second <= 1 ? Best(_best, _bestBefore) : null;

    public void Add(Sample sample)
    {
        var second = sample.Arrival / time.TimestampFrequency;
        if (second != _second)
        {
            (_bestBefore, _best, _second) = (second == _second + 1 ? _best : null, null, second);
        }

        var ahead = sample.Track.Timescale.ToSeconds(sample.DecodeTime) - (sample.Arrival / (double)time.TimestampFrequency);
        _best = Best(_best, ahead);
    }

    public void Clear() => (_second, _best, _bestBefore) = (Never, null, null);

    private static double? Best(double? a, double? b) => a is null || b > a ? b ?? a : a;
}
