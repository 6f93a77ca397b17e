using System.Net;
using LiveClip.Core.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Live;

public sealed class LiveAudienceTests
{
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Office = IPAddress.Parse("2001:db8::1");

    private readonly ManualTimeProvider _time = new();
    private readonly LiveAudience _audience;

    public LiveAudienceTests() => _audience = new LiveAudience(_time);

    [Fact]
    public void A_viewer_is_an_address_and_a_program_however_often_it_asks()
    {
        for (var request = 0; request < 5; request++)
        {
            _audience.Seen(Home, "Safari");
            _audience.Seen(Home, "VLC");
            _audience.Seen(Office, "VLC");
            _audience.Seen(null, null);
        }

        Assert.Equal(4, _audience.Take().Viewers);
        Assert.Equal(4, _audience.Take().Viewers);
    }

    [Fact]
    public void Whoever_asks_no_more_is_gone_after_ten_seconds()
    {
        _audience.Seen(Home, "VLC");
        for (var second = 0; second < 11; second++)
        {
            _audience.Seen(Office, "VLC");
            Assert.Equal(2, _audience.Take().Viewers);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, _audience.Take().Viewers);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _audience.Take().Viewers);
    }

    [Fact]
    public void What_was_sent_is_told_once()
    {
        _audience.Sent(1_000, fromMemory: true);
        _audience.Sent(500, fromMemory: true);
        _audience.Sent(7, fromMemory: false);

        Assert.Equal(new AudienceReading(0, 1_507, 2, 1), _audience.Take());
        Assert.Equal(default, _audience.Take());
    }

    [Fact]
    public void A_flood_of_names_takes_no_more_memory_than_the_most_viewers()
    {
        for (var name = 0; name < LiveAudience.MostViewers + 1_000; name++)
        {
            _audience.Seen(Home, $"flood {name}");
        }

        // Names may share a hash.
        Assert.InRange(_audience.Take().Viewers, LiveAudience.MostViewers - 10, LiveAudience.MostViewers);
        _time.Advance(LiveAudience.Presence + TimeSpan.FromSeconds(1));
        Assert.Equal(0, _audience.Take().Viewers);
        _audience.Seen(Home, "VLC");
        Assert.Equal(1, _audience.Take().Viewers);
    }

    [Fact]
    public async Task Many_at_once_are_counted_once_each()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () =>
            {
                for (var viewer = 0; viewer < 1_000; viewer++)
                {
                    _audience.Seen(new IPAddress([10, 0, (byte)(viewer >> 8), (byte)viewer]), "VLC");
                    _audience.Sent(10, fromMemory: true);
                }
            },
            TestContext.Current.CancellationToken)));

        var reading = _audience.Take();
        Assert.InRange(reading.Viewers, 998, 1_000);
        Assert.Equal((80_000, 8_000), (reading.Bytes, reading.FromMemory));
    }
}
