using LiveClip.Core.Ingest;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Ingest;

public class WarningLimitTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly WarningLimit _limit;

    public WarningLimitTests() => _limit = new WarningLimit(_time);

    [Fact]
    public void A_flood_is_one_line_in_ten_seconds_that_says_how_many_were_left_out()
    {
        Assert.Equal((true, 0), Ask());
        for (var i = 0; i < 1_000; i++)
        {
            Assert.False(Ask().Lets);
        }

        _time.Advance(WarningLimit.Interval - TimeSpan.FromMilliseconds(1));
        Assert.False(Ask().Lets);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((true, 1_001), Ask());
        _time.Advance(WarningLimit.Interval);
        Assert.Equal((true, 0), Ask());
    }

    [Fact]
    public void Kinds_and_sources_are_heard_beside_each_other()
    {
        Assert.True(Ask().Lets);
        Assert.True(Ask(kind: "broken").Lets);
        Assert.True(Ask(source: "192.0.2.2").Lets);
        Assert.False(Ask().Lets);
    }

    [Fact]
    public void More_sources_than_are_remembered_share_a_line()
    {
        for (var i = 0; i < WarningLimit.MaxSources; i++)
        {
            Assert.True(Ask(source: $"{i}").Lets);
        }

        Assert.Equal((true, 0), Ask(source: "one more"));
        Assert.False(Ask(source: "and another").Lets);
        Assert.False(Ask(source: "0").Lets);

        _time.Advance(WarningLimit.Interval);
        Assert.Equal((true, 0), Ask(source: "and another"));
        Assert.Equal((true, 0), Ask(source: "one more"));
    }

    private (bool Lets, int LeftOut) Ask(string kind = "refused", string source = "192.0.2.1") =>
        (_limit.Lets(kind, source, out var leftOut), leftOut);
}
