using LiveClip.Core.Clips;
using LiveClip.Core.Hls;
using LiveClip.Core.Live;
using Xunit;
using static LiveClip.Tests.Recordings.Timelines;

namespace LiveClip.Tests.Clips;

public class ClipPlaylistTests
{
    [Fact]
    public void A_growing_clip_only_ever_gets_longer_and_then_ends()
    {
        IReadOnlyList<MediaSegment> before = [];
        for (var end = 12; end <= 30; end += 2)
        {
            var timeline = end <= 20 ? Of(true, (0, end)) : Of(true, (0, 20), (22, end + 2));
            var growing = ClipPlaylist.Of(timeline, 11 * Second, 40 * Second, "", isGrowing: true)!;
            Assert.Equal(before, growing.Segments.Take(before.Count));
            Assert.Equal((false, null, 2, 0L), (growing.Ended, growing.Type, growing.TargetDuration, growing.MediaSequence));
            Assert.Equal(1, growing.StartOffset);
            before = growing.Segments;
        }

        var over = ClipPlaylist.Of(Of(false, (0, 20), (22, 32)), 11 * Second, 32 * Second, "")!;
        Assert.Equal(before, over.Segments);
        Assert.True(over.Ended);
    }

    [Fact]
    public void The_open_segment_is_in_no_growing_list_since_it_is_not_yet_what_it_will_be()
    {
        var fragment = new FragmentFinished(0, 106, 0, 1, 12 * Second, Second, true, 13 * Second, new byte[10]);
        var timeline = Of(true, (0, 12)) with { Open = new LiveSegment(106, 0, 12 * Second, [fragment], null), NewestPicture = 13 * Second };

        Assert.Null(ClipPlaylist.Of(timeline, (12 * Second) + 9_000, 20 * Second, "", isGrowing: true));
        Assert.Equal(6, ClipPlaylist.Of(timeline, 0, 20 * Second, "", isGrowing: true)!.Segments.Count);
        Assert.Equal(10, ClipPlaylist.Of(timeline, 0, 13 * Second, "")!.Segments[^1].ByteLength);
    }
}
