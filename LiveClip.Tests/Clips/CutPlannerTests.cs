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
    private static readonly int[] Open =
        [0, 3, 1, 2, 6, 4, 5, 10, 7, 8, 9, 13, 11, 12, 16, 14, 15, 20, 17, 18, 19, 23, 21, 22, 26, 24, 25, 30, 27, 28, 29];

    /// <summary>Two B-frames and between them a B-frame that both refer to; the last mini-GOP of each GOP is short.</summary>
    private static readonly int[] Pyramid = [.. Enumerable.Range(0, 4).SelectMany(gop =>
        new[] { 0, 4, 2, 1, 3, 8, 6, 5, 7, 9 }.Select(picture => (gop * 10) + picture))];

    /// <summary>Nobody refers to 4, which is decoded in the middle of pictures shown before it.</summary>
    private static readonly int[] Loose = [0, 3, 2, 4, 1, 5];

    public static TheoryData<string, int[], double, double, string> Cuts => new()
    {
        // order, in, out -> parts
        { "in on a sync sample, out between two pictures of a plain GOP", Plain, 10, 15, "copy 10-14" },
        { "in between sync samples", Plain, 14, 25, "encode 14-19 from 10, copy 20-24" },
        { "in right behind a sync sample", Plain, 11, 21, "encode 11-19 from 10, copy 20-20" },
        { "both points inside one GOP", Plain, 14, 17, "encode 14-16 from 10" },
        { "out on the next sync sample", Plain, 14, 20, "encode 14-19 from 10" },
        { "in while a picture is on screen begins with the next", Plain, 9.9, 15, "copy 10-14" },
        { "out while a picture is on screen takes it", Plain, 10, 14.1, "copy 10-14" },
        { "one picture that is a sync sample", Plain, 20, 20.5, "copy 20-20" },
        { "one picture that is none", Plain, 21, 21.5, "encode 21-21 from 20" },
        { "out at the very end", Plain, 30, 40, "copy 30-39" },
        { "out far behind the end", Plain, 35, 400, "encode 35-39 from 30" },
        { "in before everything", Plain, -5, 3, "copy 0-2" },
        { "out at the end of a mini-GOP is clean", Closed, 10, 14, "copy 10-13" },
        { "out between B-frames encodes from the end of the mini-GOP before", Closed, 10, 12, "copy 10-10, encode 11-11 from 10" },
        { "out on the picture that B-frames refer to", Closed, 10, 16, "copy 10-13, encode 14-15 from 10" },
        { "out behind the sync sample alone is clean", Closed, 10, 11, "copy 10-10" },
        { "out before a sync sample is clean", Closed, 10, 20, "copy 10-19" },
        { "out in the last mini-GOP", Closed, 32, 38, "encode 32-37 from 30" },
        { "head and tail", Closed, 5, 22, "encode 5-9 from 0, copy 10-20, encode 21-21 from 20" },
        { "out behind the first B-frame of a pyramid", Pyramid, 10, 12, "copy 10-10, encode 11-11 from 10" },
        { "out behind the middle of a pyramid", Pyramid, 10, 13, "copy 10-10, encode 11-12 from 10" },
        { "out in the second pyramid", Pyramid, 10, 18, "copy 10-14, encode 15-17 from 10" },
        { "leading pictures of the first sync sample are not delivered", Open, 10, 14, "copy 10-13" },
        { "a point among leading pictures is decoded from a GOP earlier", Open, 8, 14, "encode 8-9 from 0, copy 10-13" },
        { "out among leading pictures", Open, 0, 8, "copy 0-6, encode 7-7 from 0" },
        { "out right before leading pictures is clean", Open, 0, 7, "copy 0-6" },
        { "both points among leading pictures", Open, 18, 19, "encode 18-18 from 10" },
        { "leading pictures inside a copied part stay", Open, 0, 17, "copy 0-16" },
        { "a picture behind the out point that nobody refers to is left out", Loose, 0, 4, "copy 0-3" },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_cut_shows_exactly_what_was_asked_for(string what, int[] order, double start, double end, string expected)
    {
        var plan = CutPlanner.Plan((long)(start * Frame), (long)(end * Frame), [Run(order)]);

        Assert.NotNull(plan);
        Assert.True(expected == Describe(plan, order), $"{what}: {Describe(plan, order)}");
        Assert.Equal(plan.Parts.Sum(part => part.Frames), plan.Frames);
        Assert.Equal(plan.DeliveredEnd - plan.DeliveredStart, plan.Frames * Frame);
        Assert.Equal(plan.FramesEncoded > 0, plan.NeedsEncoder);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(180, 10)] // 2 ms
    [InlineData(-180, 10)]
    [InlineData(181, 11)] // no longer the picture, which began before
    [InlineData(-181, 10)] // the picture before began before, too
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
    public void Each_run_is_cut_by_itself_and_begins_with_its_first_sync_sample()
    {
        var second = Run(Closed, run: 1, shift: 100 * Frame);
        var plan = CutPlanner.Plan(15 * Frame, 112 * Frame, [Run(Closed), second])!;

        Assert.Equal([0, 0, 1, 1], plan.Parts.Select(part => part.Run));
        Assert.Equal(
            [(15, 20), (20, 40), (100, 111), (111, 112)], plan.Parts.Select(part => (part.Start / Frame, part.End / Frame)));
        Assert.Equal((31, 6), (plan.FramesCopied, plan.FramesEncoded));
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
        Assert.Equal((4, 4 * Frame), (plan.Parts[0].Frames, plan.Parts[0].End));
        Assert.IsType<CopiedPart>(plan.Parts[0]);
    }

    [Fact]
    public void Sound_alone_is_cut_inside_its_packets()
    {
        var sound = Run(Plain) with { IsSound = true };
        var plan = CutPlanner.Plan((10 * Frame) + 200, (12 * Frame) + 300, [sound])!;

        var part = Assert.IsType<CopiedPart>(Assert.Single(plan.Parts));
        Assert.Equal((10, 3), (part.First, part.Count));
        Assert.Equal(((10 * Frame) + 200, (12 * Frame) + 300), (plan.DeliveredStart, plan.DeliveredEnd));
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
            select (new SyntheticEncoder
            {
                Sound = null,
                Pictures = SyntheticEncoder.Reordering,
                BFrames = bFrames,
                OpenGop = openGop,
                Gop = gop,
                Fps = fps,
            }, start, length);
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
            (long)Math.Round(start * 90_000 / encoder.Fps),
            (long)Math.Round((start + length) * 90_000 / encoder.Fps),
            [new PictureRun(0, pictures)])!;

        var end = Math.Min(start + length, samples.Count);
        Assert.Equal(
            [.. Enumerable.Range(start, end - start)], plan.Parts.SelectMany(part => Shown(part, pictures).Select(i => order[i]).Order()));
        Assert.Equal(end - start, plan.Frames);
        Assert.InRange(plan.FramesEncoded, 0, encoder.Gop + encoder.BFrames);
        foreach (var part in plan.Parts)
        {
            Assert.True(pictures[part.First].IsSync);
            Assert.True(pictures[part.First].PresentationTime <= part.Start);
            var present = Shown(part, pictures).Select(i => order[i]).ToHashSet();
            // A B-frame is copied only together with the picture behind it that it is predicted from.
            Assert.True(part is EncodedPart || present.All(picture => PredictedFrom(picture, order).All(present.Contains)));
        }

        return true;
    }

    /// <summary>Of pictures that are shown later: the nearest that is decoded before.</summary>
    private static IEnumerable<int> PredictedFrom(int picture, List<int> order)
    {
        var later = order.Take(order.IndexOf(picture)).Where(before => before > picture).ToList();
        return later.Count > 0 ? [later.Min()] : [];
    }

    private static IEnumerable<int> Shown(CutPart part, IReadOnlyList<Picture> pictures) =>
        Enumerable.Range(part.First, part.Count).Where(i => part.Shows(pictures[i]));

    private static PictureRun Run(int[] order, int run = 0, long shift = 0) => new(run, [.. order.Select((picture, i) =>
        new Picture(shift + (i * Frame), shift + (picture * Frame), Frame, picture % 10 == 0, IsReference(order, i)))]);

    /// <summary>What is decoded behind a picture shown later is a B-frame; of those only the middle of a pyramid is referred to.</summary>
    private static bool IsReference(int[] order, int i) => order switch
    {
        _ when order.SequenceEqual(Loose) => order[i] != 4,
        _ when order.Take(i).All(before => before < order[i]) => true,
        _ => order.SequenceEqual(Pyramid) && order[i] % 10 % 4 == 2,
    };

    private static string Describe(CutPlan plan, int[] order) => string.Join(", ", plan.Parts.Select(part =>
    {
        var shown = Shown(part, Run(order).Pictures).Select(i => order[i]).Order().ToList();
        Assert.Equal(Enumerable.Range(shown[0], shown.Count), shown);
        return part is CopiedPart ? $"copy {shown[0]}-{shown[^1]}" : $"encode {shown[0]}-{shown[^1]} from {order[part.First]}";
    }));
}
