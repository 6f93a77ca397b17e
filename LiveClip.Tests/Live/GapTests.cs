using LiveClip.Core.Hls;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using Xunit;

namespace LiveClip.Tests.Live;

public class GapTests
{
    private const long Second = 90_000;

    [Theory]
    [InlineData(0, 2, 0)]
    [InlineData(-1, 2, 0)]
    [InlineData(4_499, 2, 0)] // a joint
    [InlineData(4_500, 2, 1)]
    [InlineData(2 * Second, 2, 1)]
    [InlineData((2 * Second) + 4_499, 2, 1)]
    [InlineData((2 * Second) + 4_500, 2, 2)]
    [InlineData(1_800 * Second, 2, 900)] // the longest reconnect window
    [InlineData(86_400 * Second, 2, 3_600)] // a server that was down for a day
    public void A_number_per_target_duration_and_one_for_the_rest(long length, int target, int expected) =>
        Assert.Equal(expected, Gap.Count(length, target));

    [Theory]
    [InlineData(7 * Second, 4, new[] { 2 * Second, 2 * Second, 2 * Second, Second })]
    [InlineData(4 * Second, 2, new[] { 2 * Second, 2 * Second })]
    [InlineData(3 * Second, 1, new[] { 224_900L })] // one long segment was lost: what rounds to the target duration
    [InlineData(3 * Second, 3, new[] { Second, Second, Second })]
    [InlineData(-5, 1, new[] { 0L })]
    public void Numbers_of_a_gap_last_the_target_duration_and_those_of_lost_segments_share(long length, int count, long[] expected) =>
        Assert.Equal(expected, Gap.Durations(length, count, 2));

    [Fact]
    public void What_is_listed_while_the_encoder_is_away_is_what_is_found_when_it_is_back()
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder().Encode(seconds: 6).ForEach(packaged.Accept);
        packaged.Packager.CloseRun();
        packaged.Time.Advance(TimeSpan.FromMilliseconds(100));
        var listed = new List<string>();
        for (var second = 0; second <= 60; second++)
        {
            packaged.Packager.Wait();
            var now = Lines(packaged);
            Assert.Equal(listed, now.Take(listed.Count));
            Assert.Equal(second / 2, now.Count - 3);
            listed = now;
            packaged.Time.Advance(TimeSpan.FromSeconds(1));
        }

        // 61 s after the end, by then with 30 gaps: 1.3 s more and it is back.
        var returned = new SyntheticEncoder { TimestampBreak = 2, Arrival = (67 * TimeSpan.TicksPerSecond) + 3_000_000 }.Encode(seconds: 7);
        foreach (var sample in returned)
        {
            packaged.Accept(sample);
            packaged.Packager.Wait();
            var now = Lines(packaged);
            Assert.Equal(listed, now.Take(listed.Count));
            listed = now;
        }

        packaged.Packager.CloseRun();
        packaged.AssertConsistent();
        Assert.Equal(67.3, packaged.Runs[1].TimelineStart / 90_000d, 0.001);
        Assert.Equal(3 + 31, packaged.Segments.First(segment => segment.Run == 1).Number);
        var whole = RecordingPlaylist.Of(packaged.Timeline(onAir: false), "", PlaylistForm.Whole);
        Assert.Equal(packaged.Runs[1].TimelineStart, whole.Segments.TakeWhile(segment => !segment.Discontinuity).Sum(segment => segment.Duration));
        Assert.All(whole.Segments, segment => Assert.InRange(Math.Round(segment.Duration / 90_000d), 0, 2));
        Assert.Equal(31, whole.Segments.Count(segment => segment.Gap));
    }

    [Fact]
    public void The_live_edge_moves_on_through_a_gap_and_its_numbers_with_it()
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder().Encode(seconds: 20).ForEach(packaged.Accept);
        packaged.Packager.CloseRun();
        packaged.Time.Advance(TimeSpan.FromSeconds(91));
        packaged.Packager.Wait();

        var edge = RecordingPlaylist.Of(packaged.Timeline(), "", PlaylistForm.None);
        Assert.Equal(60 * Second, edge.Segments.Sum(segment => segment.Duration));
        Assert.All(edge.Segments, segment => Assert.True(segment.Gap));
        Assert.Equal(10 + 45 - 30, edge.MediaSequence);

        // Over while the encoder is away: its end is that of its last picture.
        Assert.Equal(10, RecordingPlaylist.Of(packaged.Timeline(onAir: false), "", PlaylistForm.Whole).Segments.Count);
        Assert.Equal(10 + 45, packaged.Packager.NextSegment);
    }

    [Fact]
    public void After_a_restart_the_gap_goes_on_and_takes_no_number_twice_whatever_the_clock_says()
    {
        var started = new Support.ManualTimeProvider().GetUtcNow();
        // Three gaps were listed before, and UTC was set back by an hour.
        var previous = new PreviousRun(20 * Second, started.AddHours(1), 20 * Second) { ListedEnd = 26 * Second };
        var packaged = new PackagedRecording(new PackagerOrigin(Guid.NewGuid(), 1, 10, 2, previous));
        packaged.Packager.Wait();
        Assert.Equal(new GapListed(26 * Second, 13), Assert.Single(packaged.Outputs));

        new SyntheticEncoder().Encode(seconds: 3).ForEach(packaged.Accept);
        packaged.Packager.CloseRun();
        Assert.Equal((26 * Second, 13L), (packaged.Runs[0].TimelineStart, packaged.Segments[0].Number));
    }

    [Fact]
    public void Nothing_is_listed_before_the_first_picture_and_while_pictures_come()
    {
        var packaged = new PackagedRecording();
        packaged.Time.Advance(TimeSpan.FromSeconds(60));
        packaged.Packager.Wait();
        Assert.Empty(packaged.Outputs);
        foreach (var sample in new SyntheticEncoder { Arrival = 60 * TimeSpan.TicksPerSecond }.Encode(seconds: 20))
        {
            packaged.Accept(sample);
            packaged.Packager.Wait();
        }

        Assert.Empty(packaged.Outputs.OfType<GapListed>());
    }

    private static List<string> Lines(PackagedRecording packaged) =>
        [.. RecordingPlaylist.Of(packaged.Timeline(), "", PlaylistForm.Whole).Segments.Select(Line)];

    private static string Line(MediaSegment segment) => $"{segment.Uri} {segment.Duration} {segment.Gap} {segment.Discontinuity}";
}
