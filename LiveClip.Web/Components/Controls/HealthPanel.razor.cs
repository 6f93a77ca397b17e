using System.Globalization;
using LiveClip.Core.Health;
using Microsoft.AspNetCore.Components;

namespace LiveClip.Web.Components.Controls;

/// <summary>All there is to say of a stream's health.</summary>
public sealed partial class HealthPanel
{
    private const int SecondsPerPoint = 5;

    [Parameter, EditorRequired]
    public HealthReport Report { get; set; } = HealthReport.None;

    private static string SignOf(HealthSeverity severity) => severity switch
    {
        HealthSeverity.Error => "alarm",
        HealthSeverity.Warning => "warning",
        _ => "info",
    };

    private IReadOnlyList<Figure> Figures(HealthReading now) =>
    [
        New("Video", now.VideoBitsPerSecond / 1e6, "0.0", "Mb/s", 1, reading => reading.VideoBitsPerSecond / 1e6),
        New("Sound", now.AudioBitsPerSecond / 1e3, "0", "kb/s", 64, reading => reading.AudioBitsPerSecond / 1e3),
        New("Frame rate", now.FramesPerSecond, "0.##", "fps", 10, reading => reading.PicturesPerSecond),
        New("Keyframe every", Gop(now), "0.0", "s", 2, Gop),
        New("Sound to picture", now.SkewSeconds * 1e3, "0", "ms", 100, reading => reading.SkewSeconds * 1e3),
        New("Behind real time", Lag(now), "0.0", "s", 1, Lag),
        New("Viewers", now.Audience.Viewers, "0", "", 4, reading => reading.Audience.Viewers),
        New("Sent to them", now.Audience.Bytes * 8 / 1e6, "0.0", "Mb/s", 1, reading => reading.Audience.Bytes * 8 / 1e6),
        New("Disk", now.DiskDelaySeconds * 1e3, "0", "ms", 100, reading => reading.DiskDelaySeconds * 1e3),
    ];

    /// <summary>Ahead is not worth a figure: what runs ahead without end is an issue.</summary>
    private static double? Lag(HealthReading reading) => reading.LeadSeconds is { } lead ? Math.Max(0, -lead) : null;

    private static double? Gop(HealthReading reading) =>
        Math.Max(reading.GopSeconds, reading.OpenGopSeconds) is > 0 and var gop ? gop : null;

    private Figure New(string name, double? value, string format, string unit, double range, Func<HealthReading, double?> figure) => new(
        name,
        value is { } some ? WithoutSignOfZero(some.ToString(format, CultureInfo.InvariantCulture)) : "–",
        unit,
        range,
        // By the clock, so that a point keeps its place among those before it from one drawing to the next.
        [
            .. Report.Readings.GroupBy(reading => reading.Time.ToUnixTimeSeconds() / SecondsPerPoint)
                .Select(point => point.Average(reading => reading.IsConnected ? figure(reading) : null)),
        ]);

    private static string WithoutSignOfZero(string number) => number is "-0" or "-0.0" ? number[1..] : number.Replace('-', '−');

    /// <summary>Of the last minutes; null when nobody watched.</summary>
    private string? MediaFrom
    {
        get
        {
            var (memory, disk) = (Report.Readings.Sum(reading => reading.Audience.FromMemory), Report.Readings.Sum(reading => reading.Audience.FromDisk));
            return memory + disk == 0
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(100d * memory / (memory + disk)):0} % of what viewers asked for was still in memory.");
        }
    }

    private string Count(Func<HealthReading, int> count, string one, string many)
    {
        var sum = Report.Readings.Sum(count);
        return $"{sum} {(sum == 1 ? one : many)}";
    }

    /// <param name="Range">What the line's height stands for at least, so that noise lies flat.</param>
    private sealed record Figure(string Name, string Value, string Unit, double Range, IReadOnlyList<double?> Past);
}
