using LiveClip.Core.Catalog;

namespace LiveClip.Core.Health;

/// <summary>Sums a minute's readings up. Averages leave out the seconds in which no encoder was there.</summary>
internal static class MinuteSummary
{
    public static HealthMinute Of(
        string streamId, Guid? recordingId, IReadOnlyList<HealthReading> readings, IEnumerable<string> issues)
    {
        var connected = readings.Where(reading => reading.IsConnected).DefaultIfEmpty().ToList();
        return new HealthMinute
        {
            StreamId = streamId,
            Start = readings[0].Time,
            RecordingId = recordingId,
            Readings = readings.Count,
            VideoBitsPerSecond = Math.Round(connected.Average(reading => reading.VideoBitsPerSecond)),
            LowestVideoBitsPerSecond = Math.Round(connected.Min(reading => reading.VideoBitsPerSecond)),
            HighestVideoBitsPerSecond = Math.Round(connected.Max(reading => reading.VideoBitsPerSecond)),
            AudioBitsPerSecond = Math.Round(connected.Average(reading => reading.AudioBitsPerSecond)),
            FramesPerSecond = Math.Round(connected.Average(reading => reading.PicturesPerSecond), 2),
            LowestFramesPerSecond = Math.Round(connected.Min(reading => reading.PicturesPerSecond), 2),
            LongestGopSeconds = Milliseconds(connected.Max(reading => Math.Max(reading.GopSeconds, reading.OpenGopSeconds))),
            LargestSkewSeconds = Milliseconds(connected.Select(reading => reading.SkewSeconds).MaxBy(skew => Math.Abs(skew ?? 0))),
            LowestLeadSeconds = Milliseconds(connected.Min(reading => reading.LeadSeconds)),
            LongestDiskDelaySeconds = Milliseconds(readings.Max(reading => reading.DiskDelaySeconds)),
            Repairs = readings.Sum(reading => reading.Repairs),
            Dropped = readings.Sum(reading => reading.Dropped),
            Reconnects = readings.Sum(reading => reading.Reconnects),
            Issues = string.Join(',', issues),
        };
    }

    private static double Milliseconds(float seconds) => Math.Round(seconds, 3);

    private static double? Milliseconds(float? seconds) => seconds is { } some ? Milliseconds(some) : null;
}
