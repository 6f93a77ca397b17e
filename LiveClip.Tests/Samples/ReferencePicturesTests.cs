using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Samples;

public class ReferencePicturesTests
{
    // Pictures by number and place on screen.
    private static readonly ReferencePicture[] Four = [Picture(0, 0), Picture(1, 8), Picture(2, 4), Picture(3, 16)];
    private static readonly ReferencePictures Held = new(4, Four);

    [Fact]
    public void Lists_of_P_begin_with_the_newest_and_of_B_with_the_nearest_on_either_side()
    {
        Assert.Equal([3, 2, 1, 0], Numbers(Held.DefaultLists(SliceType.P, 20).List0));
        var (list0, list1) = Held.DefaultLists(SliceType.B, 6);
        Assert.Equal([2, 0, 1, 3], Numbers(list0));
        Assert.Equal([1, 3, 2, 0], Numbers(list1));
    }

    [Fact]
    public void Lists_of_B_that_would_be_equal_differ_in_their_first_two()
    {
        var (list0, list1) = Held.DefaultLists(SliceType.B, 20);
        Assert.Equal([3, 1, 2, 0], Numbers(list0));
        Assert.Equal([1, 3, 2, 0], Numbers(list1));
        (list0, list1) = new ReferencePictures(1, Four[..1]).DefaultLists(SliceType.B, 20);
        Assert.Equal(Numbers(list0), Numbers(list1));
    }

    [Theory]
    [InlineData("", 4, "3 2 1 0")]
    [InlineData("", 2, "3 2")]
    [InlineData("", 6, "3 2 1 0 - -")]
    [InlineData("-3", 4, "1 3 2 0")] // three before picture 4
    [InlineData("-4 +2", 4, "0 2 3 1")]
    [InlineData("-4", 2, "0 3")]
    [InlineData("-12", 2, "0 3")] // once around
    [InlineData("-4 -8", 3, "0 0 3")] // the same twice
    [InlineData("-5", 3, "- 3 2")] // no longer there
    public void A_slice_brings_pictures_to_the_front_of_its_list(string steps, int count, string expected)
    {
        var told = steps.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).Select(step => new ReferenceListModification(
            step > 0 ? ReferenceListModification.Forward : ReferenceListModification.Back, (uint)Math.Abs(step) - 1)).ToList();
        var list = Held.Modified(Held.DefaultLists(SliceType.P, 20).List0, told, count, number: 4, maxFrameNum: 8);
        Assert.Equal(expected, string.Join(' ', list.Select(picture => picture is null ? "-" : $"{picture.Number}")));
    }

    [Fact]
    public void The_oldest_makes_room_when_there_is_none()
    {
        Assert.Equal([1, 2, 3], Numbers(Held.Slid().Held));
        Assert.Equal([1, 2, 3], Numbers(Held.Slid().Slid().Held));
        Assert.Equal([0, 3], Numbers(Held.Without([Four[1], Four[2]]).Held));
    }

    private static ReferencePicture Picture(int number, int picOrder) => new(number, number, picOrder, IsKept: true);

    private static int[] Numbers(IEnumerable<ReferencePicture> pictures) => [.. pictures.Select(picture => picture.Number)];
}
