using LiveClip.Core.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace LiveClip.Tests.Storage;

public sealed class HeadroomTests
{
    private const long GiB = 1 << 30;
    private const double SixMegabits = 750_000; // bytes a second: 2.5 GiB an hour
    private static readonly StorageOptions Options = new();

    [Theory]
    [InlineData(100.0, StorageLevel.Ok)]
    [InlineData(10.6, StorageLevel.Ok)]
    [InlineData(10.5, StorageLevel.Low)] // less than four hours beside the reserve of half a GiB
    [InlineData(3.1, StorageLevel.Low)]
    [InlineData(3.0, StorageLevel.Critical)] // less than an hour
    [InlineData(1.01, StorageLevel.Critical)]
    [InlineData(0.99, StorageLevel.Paused)] // less than a GiB
    [InlineData(0.0, StorageLevel.Paused)]
    public void Hours_are_counted_at_the_present_bit_rate(double freeGiB, StorageLevel level) =>
        Assert.Equal(level, Of(StorageLevel.Ok, freeGiB, SixMegabits).Level);

    [Theory]
    [InlineData(8.8, StorageLevel.Paused)] // ten minutes of 120 Mb/s, beside the reserve
    [InlineData(9.0, StorageLevel.Critical)]
    public void Recording_pauses_minutes_before_the_end_at_any_bit_rate(double freeGiB, StorageLevel level) =>
        Assert.Equal(level, Of(StorageLevel.Ok, freeGiB, 20 * SixMegabits).Level);

    [Theory]
    [InlineData(1.01, StorageLevel.Ok)]
    [InlineData(0.99, StorageLevel.Paused)]
    public void With_nothing_on_air_only_the_floor_counts(double freeGiB, StorageLevel level)
    {
        var headroom = Of(StorageLevel.Ok, freeGiB, 0);

        Assert.Equal((level, null), (headroom.Level, headroom.TimeLeft));
    }

    [Theory]
    [InlineData(StorageLevel.Paused, 1.05, StorageLevel.Paused)]
    [InlineData(StorageLevel.Paused, 1.11, StorageLevel.Critical)]
    [InlineData(StorageLevel.Critical, 3.2, StorageLevel.Critical)]
    [InlineData(StorageLevel.Critical, 3.3, StorageLevel.Low)]
    [InlineData(StorageLevel.Low, 11.4, StorageLevel.Low)]
    [InlineData(StorageLevel.Low, 11.7, StorageLevel.Ok)]
    public void A_level_is_left_with_a_tenth_more_room(StorageLevel before, double freeGiB, StorageLevel level) =>
        Assert.Equal(level, Of(before, freeGiB, SixMegabits).Level);

    [Theory]
    [InlineData(StorageLevel.Ok, 2.0, SixMegabits)]
    [InlineData(StorageLevel.Low, 0.5, SixMegabits)]
    [InlineData(StorageLevel.Critical, 3.05, SixMegabits)]
    [InlineData(StorageLevel.Ok, 0.2, 0.0)]
    [InlineData(StorageLevel.Ok, 5.0, 20 * SixMegabits)]
    public void What_is_missing_ends_the_want_of_space(StorageLevel before, double freeGiB, double rate)
    {
        var now = Of(before, freeGiB, rate);
        Assert.True(now.MissingBytes > 0);

        var after = Headroom.Of(now.Level, now.FreeBytes + now.MissingBytes, 100 * GiB, rate, Options);

        Assert.True(after is { Level: < StorageLevel.Critical, MissingBytes: 0 }, $"{after}");
    }

    [Fact]
    public void Nothing_is_missing_while_there_is_an_hour() =>
        Assert.Equal(0, Of(StorageLevel.Ok, 3.1, SixMegabits).MissingBytes);

    [Fact]
    public void The_time_that_is_left_leaves_the_reserve_out() =>
        Assert.Equal(1, Of(StorageLevel.Ok, 0.5 + (3600 * SixMegabits / GiB), SixMegabits).TimeLeft!.Value.TotalHours, 0.001);

    [Fact]
    public void A_full_disk_is_known_from_other_failures_however_deep_it_lies()
    {
        Assert.True(DiskFull.Is(new IOException("", 28)));
        Assert.True(DiskFull.Is(new IOException("", 122)));
        Assert.True(DiskFull.Is(new InvalidOperationException("", new SqliteException("", 13))));
        Assert.True(DiskFull.Is(new SqliteException("", 10, 4874)));
        Assert.False(DiskFull.Is(new IOException("")));
        Assert.False(DiskFull.Is(new SqliteException("", 5)));
        Assert.False(DiskFull.Is(null));
    }

    private static Headroom Of(StorageLevel before, double freeGiB, double bytesPerSecond) =>
        Headroom.Of(before, (long)(freeGiB * GiB), 100 * GiB, bytesPerSecond, Options);
}
