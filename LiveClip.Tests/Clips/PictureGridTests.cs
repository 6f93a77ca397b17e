using LiveClip.Core.Clips;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Clips;

/// <summary>Times as RTMP brings them: whole milliseconds, in 1/90,000 s.</summary>
public class PictureGridTests
{
    [Theory]
    [InlineData(30, 1, 90_000, 3_000)]
    [InlineData(30_000, 1001, 30_000, 1_001)]
    [InlineData(60_000, 1001, 60_000, 1_001)]
    [InlineData(24_000, 1001, 24_000, 1_001)]
    [InlineData(24, 1, 90_000, 3_750)]
    [InlineData(25, 1, 90_000, 3_600)]
    [InlineData(50, 1, 90_000, 1_800)]
    [InlineData(60, 1, 90_000, 1_500)]
    [InlineData(15, 1, 90_000, 6_000)]
    [InlineData(12, 1, 90_000, 7_500)]
    [InlineData(10, 1, 90_000, 9_000)]
    public void Milliseconds_of_a_constant_rate_tell_it(uint numerator, uint denominator, uint timescale, uint pictureTicks)
    {
        var times = Times(numerator, denominator, 200);
        var grid = PictureGrid.Find([times], times, told: null)!;

        Assert.Equal(new FrameRate(numerator, denominator), grid.Rate);
        Assert.Equal((timescale, pictureTicks), (grid.Timescale.TicksPerSecond, grid.PictureTicks));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), grid.PlacesOf(times));
    }

    [Fact]
    public void A_few_pictures_are_of_the_rate_that_those_around_them_have()
    {
        var around = Times(30_000, 1001, 150);
        Assert.Equal(new FrameRate(30_000, 1001), PictureGrid.Find([around.GetRange(70, 3)], around, told: null)!.Rate);
        Assert.Equal(new FrameRate(30_000, 1001), PictureGrid.Find([around.GetRange(70, 1)], around, new FrameRate(60, 1))!.Rate);
    }

    [Fact]
    public void What_the_encoder_says_counts_where_the_pictures_do_not_contradict()
    {
        var times = Times(2_997, 100, 20);
        Assert.Equal(new FrameRate(2_997, 100), PictureGrid.Find([times], times, new FrameRate(2_997, 100))!.Rate);
        Assert.Equal(new FrameRate(30, 1), PictureGrid.Find([Times(30, 1, 90)], Times(30, 1, 90), new FrameRate(25, 1))!.Rate);
    }

    [Fact]
    public void A_picture_that_was_lost_leaves_its_place_empty()
    {
        var times = Times(30, 1, 60);
        times.RemoveAt(10);
        var grid = PictureGrid.Find([times], times, told: null)!;
        Assert.Equal(new FrameRate(30, 1), grid.Rate);
        Assert.Equal([9, 11], grid.PlacesOf(times).Skip(9).Take(2));
    }

    [Fact]
    public void Pictures_at_no_constant_rate_keep_their_own_times()
    {
        var changing = Times(30, 1, 30).Concat(Times(24, 1, 30).Select(time => time + 90_000)).ToList();
        Assert.Null(PictureGrid.Find([changing], changing, told: null));

        // One of them 3 ms late.
        var late = Times(30, 1, 60);
        late[20] += 270;
        Assert.Null(PictureGrid.Find([late], late, new FrameRate(30, 1)));

        // Two stretches of 1 s, of two rates.
        Assert.Null(PictureGrid.Find([Times(30, 1, 30), Times(25, 1, 25)], Times(30, 1, 30), told: null));
    }

    [Fact]
    public void The_first_place_is_chosen_so_that_all_pictures_are_near_to_theirs()
    {
        // 0, 33, 67, 100 ms of 29.97: exact places lie 0.37 ms behind, at most.
        var times = Times(30_000, 1001, 300);
        var grid = PictureGrid.Find([times], times, told: null)!;
        var zero = grid.ZeroOf(times);
        Assert.All(times.Select((time, i) => time - (zero + (i * 90_000.0 * 1001 / 30_000))), off => Assert.InRange(off, -46, 46));
    }

    private static List<long> Times(uint numerator, uint denominator, int count) =>
        [.. Enumerable.Range(0, count).Select(i => 90 * (long)Math.Round(i * 1000.0 * denominator / numerator))];
}
