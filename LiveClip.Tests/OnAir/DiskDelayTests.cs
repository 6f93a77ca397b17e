using LiveClip.Core.OnAir;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.OnAir;

public class DiskDelayTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly DiskDelay _delay;

    public DiskDelayTests() => _delay = new DiskDelay(_time);

    [Fact]
    public void The_longest_wait_since_it_was_last_asked_counts()
    {
        Write(0.2);
        Write(0.5);
        Write(0.1);
        Assert.Equal(0.5, _delay.Take().TotalSeconds);
        Assert.Equal(0, _delay.Take().TotalSeconds);
    }

    [Fact]
    public void A_write_that_has_not_returned_counts_as_long_as_it_has_been_waiting()
    {
        _delay.Begin();
        Pass(3);
        Assert.Equal(3, _delay.Take().TotalSeconds);
        Pass(1);
        Assert.Equal(4, _delay.Take().TotalSeconds);
        _delay.End();
        Assert.Equal(4, _delay.Take().TotalSeconds);
        Assert.Equal(0, _delay.Take().TotalSeconds);
    }

    [Fact]
    public void Writes_return_in_the_order_in_which_they_were_asked_for()
    {
        _delay.Begin();
        Pass(1);
        _delay.Begin();
        Pass(1);
        _delay.End();
        Assert.Equal(2, _delay.Take().TotalSeconds);
        Assert.Equal(1, _delay.Take().TotalSeconds);
        _delay.End();
        _delay.End();
    }

    private void Write(double seconds)
    {
        _delay.Begin();
        Pass(seconds);
        _delay.End();
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
