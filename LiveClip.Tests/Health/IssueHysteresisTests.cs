using LiveClip.Core.Health;
using Xunit;

namespace LiveClip.Tests.Health;

public class IssueHysteresisTests
{
    private static readonly HealthIssue LongGop = new(HealthIssueType.GopSizeLong, HealthSeverity.Warning, "", "8 s", "");

    private readonly IssueHysteresis _hysteresis = new();

    [Fact]
    public void An_issue_is_told_of_after_five_readings_and_no_more_after_ten_without() => Assert.Equal(
        [(4, 0), (10, 1), (1, 0)],
        [.. Runs([.. Enumerable.Repeat(true, 5), .. Enumerable.Repeat(false, 10)])]);

    [Fact]
    public void One_that_comes_and_goes_is_never_told_of() => Assert.All(
        Enumerable.Range(0, 40), second => Assert.Empty(Accept(second % 5 != 4)));

    [Fact]
    public void One_that_is_told_of_stays_while_it_flickers()
    {
        Enumerable.Range(0, 5).ToList().ForEach(_ => Accept(true));
        Assert.All(Enumerable.Range(0, 40), second => Assert.Single(Accept(second % 9 == 8)));
    }

    [Theory]
    [InlineData(HealthIssueType.VideoIngestionStarved)]
    [InlineData(HealthIssueType.SamplesDropped)]
    [InlineData(HealthIssueType.DiskDelay)]
    public void What_hurts_at_once_is_told_of_at_once(HealthIssueType type)
    {
        Assert.Equal(type, Assert.Single(_hysteresis.Accept([LongGop with { Type = type }])).Type);
        Assert.Single(_hysteresis.Accept([]));
    }

    [Fact]
    public void The_newest_figures_are_shown_and_the_worst_issue_first()
    {
        var worse = LongGop with { Type = HealthIssueType.NoVideoStream, Severity = HealthSeverity.Error };
        var better = LongGop with { Type = HealthIssueType.GopMismatch, Severity = HealthSeverity.Info };
        for (var second = 0; second < 5; second++)
        {
            _hysteresis.Accept([better, LongGop with { Fault = $"{second}" }, worse]);
        }

        var told = _hysteresis.Accept([LongGop with { Fault = "9 s" }]);
        Assert.Equal([worse.Type, LongGop.Type, better.Type], told.Select(issue => issue.Type));
        Assert.Equal("9 s", told[1].Fault);
    }

    /// <summary>Readings on end with the same number of issues told of.</summary>
    private List<(int Readings, int Told)> Runs(IEnumerable<bool> seen)
    {
        var runs = new List<(int Readings, int Told)>();
        foreach (var told in seen.Select(there => Accept(there).Count))
        {
            if (runs.Count > 0 && runs[^1].Told == told)
            {
                runs[^1] = (runs[^1].Readings + 1, told);
            }
            else
            {
                runs.Add((1, told));
            }
        }

        return runs;
    }

    private IReadOnlyList<HealthIssue> Accept(bool seen) => _hysteresis.Accept(seen ? [LongGop] : []);
}
