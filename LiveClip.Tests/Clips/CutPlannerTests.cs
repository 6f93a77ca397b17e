using FsCheck;
using FsCheck.Fluent;
using LiveClip.Core.Clips;
using LiveClip.Tests.Live;
using Xunit;

namespace LiveClip.Tests.Clips;

/// <summary>Pictures of 40 ms (3600 ticks), a GOP of 10, each written as its number on screen.</summary>
public class CutPlannerTests
{
    private const long Frame = 3_600;

    /// <summary>I P P P …: decoded as shown.</summary>
    private static readonly int[] Plain = [.. Enumerable.Range(0, 40)];

    /// <summary>Two B-frames before each P, each GOP closed by a P.</summary>
    private static readonly int[] Closed = [.. Enumerable.Range(0, 4).SelectMany(gop =>
        new[] { 0, 3, 1, 2, 6, 4, 5, 9, 7, 8 }.Select(picture => (gop * 10) + picture))];

    /// <summary>The last two B-frames of a GOP are decoded behind the next sync sample and lead it on screen.</summary>
    private static readonly int[] Open = [0, 3, 1, 2, 6, 4, 5, 10, 7, 8, 9, 13, 11, 12, 16, 14, 15, 20, 17, 18, 19, 23, 21, 22, 26, 24, 25, 30, 27, 28, 29];

