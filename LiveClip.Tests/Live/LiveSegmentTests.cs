using LiveClip.Core.Live;
using Xunit;

namespace LiveClip.Tests.Live;

public sealed class LiveSegmentTests
{
    private static readonly LiveSegment Segment = new(
        7, 0, 0, [.. new[] { 5, 0, 3, 9 }.Select((length, i) => Fragment(i, length))], null);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task It_is_read_in_pieces_of_any_size(int piece)
    {
        await using var stream = Segment.OpenRead();
        using var read = new MemoryStream();
        await stream.CopyToAsync(read, piece, TestContext.Current.CancellationToken);

        Assert.Equal(Segment.ToMemory().ToArray(), read.ToArray());
        Assert.Equal((Segment.Length, Segment.Length), (stream.Length, stream.Position));
    }

    [Fact]
    public void It_is_read_from_any_place()
    {
        using var stream = Segment.OpenRead();
        var all = Segment.ToMemory().ToArray();
        for (var place = 0; place <= all.Length; place++)
        {
            stream.Seek(place - all.Length, SeekOrigin.End);
            var rest = new byte[all.Length - place];
            stream.ReadExactly(rest);
            Assert.Equal(all[place..], rest);
            Assert.Equal(0, stream.Read(new byte[1]));
        }
    }

    private static FragmentFinished Fragment(int index, int length) => new(
        0, 7, index, index + 1, 0, 1, index == 0, 0, Enumerable.Range(0, length).Select(i => (byte)((index * 16) + i)).ToArray());
}
