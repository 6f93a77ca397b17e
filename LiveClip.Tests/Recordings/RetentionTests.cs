using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using Xunit;

namespace LiveClip.Tests.Recordings;

/// <summary>Tables of the decision: recordings of ten-second segments of one byte each, so that a byte is a segment.</summary>
public sealed class RetentionTests
{
    private const long Second = 90_000;
    private const long Minute = 60 * Second;
    private static readonly DateTimeOffset Noon = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(20, 0, 300, 0)] // all of it is younger
    [InlineData(20, 0, 100, 9)] // a segment that ended just then stays
    [InlineData(20, 0, 99, 10)]
    [InlineData(20, 50, 100, 14)] // it goes on to age when it is over
    [InlineData(20, 99, 100, 19)]
    [InlineData(20, 101, 100, 20)] // and then there is nothing left
    [InlineData(20, 100_000, null, 0)] // for ever
    public void What_is_older_than_its_stream_keeps_goes(int segments, int sinceEnd, int? maxAge, int gone)
    {
        var recording = Recording(segments) with { SinceEnd = sinceEnd * Second, MaxAge = maxAge * Second };

        var retired = Retention.Decide([recording], missingBytes: 0);

        Assert.Equal(Enumerable.Range(0, gone), NumbersOf(retired));
        Assert.Equal(gone == segments, retired.SingleOrDefault()?.IsRecordingOver ?? false);
        Assert.All(retired, media => Assert.Equal(gone, media.KeptFrom));
    }

    [Theory]
    [InlineData(30, 24)] // all but the last minute
    [InlineData(6, 0)]
    [InlineData(0, 0)]
    public void Of_a_recording_on_air_its_viewers_keep_a_minute_whatever_the_limits(int segments, int gone)
    {
        var recording = Recording(segments) with { MaxAge = 0, MaxBytes = 0 };

        var retired = Retention.Decide([recording], missingBytes: long.MaxValue);

        Assert.Equal(Enumerable.Range(0, gone), NumbersOf(retired));
        Assert.DoesNotContain(retired, media => media.IsRecordingOver);
    }

    [Fact]
    public void A_broadcast_does_not_age_by_any_clock() =>
        Assert.Empty(Retention.Decide([Recording(20) with { MaxAge = 200 * Second }], missingBytes: 0));

    [Theory]
    [InlineData(100, 110, 9, 11)] // segment 10: its handles are one segment to each side
    [InlineData(99, 111, 8, 12)]
    [InlineData(0, 5, 0, 1)]
    [InlineData(195, 9_000, 18, 19)] // its end has not been received yet
    public void What_a_clip_holds_stays_with_ten_seconds_before_and_after(int start, int end, int firstKept, int lastKept)
    {
        var recording = Recording(20) with
        {
            SinceEnd = 1_000 * Second,
            MaxAge = Second,
            MaxBytes = 1,
            Held = [HeldRange.OfClip(start * Second, end * Second, 10)],
        };

        var retired = Assert.Single(Retention.Decide([recording], missingBytes: long.MaxValue));

        var kept = Enumerable.Range(0, 20).Except(NumbersOf([retired])).ToList();
        Assert.Equal(Enumerable.Range(firstKept, kept.Count), kept);
        Assert.Equal(lastKept, kept[^1]);
        Assert.False(retired.IsRecordingOver);
        Assert.True(retired.KeptFrom >= 1 && retired.KeptFrom <= 20);
    }

    [Fact]
    public void What_a_clip_has_let_go_of_goes_though_it_is_young()
    {
        var recording = Recording(20) with { KeptFrom = 12, MaxAge = 1_000 * Second, SinceEnd = 0 };

        var retired = Assert.Single(Retention.Decide([recording with { Held = [HeldRange.OfClip(70 * Second, 80 * Second, 10)] }], 0));

        Assert.Equal([0, 1, 2, 3, 4, 5, 9, 10, 11], NumbersOf([retired]));
        Assert.Equal(12, retired.KeptFrom);
    }

    [Theory]
    [InlineData(40, 0, 0)]
    [InlineData(39, 1, 0)]
    [InlineData(15, 20, 5)] // the older recording goes first, then the oldest of the newer one
    public void What_is_more_than_its_stream_keeps_goes_the_oldest_first(int maxBytes, int goneOfOlder, int goneOfNewer)
    {
        var older = Recording(20) with { SinceEnd = 3 * Minute, MaxBytes = maxBytes };
        var newer = Recording(20, startedAt: 60) with { SinceEnd = 0, MaxBytes = maxBytes };
        var other = Recording(20, stream: "other") with { SinceEnd = 0, MaxBytes = 100 };

        var retired = Retention.Decide([newer, older, other], missingBytes: 0);

        Assert.Equal(goneOfOlder, retired.SingleOrDefault(media => media.RecordingId == older.Id)?.Segments.Count ?? 0);
        Assert.Equal(goneOfNewer, retired.SingleOrDefault(media => media.RecordingId == newer.Id)?.Segments.Count ?? 0);
        Assert.DoesNotContain(retired, media => media.RecordingId == other.Id);
    }

    [Fact]
    public void What_clips_hold_is_kept_beside_the_limit()
    {
        var recording = Recording(20) with { SinceEnd = 0, MaxBytes = 10, Held = [HeldRange.OfClip(10 * Second, 90 * Second, 10)] };

        Assert.Empty(Retention.Decide([recording], missingBytes: 0));
        Assert.Equal([10], NumbersOf(Retention.Decide([recording with { MaxBytes = 9 }], missingBytes: 0)));
    }

    [Fact]
    public void What_the_disk_needs_is_taken_from_the_oldest_of_all_streams_and_no_more()
    {
        var old = Recording(5) with { SinceEnd = 60 * Minute };
        var onAir = Recording(120, stream: "on air"); // its first segments came twenty minutes ago
        var young = Recording(50, stream: "young") with { SinceEnd = 0 };

        var retired = Retention.Decide([young, onAir, old], missingBytes: 8);

        Assert.Equal(5, retired.Single(media => media.RecordingId == old.Id).Bytes);
        Assert.Equal([0, 1, 2], NumbersOf([retired.Single(media => media.RecordingId == onAir.Id)]));
        Assert.Equal(2, retired.Count);
    }

    [Fact]
    public void What_goes_for_its_age_is_room_for_the_disk_as_well()
    {
        var old = Recording(5) with { SinceEnd = 60 * Minute, MaxAge = Minute };
        var other = Recording(5, stream: "other") with { SinceEnd = 60 * Minute };

        Assert.Equal([old.Id], Retention.Decide([old, other], missingBytes: 5).Select(media => media.RecordingId));
    }

    [Theory]
    [InlineData(59, false)]
    [InlineData(61, true)]
    public void A_recording_without_media_goes_when_it_is_old(int sinceEnd, bool goes)
    {
        var empty = Recording(0) with { SinceEnd = sinceEnd * Second, MaxAge = Minute };

        Assert.Equal(goes, Retention.Decide([empty], missingBytes: 0).SingleOrDefault()?.IsRecordingOver ?? false);
    }

    private static IEnumerable<int> NumbersOf(IEnumerable<RetiredMedia> retired) =>
        retired.SelectMany(media => media.Segments).Select(segment => (int)segment.Number);

    private static RecordedMedia Recording(int segments, string stream = "stream", int startedAt = 0)
    {
        var id = Guid.NewGuid();
        return new RecordedMedia(
            id, stream, Noon.AddMinutes(startedAt), SinceEnd: null, End: segments * 10 * Second, KeptFrom: 0, MaxAge: null, MaxBytes: null,
            [.. Enumerable.Range(0, segments).Select(number => new RecordedSegment
            {
                RecordingId = id,
                Number = number,
                Run = 0,
                Start = number * 10 * Second,
                Duration = 10 * Second,
                Length = 1,
                StartsWithSync = true,
            })],
            []);
    }
}
