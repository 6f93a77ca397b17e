using System.Globalization;

namespace LiveClip.Core.Health;

/// <summary>The last minute of readings, as the deciders look at it.</summary>
/// <param name="minute">Oldest first, at least one.</param>
internal sealed class HealthWindow(IReadOnlyList<HealthReading> minute, HealthContext context)
{
    public IReadOnlyList<HealthReading> Minute { get; } = minute;

    public HealthContext Context { get; } = context;

    public HealthReading Now { get; } = minute[^1];

    /// <summary>Those of the encoder that publishes now.</summary>
    public IReadOnlyList<HealthReading> Publish { get; } =
        [.. minute.Where(reading => reading.IsConnected && reading.Publish == minute[^1].Publish)];

    /// <summary>Seconds since anything arrived of the encoder that publishes now.</summary>
    public int SilentSeconds => Publish.Reverse().TakeWhile(reading => reading.IsSilent).Count();

    /// <summary>Over the last seconds of this publish; 0 while it is shorter than half of them.</summary>
    public double Average(int seconds, Func<HealthReading, double> figure)
    {
        var last = Last(seconds);
        return last.Count * 2 < seconds ? 0 : last.Average(figure);
    }

    public IReadOnlyList<HealthReading> Last(int seconds) => [.. Publish.Skip(Publish.Count - seconds)];

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What readings do not tell.</summary>
/// <param name="MaxLines">The longest shorter side that the stream is set to; null while that is not known.</param>
/// <param name="RecentReconnects">Of the last ten minutes.</param>
/// <param name="TakeoversHeldOff">Another encoder keeps trying and is refused.</param>
public readonly record struct HealthContext(int? MaxLines, int RecentReconnects, bool TakeoversHeldOff = false);
