using LiveClip.Core.Recordings;
using Xunit;
using static LiveClip.Tests.Recordings.Timelines;

namespace LiveClip.Tests.Recordings;

public class TimelineCacheTests
{
    [Fact]
    public void What_was_read_before_something_was_removed_is_not_kept()
    {
        var cache = new TimelineCache();
        var timeline = Of(false, (0, 10));
        var before = cache.Changes;
        cache.Forget(Guid.NewGuid());

        cache.Add(timeline, before);
        Assert.Null(cache.Find(timeline.Recording.Id));

        cache.Add(timeline, cache.Changes);
        Assert.Same(timeline, cache.Find(timeline.Recording.Id));
        cache.Forget(timeline.Recording.Id);
        Assert.Null(cache.Find(timeline.Recording.Id));
    }

    [Fact]
    public void Those_that_were_not_used_for_longest_go_when_they_are_too_many()
    {
        var cache = new TimelineCache();
        var timelines = Enumerable.Range(0, 3).Select(_ => Of(false, (0, TimelineCache.MostSegments - 2))).ToList();
        cache.Add(timelines[0], 0);
        cache.Add(timelines[1], 0);
        Assert.NotNull(cache.Find(timelines[0].Recording.Id));

        cache.Add(timelines[2], 0);

        Assert.Equal([true, false, true], timelines.Select(timeline => cache.Find(timeline.Recording.Id) is not null));
    }

    [Fact]
    public void One_that_is_longer_than_all_is_kept_alone()
    {
        var cache = new TimelineCache();
        var (small, large) = (Of(false, (0, 10)), Of(false, (0, (TimelineCache.MostSegments * 2) + 10)));
        cache.Add(small, 0);
        cache.Add(large, 0);
        Assert.Null(cache.Find(small.Recording.Id));
        Assert.NotNull(cache.Find(large.Recording.Id));
    }
}
