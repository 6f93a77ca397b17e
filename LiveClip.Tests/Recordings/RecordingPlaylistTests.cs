using LiveClip.Core.Hls;
using LiveClip.Core.Recordings;
using Xunit;
using static LiveClip.Tests.Recordings.Timelines;

namespace LiveClip.Tests.Recordings;

public class RecordingPlaylistTests
{
    [Fact]
    public void The_live_edge_is_the_last_minute()
    {
        var playlist = RecordingPlaylist.Of(Of(onAir: true, (0, 200)), "p/", PlaylistForm.None);

        Assert.Equal((170L, 7L, 2), (playlist.MediaSequence, playlist.DiscontinuitySequence, playlist.TargetDuration));
        Assert.Equal(30, playlist.Segments.Count);
        Assert.Equal(("p/0/170.m4s", "p/0/init.mp4"), (playlist.Segments[0].Uri, playlist.Segments[0].Map));
        Assert.Equal(Noon.AddSeconds(140), playlist.Segments[0].ProgramDateTime);
        Assert.False(playlist.Segments[0].Discontinuity);
        Assert.Equal(((MediaPlaylistType?)null, false, true), (playlist.Type, playlist.Ended, playlist.IndependentSegments));
    }

    [Fact]
    public void All_of_it_begins_with_the_first_segment()
    {
        var playlist = RecordingPlaylist.Of(Of(onAir: true, (0, 200)), "", PlaylistForm.Whole);
        Assert.Equal((100L, 100, false), (playlist.MediaSequence, playlist.Segments.Count, playlist.Ended));
        Assert.Equal("0/100.m4s", playlist.Segments[0].Uri);
    }

    [Fact]
    public void One_that_is_over_is_whole_and_ended()
    {
        var playlist = RecordingPlaylist.Of(Of(onAir: false, (0, 200)), "", PlaylistForm.None);
        Assert.Equal((100, true, MediaPlaylistType.Vod), (playlist.Segments.Count, playlist.Ended, playlist.Type));
    }

    [Fact]
    public void Each_new_run_is_a_discontinuity_that_is_counted_when_it_has_left_the_list()
    {
        var timeline = Of(onAir: true, (0, 100), (110, 140), (150, 170));
        var whole = RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole);
        Assert.Equal(7, whole.DiscontinuitySequence);
        Assert.Equal([50, 65], Enumerable.Range(0, whole.Segments.Count).Where(i => whole.Segments[i].Discontinuity));
        Assert.Equal("1/init.mp4", whole.Segments[50].Map);
        Assert.Equal(Noon.AddSeconds(110), whole.Segments[50].ProgramDateTime);

        // 110 is the first within a minute of 170: the discontinuity in front of it counts with its segment.
        var edge = RecordingPlaylist.Of(timeline, "", PlaylistForm.None);
        Assert.Equal((150L, 8L), (edge.MediaSequence, edge.DiscontinuitySequence));
        Assert.Single(edge.Segments, segment => segment.Discontinuity);
    }

    [Fact]
    public void Media_and_discontinuity_sequence_never_go_back_and_go_together()
    {
        PlaylistNumbers? before = null;
        for (var end = 2; end <= 200; end += 2)
        {
            var timeline = end <= 80 ? Of(true, (0, end)) : Of(true, (0, 80), (90, 90 + end - 80));
            var playlist = RecordingPlaylist.Of(timeline, "", PlaylistForm.None);
            var now = new PlaylistNumbers(playlist.MediaSequence, playlist.DiscontinuitySequence);
            if (before is not null)
            {
                Assert.True(now.Media >= before.Media && now.Discontinuity >= before.Discontinuity, $"{before} then {now}");
            }

            // Counted from the beginning, each segment's discontinuity number is its run's.
            var number = playlist.DiscontinuitySequence;
            foreach (var segment in playlist.Segments)
            {
                number += segment.Discontinuity ? 1 : 0;
                Assert.StartsWith($"{number - 7}/", segment.Uri, StringComparison.Ordinal);
            }

            before = now;
        }
    }

    [Fact]
    public void A_lost_segment_is_listed_as_a_gap()
    {
        var timeline = Of(onAir: true, (0, 20)) with { Lost = new HashSet<long> { 103 } };
        var playlist = RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole);
        Assert.Equal([3], Enumerable.Range(0, 10).Where(i => playlist.Segments[i].Gap));
    }

    [Fact]
    public void A_segment_that_the_catalog_never_heard_of_is_listed_as_a_gap_so_that_numbers_stay()
    {
        var timeline = Of(onAir: false, (0, 20));
        timeline = timeline with { Segments = [.. timeline.Segments.Where(segment => segment.Number is not (103 or 104))] };

        var playlist = RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole);

        Assert.Equal(10, playlist.Segments.Count);
        Assert.Equal([3, 4], Enumerable.Range(0, 10).Where(i => playlist.Segments[i].Gap));
        Assert.Equal(("0/104.m4s", 2 * Second), (playlist.Segments[4].Uri, playlist.Segments[4].Duration));
        Assert.Equal(20 * Second, playlist.Segments.Sum(segment => segment.Duration));
    }

    [Fact]
    public void A_run_whose_segments_were_all_lost_is_a_discontinuity_all_the_same()
    {
        // Live its segment was listed between two others, each with a discontinuity in front.
        var timeline = Of(onAir: true, (0, 100), (100, 102), (102, 170));
        var lost = timeline with { Segments = [.. timeline.Segments.Where(segment => segment.Run != 1)] };
        var (was, left) = (RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole), RecordingPlaylist.Of(lost, "", PlaylistForm.Whole));
        Assert.Equal(was.Segments.Select(segment => segment.Discontinuity), left.Segments.Select(segment => segment.Discontinuity));
        Assert.Equal([false, true, false], left.Segments.Skip(49).Take(3).Select(segment => segment.Gap));
        Assert.Equal(9, RecordingPlaylist.Of(lost, "", PlaylistForm.None).DiscontinuitySequence);
    }

    [Fact]
    public void One_segment_without_a_sync_sample_takes_the_promise_back()
    {
        var timeline = Of(onAir: true, (0, 20));
        Assert.True(RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole).IndependentSegments);
        var third = timeline.Segments[3];
        var cut = new Core.Catalog.RecordedSegment
        {
            RecordingId = third.RecordingId,
            Number = third.Number,
            Run = 0,
            Start = third.Start,
            Duration = third.Duration,
            Length = 1,
            StartsWithSync = false,
        };
        timeline = timeline with { Segments = [.. timeline.Segments.Take(3), cut, .. timeline.Segments.Skip(4)] };
        Assert.False(RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole).IndependentSegments);
    }

    [Fact]
    public void Before_the_first_segment_it_has_the_numbers_that_the_first_will_have()
    {
        var playlist = RecordingPlaylist.Of(Of(onAir: true), "", PlaylistForm.None);
        Assert.Equal((100L, 7L, 0), (playlist.MediaSequence, playlist.DiscontinuitySequence, playlist.Segments.Count));
    }

    private sealed record PlaylistNumbers(long Media, long Discontinuity);
}
