using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class BelievedClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly SteppingTime _time = new();

    [Fact]
    public void A_clock_that_runs_is_believed()
    {
        var clock = new BelievedClock(_time.GetUtcNow().AddHours(-2), _time);
        _time.Advance(Hour);
        Assert.Equal((_time.GetUtcNow(), false), (clock.Read(), clock.IsDoubting));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24 * 365)]
    public void A_step_forward_is_believed_after_a_day_and_nothing_is_early_till_then(int hours)
    {
        var clock = new BelievedClock(null, _time);
        clock.Read();
        _time.Step(TimeSpan.FromHours(hours));
        for (var i = 0; i < 24; i++)
        {
            Assert.Equal((_time.Unstepped, true), (clock.Read(), clock.IsDoubting));
            _time.Advance(Hour);
        }

        Assert.Equal((_time.GetUtcNow(), false), (clock.Read(), clock.IsDoubting));
    }

    [Fact]
    public void A_step_that_is_taken_back_was_none()
    {
        var clock = new BelievedClock(null, _time);
        clock.Read();
        _time.Step(Hour);
        Assert.Equal(_time.Unstepped, clock.Read());
        _time.Step(-Hour);
        _time.Advance(Hour);
        Assert.Equal((_time.GetUtcNow(), false), (clock.Read(), clock.IsDoubting));
    }

    [Fact]
    public void Another_step_begins_another_day()
    {
        var clock = new BelievedClock(null, _time);
        clock.Read();
        _time.Step(Hour);
        clock.Read();
        _time.Advance(Hour * 23);
        _time.Step(Hour);
        clock.Read();
        _time.Advance(Hour * 2);
        Assert.Equal((_time.Unstepped, true), (clock.Read(), clock.IsDoubting));
    }

    [Fact]
    public void A_step_back_is_believed_at_once()
    {
        var clock = new BelievedClock(null, _time);
        clock.Read();
        _time.Step(-Hour);
        Assert.Equal((_time.GetUtcNow(), false), (clock.Read(), clock.IsDoubting));
    }

    [Fact]
    public void A_server_that_wakes_years_behind_all_it_knows_waits_a_day()
    {
        var known = _time.GetUtcNow();
        _time.Step(TimeSpan.FromDays(3000));
        var clock = new BelievedClock(known, _time);
        Assert.Equal((known, true), (clock.Read(), clock.IsDoubting));
        _time.Advance(Hour * 23);
        Assert.Equal(known + (Hour * 23), clock.Read());
        _time.Advance(Hour);
        Assert.Equal((_time.GetUtcNow(), false), (clock.Read(), clock.IsDoubting));
    }

    /// <summary>A clock whose time of day can be set without time passing.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private readonly ManualTimeProvider _time = new();
        private TimeSpan _offset;

        public DateTimeOffset Unstepped => _time.GetUtcNow();

        public override long TimestampFrequency => _time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _time.GetUtcNow() + _offset;

        public override long GetTimestamp() => _time.GetTimestamp();

        public void Step(TimeSpan by) => _offset += by;

        public void Advance(TimeSpan by) => _time.Advance(by);
    }
}
