using LiveClip.Core.Live;
using Xunit;

namespace LiveClip.Tests.Live;

public class SegmenterTests
{
    private const long Second = 90_000;
    private const long Picture = 3_000;

    [Theory]
    [InlineData(true, 0, 0, 2, Cut.Nothing)] // nothing is open
    [InlineData(true, 2970, 170_999, 2, Cut.Nothing)] // a sync sample just before 1.9 s
    [InlineData(true, 2970, 171_000, 2, Cut.Segment)]
    [InlineData(true, 27_000, 179_910, 2, Cut.Segment)] // 1.999 s: a 2 s GOP in milliseconds
    [InlineData(false, 24_180, 90_000, 2, Cut.Nothing)] // 0.302 s to the tick
    [InlineData(false, 24_181, 90_000, 2, Cut.Fragment)]
    [InlineData(false, 3_000, 180_000, 2, Cut.Nothing)] // past the target, but it still rounds to it
    [InlineData(false, 3_000, 221_900, 2, Cut.Nothing)]
    [InlineData(false, 3_000, 221_901, 2, Cut.Segment)] // would round up
    [InlineData(false, 3_000, 221_901, null, Cut.Nothing)] // ten seconds are allowed while the target is unknown
    [InlineData(false, 3_000, 10 * Second + 41_901, null, Cut.Segment)]
    public void A_cut_comes_before_the_sample_that_asks_for_it(
        bool isSync, long openFragment, long openSegment, int? target, Cut expected) =>
        Assert.Equal(expected, Segmenter.Before(isSync, Picture, openFragment, openSegment, target));

    [Fact]
    public void A_picture_longer_than_a_fragment_is_one_by_itself() =>
        Assert.Equal(Cut.Nothing, Segmenter.Before(false, 2 * Second, 0, Second / 2, 10));

    [Theory]
    [InlineData(null, 10)] // none was seen
    [InlineData(0L, 10)]
    [InlineData(3_000L, 2)] // all pictures are sync samples: cut at 1.9 s and a picture
    [InlineData(90_000L, 2)]
    [InlineData(171_000L, 2)]
    [InlineData(180_000L, 2)]
    [InlineData(180_090L, 2)] // 2.001 s
    [InlineData(165_000L, 4)] // 1.83 s: two of them, 3.67 s
    [InlineData(224_910L, 2)] // 2.499 s rounds to 2
    [InlineData(225_000L, 3)]
    [InlineData(360_000L, 4)]
    [InlineData(900_000L, 10)]
    [InlineData(2_700_000L, 10)] // cut without a sync sample
    public void The_target_duration_is_the_longest_segment_rounded(long? syncInterval, int expected) =>
        Assert.Equal(expected, Segmenter.TargetDuration(syncInterval));
}
