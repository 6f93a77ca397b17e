namespace LiveClip.Core.Samples;

/// <summary>
/// How many ticks make a second (ISO 14496-12 §8.4.2, <c>mdhd.timescale</c>). The only place that converts time: integer ticks in
/// 128-bit arithmetic, rounded to the nearest tick, halves away from zero.
/// </summary>
public readonly record struct Timescale(uint TicksPerSecond)
{
    /// <summary>RTMP's and FLV's clock.</summary>
    public static readonly Timescale Milliseconds = new(1000);

    /// <summary>Every video track's clock, and the clock of a recording's timeline.</summary>
    public static readonly Timescale Video = new(90_000);

    /// <summary>The same moment counted by another clock.</summary>
    public long To(Timescale target, long ticks) => Scale(ticks, target.TicksPerSecond, TicksPerSecond);

    public TimeSpan ToTimeSpan(long ticks) => new(Scale(ticks, TimeSpan.TicksPerSecond, TicksPerSecond));

    public long FromTimeSpan(TimeSpan time) => Scale(time.Ticks, TicksPerSecond, TimeSpan.TicksPerSecond);

    public double ToSeconds(long ticks) => ticks / (double)TicksPerSecond;

    /// <exception cref="OverflowException">The number of seconds is not finite or does not fit 64 bits of ticks.</exception>
    public long FromSeconds(double seconds) => checked((long)Math.Round(seconds * TicksPerSecond, MidpointRounding.AwayFromZero));

    private static long Scale(long ticks, long multiplier, long divisor)
    {
        var product = (Int128)ticks * multiplier;
        var half = product < 0 ? -(divisor / 2) : divisor / 2;
        return checked((long)((product + half) / divisor));
    }
}