    public static TheoryData<string, int[], double, double, int, int> Cuts => new()
    {
        // order, in, out -> first and last picture that are delivered
        { "in on a sync sample, out between two pictures of a plain GOP", Plain, 10, 15, 10, 14 },
        { "in between sync samples", Plain, 14, 20, 10, 19 },
        { "in a hair before a sync sample names the one before", Plain, 9.9, 15, 0, 14 },
        { "one picture", Plain, 20, 20.5, 20, 20 },
        { "out at the very end", Plain, 30, 40, 30, 39 },
        { "out far behind the end", Plain, 35, 400, 30, 39 },
        { "in before everything", Plain, -5, 3, 0, 2 },
        { "out at the end of a mini-GOP is clean", Closed, 10, 14, 10, 13 },
        { "out behind the first B-frame takes the mini-GOP", Closed, 10, 12, 10, 13 },
        { "out behind the sync sample alone is clean", Closed, 10, 11, 10, 10 },
        { "out before a sync sample is clean", Closed, 10, 20, 10, 19 },
        { "out in the last mini-GOP", Closed, 32, 38, 30, 39 },
        { "leading pictures of the first sync sample are not delivered", Open, 10, 14, 10, 13 },
        { "a point among leading pictures begins a GOP earlier", Open, 8, 14, 0, 13 },
        { "out among leading pictures takes them and their sync sample", Open, 0, 8, 0, 10 },
        { "out right before leading pictures is clean", Open, 0, 7, 0, 6 },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_cut_begins_with_a_sync_sample_and_ends_without_a_hole(string what, int[] order, double start, double end, int first, int last)
    {
        var plan = CutPlanner.Plan((long)(start * Frame), (long)(end * Frame), [Run(order)]);

        Assert.NotNull(plan);
        Assert.Equal([.. Enumerable.Range(first, last - first + 1)], Delivered(plan.Parts[0], order).Order());
        Assert.Equal((first * Frame, (last + 1) * Frame, last - first + 1), (plan.DeliveredStart, plan.DeliveredEnd, plan.Frames));
        Assert.True(order[plan.Parts[0].First] % 10 == 0, what);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(180, 10)] // 2 ms
    [InlineData(-180, 10)]
    [InlineData(181, 10)] // no longer the picture, but still inside it
    [InlineData(-181, 0)] // the picture before
    public void An_in_point_within_two_milliseconds_of_a_picture_names_it(long off, int first) =>
        Assert.Equal(first * Frame, CutPlanner.Plan((10 * Frame) + off, 15 * Frame, [Run(Plain)])!.DeliveredStart);

    [Theory]
    [InlineData(0, 14)]
    [InlineData(180, 14)] // still the picture that is not asked for any more
    [InlineData(-180, 14)]
    [InlineData(181, 15)]
    public void An_out_point_within_two_milliseconds_of_a_picture_leaves_it_out(long off, int last) =>
        Assert.Equal((last + 1) * Frame, CutPlanner.Plan(0, (15 * Frame) + off, [Run(Plain)])!.DeliveredEnd);

    [Fact]
    public void At_high_frame_rates_a_quarter_of_a_picture_is_near()
    {
        // 240 pictures a second: 375 ticks.
        IReadOnlyList<Picture> fast = [.. Enumerable.Range(0, 4).Select(i => new Picture(i * 375, i * 375, 375, i == 0))];
        Assert.Equal(375, CutPlanner.Snap(375 + 93, fast));
        Assert.Equal(375 + 94, CutPlanner.Snap(375 + 94, fast));
        Assert.Equal(7, CutPlanner.Snap(7, []));
    }

    [Fact]
    public void Each_run_is_a_part_that_begins_with_its_first_sync_sample()
    {
        var second = Run(Closed, run: 1, shift: 100 * Frame);
        var plan = CutPlanner.Plan(15 * Frame, 112 * Frame, [Run(Closed), second]);

        Assert.Equal(2, plan!.Parts.Count);
        Assert.Equal((0, 10 * Frame, 40 * Frame), (plan.Parts[0].Run, plan.Parts[0].Start, plan.Parts[0].End));
        Assert.Equal((1, 100 * Frame, 114 * Frame), (plan.Parts[1].Run, plan.Parts[1].Start, plan.Parts[1].End));
        Assert.Equal(30 + 14, plan.Frames);
    }

    [Fact]
    public void A_range_in_a_gap_or_before_any_sync_sample_has_no_plan()
    {
        Assert.Null(CutPlanner.Plan(50 * Frame, 60 * Frame, [Run(Plain)]));
        Assert.Null(CutPlanner.Plan(50 * Frame, 60 * Frame, [Run(Plain), Run(Plain, run: 1, shift: 100 * Frame)]));
        Assert.Null(CutPlanner.Plan(0, Frame, []));
        Assert.Null(CutPlanner.Plan(0, Frame, [new PictureRun(0, [])]));
        Assert.Null(CutPlanner.Plan(Frame, 3 * Frame, [new PictureRun(0, [.. Run(Plain).Pictures.Skip(1).Take(5)])]));
    }

    [Fact]
    public void Pictures_behind_the_hole_of_a_publish_that_was_cut_off_are_not_delivered()
    {
        // 0 3 1 2 6: the encoder was lost before 4 and 5 came.
        var torn = new PictureRun(0, [.. Run(Closed).Pictures.Take(5)], End: 4 * Frame);
        var plan = CutPlanner.Plan(0, 100 * Frame, [torn, Run(Plain, run: 1, shift: 50 * Frame)])!;
        Assert.Equal((4, 4 * Frame), (plan.Parts[0].Count, plan.Parts[0].End));
    }

    [Fact]
    public void Whatever_the_order_and_the_milliseconds_the_pictures_are_consecutive_and_all_that_were_asked_for()
    {
        var drawn =
            from bFrames in Gen.Choose(0, 2)
            from openGop in Gen.Elements(true, false)
            from gop in Gen.Choose(1, 70)
            from fps in Gen.Elements(23.976, 25, 29.97, 50, 59.94)
            from start in Gen.Choose(0, 280)
            from length in Gen.Choose(1, 60)
            select (new SyntheticEncoder { Sound = null, Pictures = SyntheticEncoder.Reordering, BFrames = bFrames, OpenGop = openGop, Gop = gop, Fps = fps }, start, length);
        Prop.ForAll(Arb.From(drawn), cut => IsExact(cut.Item1, cut.start, cut.length)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static bool IsExact(SyntheticEncoder encoder, int start, int length)
    {
        const int Count = 350;
        var samples = encoder.Encode(Count / encoder.Fps);
        var order = encoder.DecodeOrder(samples.Count);
        var zero = samples[0].PresentationTime;
        IReadOnlyList<Picture> pictures = [.. samples.Select((sample, i) => new Picture(
            sample.DecodeTime - samples[0].DecodeTime,
            sample.PresentationTime - zero,
            i + 1 < samples.Count ? (int)(samples[i + 1].DecodeTime - sample.DecodeTime) : 3_000,
            sample.IsSync))];

        // Asked for in exact n/fps, though the pictures lie up to a millisecond beside it.
        var plan = CutPlanner.Plan(
            (long)Math.Round(start * 90_000 / encoder.Fps), (long)Math.Round((start + length) * 90_000 / encoder.Fps), [new PictureRun(0, pictures)])!;

        var part = Assert.Single(plan.Parts);
        var shown = Enumerable.Range(part.First, part.Count).Where(i => pictures[i].PresentationTime >= part.Start).Select(i => order[i]).Order().ToList();
        Assert.Equal([.. Enumerable.Range(shown[0], shown.Count)], shown);
        Assert.Equal(start / encoder.Gop * encoder.Gop, shown[0]);
        Assert.InRange(shown[^1], start + length - 1, start + length - 1 + encoder.BFrames + 1);
        Assert.Equal(shown.Count, plan.Frames);
        return true;
    }

    private static PictureRun Run(int[] order, int run = 0, long shift = 0) => new(run, [.. order.Select((picture, i) =>
        new Picture(shift + (i * Frame), shift + (picture * Frame), Frame, picture % 10 == 0))]);

    private static IEnumerable<int> Delivered(CopiedPart part, int[] order) =>
        order.Skip(part.First).Take(part.Count).Where(picture => picture * Frame >= part.Start);
}
