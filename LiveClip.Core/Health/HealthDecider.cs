namespace LiveClip.Core.Health;

/// <summary>Decides what is wrong with a stream in its last minute. Pure; when it is told of is <see cref="IssueHysteresis"/>'s.</summary>
public static class HealthDecider
{
    /// <summary>A publish that is younger is not judged as good yet.</summary>
    public const int JudgedAfter = 6;

    /// <param name="minute">Oldest first, the last one of now.</param>
    public static IReadOnlyList<HealthIssue> Decide(IReadOnlyList<HealthReading> minute, HealthContext context)
    {
        if (minute.Count == 0)
        {
            return [];
        }

        var window = new HealthWindow(minute, context);
        IEnumerable<HealthIssue?> found = ServerRules.Decide(window);
        if (window.Now.IsConnected)
        {
            var arriving = ArrivalRules.Decide(window).ToList();
            found = found.Concat(arriving);
            // What hardly arrives is not judged any further: all its figures are off.
            if (arriving.All(issue => issue?.Type != HealthIssueType.VideoIngestionStarved))
            {
                found = found.Concat(EncoderRules.Decide(window));
            }
        }

        return [.. found.OfType<HealthIssue>()];
    }

    public static HealthStatus StatusOf(IReadOnlyList<HealthReading> minute, IReadOnlyList<HealthIssue> told)
    {
        if (minute.Count == 0 || !minute[^1].IsConnected)
        {
            return HealthStatus.NoData;
        }

        return told.Select(issue => issue.Severity).DefaultIfEmpty().Max() switch
        {
            HealthSeverity.Error => HealthStatus.Bad,
            HealthSeverity.Warning => HealthStatus.Ok,
            _ => minute.Count(reading => reading.Publish == minute[^1].Publish) < JudgedAfter ? HealthStatus.NoData : HealthStatus.Good,
        };
    }
}
