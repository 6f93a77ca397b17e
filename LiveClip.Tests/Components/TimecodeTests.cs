using LiveClip.Web.Components.Controls;
using Xunit;

namespace LiveClip.Tests.Components;

public class TimecodeTests
{
    [Theory]
    [InlineData(0, "00:00:00.000")]
    [InlineData(3000, "00:00:00.033")]
    [InlineData((3_600 + (23 * 60) + 45) * 90_000L + 89, "01:23:45.000")]
    [InlineData(-90_000, "-00:00:01.000")]
    public void A_place_is_cut_off_at_the_millisecond(long time90K, string text) => Assert.Equal(text, Timecode.At(time90K));

    [Theory]
    [InlineData(0, "0:00.0")]
    [InlineData(7 * 90_000, "0:07.0")]
    [InlineData(59.96 * 90_000, "1:00.0")]
    [InlineData(3_661.5 * 90_000, "1:01:01.5")]
    public void A_length_is_rounded_to_a_tenth(double time90K, string text) => Assert.Equal(text, Timecode.Length((long)time90K));

    [Theory]
    [InlineData(-3000, "−0.033 s")]
    [InlineData(90_000, "+1.000 s")]
    public void A_difference_has_its_sign(long time90K, string text) => Assert.Equal(text, Timecode.Difference(time90K));
}
