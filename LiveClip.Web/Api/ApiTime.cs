using System.Globalization;
using System.Text.Json;
using LiveClip.Core.Catalog;

namespace LiveClip.Web.Api;

/// <summary>How the API writes moments, places on a timeline and names of states.</summary>
internal static class ApiTime
{
    /// <summary>UTC with microseconds: "2024-10-15T08:48:31.551351Z".</summary>
    public static string Text(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Seconds of 1/90,000 s, to the microsecond.</summary>
    public static decimal Seconds(long timeline) => Math.Round(timeline / (decimal)Run.TicksPerSecond, 6);

#pragma warning disable CA1308 // The API's names are in lower case.
    public static string LowerCase<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    /// <summary>"broadcastEnded".</summary>
    public static string CamelCase<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
