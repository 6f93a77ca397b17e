using System.Globalization;

namespace LiveClip.Web.Components.Controls;

/// <summary>Times in the words of the control room.</summary>
internal static class Timecode
{
    private const long TicksPerMillisecond = 90;

    /// <summary>A place on a recording's timeline (1/90,000 s) as hh:mm:ss.fff, cut off at the millisecond.</summary>
    public static string At(long time90K)
    {
        var milliseconds = Math.Abs(time90K) / TicksPerMillisecond;
        var sign = time90K < 0 ? "-" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sign}{milliseconds / 3_600_000:00}:{milliseconds / 60_000 % 60:00}:{milliseconds / 1000 % 60:00}.{milliseconds % 1000:000}");
    }

    /// <summary>A length (1/90,000 s) as m:ss.f, with hours when there are any.</summary>
    public static string Length(long time90K)
    {
        var tenths = ((time90K / TicksPerMillisecond) + 50) / 100;
        return string.Create(CultureInfo.InvariantCulture, $"{Clock(tenths / 10)}.{tenths % 10}");
    }

    /// <summary>How long something has been going on: m:ss, with hours when there are any.</summary>
    public static string Length(TimeSpan length) => Clock(Math.Max(0, (long)length.TotalSeconds));

    /// <summary>A difference of two places as +s.fff or −s.fff.</summary>
    public static string Difference(long time90K) =>
        string.Create(CultureInfo.InvariantCulture, $"{(time90K < 0 ? '−' : '+')}{Math.Abs(time90K) / 90_000m:0.000} s");

    private static string Clock(long seconds) => seconds >= 3600
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}");
}
