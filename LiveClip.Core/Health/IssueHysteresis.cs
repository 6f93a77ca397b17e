namespace LiveClip.Core.Health;

/// <summary>
/// Keeps issues from flickering: one is told of when it was there in five readings on end, which are seconds, and no more when it was
/// away for ten. What is measured over seconds already, and hurts at once, is told of at once.
/// </summary>
internal sealed class IssueHysteresis
{
    public const int AppearsAfter = 5;
    public const int GoesAfter = 10;

    private readonly SortedDictionary<HealthIssueType, Sighting> _sightings = [];

    /// <summary>What to tell of, the worst first.</summary>
    public IReadOnlyList<HealthIssue> Accept(IReadOnlyList<HealthIssue> found)
    {
        foreach (var issue in found)
        {
            var seen = _sightings.GetValueOrDefault(issue.Type);
            _sightings[issue.Type] = new Sighting(issue, Math.Min((seen?.Seen ?? 0) + 1, AppearsAfter), 0);
        }

        foreach (var (type, sighting) in _sightings.Where(pair => found.All(issue => issue.Type != pair.Key)).ToList())
        {
            var missed = sighting.Missed + 1;
            if (!sighting.IsTold || missed >= GoesAfter)
            {
                _sightings.Remove(type);
                continue;
            }

            _sightings[type] = sighting with { Missed = missed };
        }

        return
        [
            .. _sightings.Values.Where(sighting => sighting.IsTold).Select(sighting => sighting.Issue)
                .OrderByDescending(issue => issue.Severity),
        ];
    }

    public void Clear() => _sightings.Clear();

    private static bool HurtsAtOnce(HealthIssueType type) => type
        is HealthIssueType.VideoIngestionStarved or HealthIssueType.TakeoversRefused
        or HealthIssueType.SamplesDropped or HealthIssueType.DiskDelay;

    private sealed record Sighting(HealthIssue Issue, int Seen, int Missed)
    {
        public bool IsTold => Seen >= AppearsAfter || HurtsAtOnce(Issue.Type);
    }
}
