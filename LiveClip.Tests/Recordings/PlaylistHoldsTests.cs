using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Recordings;

public class PlaylistHoldsTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Guid _recording = Guid.NewGuid();

    [Fact]
    public void What_is_asked_for_is_held_for_ten_minutes_from_the_last_time()
    {
        var holds = new PlaylistHolds(_time);
        holds.Hold(_recording, 10, 20);
        holds.Hold(_recording, 30, 40);
        _time.Advance(TimeSpan.FromMinutes(6));
        holds.Hold(_recording, 10, 20);

        Assert.Equal([new HeldRange(30, 40), new HeldRange(10, 20)], holds.Of(_recording));
        Assert.Empty(holds.Of(Guid.NewGuid()));
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal([new HeldRange(10, 20)], holds.Of(_recording));
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty(holds.Of(_recording));
    }

    [Fact]
    public void Whoever_asks_for_all_kinds_of_ranges_fills_no_memory()
    {
        var holds = new PlaylistHolds(_time);
        for (var i = 0; i < PlaylistHolds.MostRanges + 5; i++)
        {
            holds.Hold(_recording, i, i + 1);
        }

        Assert.Equal(PlaylistHolds.MostRanges, holds.Of(_recording).Count);
        Assert.Equal(5, holds.Of(_recording)[0].Start);
    }
}
