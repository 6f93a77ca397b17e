using LiveClip.Core.Catalog;
using LiveClip.Core.Hls;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using Microsoft.Extensions.Options;
using Xunit;

namespace LiveClip.Tests.Live;

/// <summary>The live edge in parts: what is listed of it when, and who waits for it how long (RFC 8216bis).</summary>
public class LivePlaylistTests
{
    private const long Second = 90_000;
    private const PlaylistForm Everything = PlaylistForm.Whole | PlaylistForm.Parts;

    [Fact]
    public void A_part_is_listed_as_soon_as_the_picture_behind_it_has_come()
    {
        var packaged = new PackagedRecording();
        var seen = new List<(int Pictures, int Parts)>();
        var pictures = 0;
        foreach (var sample in new SyntheticEncoder { Sound = null }.Encode(seconds: 6))
        {
            packaged.Accept(sample);
            var parts = packaged.Fragments.Count;
            pictures++;
            if (seen.Count == 0 || seen[^1].Parts != parts)
            {
                seen.Add((pictures, parts));
            }
        }

        // Nine pictures are a part, and 60 a segment: seven parts, the last of six pictures. The first second is held: sound may follow.
        Assert.Equal([(37, 4), (46, 5), (55, 6), (61, 7), (70, 8), (79, 9)], seen.SkipWhile(step => step.Parts < 4).Take(6));
    }

    [Fact]
    public void Parts_are_as_long_as_they_may_be_and_numbered_through_the_run()
    {
        foreach (var fps in (double[])[15, 20, 24_000 / 1001.0, 24, 25, 30_000 / 1001.0, 30, 50, 60_000 / 1001.0, 60])
        {
            var packaged = PackagedRecording.Of(new SyntheticEncoder { Fps = fps, Gop = (int)Math.Round(fps * 2) }.Encode(seconds: 20));

            Assert.Equal(Enumerable.Range(1, packaged.Fragments.Count), packaged.Fragments.Select(fragment => fragment.Part));
            foreach (var segment in packaged.Fragments.GroupBy(fragment => fragment.Number))
            {
                Assert.All(segment, part => Assert.True(part.Duration <= Segmenter.PartTarget + 180, $"{fps}: {part.Duration}"));
                Assert.All(segment.SkipLast(1), part => Assert.True(part.Duration >= Segmenter.PartTarget * 0.85, $"{fps}: {part.Duration}"));
            }
        }
    }

    [Fact]
    public void The_newest_segments_are_listed_by_their_parts_too_and_the_open_one_by_them_only()
    {
        var packaged = OnAir(seconds: 21);

        var playlist = RecordingPlaylist.Of(packaged.Timeline(), "x/", Everything);

        Assert.Equal([7L, 8, 9], Numbers(playlist).Where((_, i) => playlist.Segments[i].Parts.Count > 0));
        Assert.Equal(7, playlist.Segments[^1].Parts.Count);
        Assert.Equal((true, false), (playlist.Segments[^1].Parts[0].Independent, playlist.Segments[^1].Parts[1].Independent));
        Assert.All(playlist.Segments.SelectMany(segment => segment.Parts), part => Assert.InRange(part.Duration, 1, Segmenter.PartTarget));
        var open = packaged.Window.Snapshot().Open!;
        Assert.Equal(open.Fragments.Select(part => $"x/0/p{part.Part}.m4s"), playlist.Open!.Parts.Select(part => part.Uri));
        Assert.Equal($"x/0/p{open.Fragments[^1].Part + 1}.m4s", playlist.NextPart);
        Assert.Equal(new LowLatency(0.302m, 0.906m, 6, 12), playlist.LowLatency);
    }

    [Fact]
    public void For_players_with_few_connections_there_are_whole_segments_only()
    {
        var playlist = RecordingPlaylist.Of(OnAir(seconds: 21).Timeline(), "", PlaylistForm.Whole);

        Assert.Equal((null, null, null), (playlist.LowLatency, playlist.Open, playlist.NextPart));
        Assert.All(playlist.Segments, segment => Assert.Empty(segment.Parts));
    }

    [Fact]
    public void A_part_longer_than_the_target_is_not_listed_nor_those_behind_it()
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder { Fps = 2, Gop = 4, Sound = null }.Encode(seconds: 21).ForEach(packaged.Accept);

        Assert.All(RecordingPlaylist.Of(packaged.Timeline(), "", Everything).Segments, segment => Assert.Empty(segment.Parts));
    }

    [Fact]
    public void A_delta_update_leaves_out_what_is_six_target_durations_old()
    {
        var timeline = OnAir(seconds: 61).Timeline();
        var whole = RecordingPlaylist.Of(timeline, "", Everything);

        var delta = RecordingPlaylist.Of(timeline, "", Everything | PlaylistForm.Delta);

        Assert.Equal((whole.MediaSequence, whole.DiscontinuitySequence), (delta.MediaSequence, delta.DiscontinuitySequence));
        Assert.Equal((30, 24L, 6), (whole.Segments.Count, delta.Skipped, delta.Segments.Count));
        Assert.Equal(Numbers(whole).Skip(24), Numbers(delta));
        Assert.Equal(whole.ToString().Split("24.m4s")[1], delta.ToString().Split("24.m4s")[1]);
    }

    [Fact]
    public void What_is_kept_of_a_playlist_as_text_is_what_would_be_written_anew()
    {
        var (packaged, older) = (new PackagedRecording(), new OlderSegments());
        var publishes = new[]
        {
            new SyntheticEncoder().Encode(seconds: 41),
            new SyntheticEncoder { Arrival = 60 * TimeSpan.TicksPerSecond, TimestampBreak = 2 }.Encode(seconds: 33),
        };
        var lost = new Dictionary<int, long> { [900] = 2, [1_500] = 9 };
        var seen = 0;
        foreach (var sample in publishes.SelectMany(samples => samples))
        {
            packaged.Accept(sample);
            if (packaged.TargetDuration is null || ++seen % 10 != 0)
            {
                continue;
            }

            if (lost.TryGetValue(seen, out var number))
            {
                packaged.Window.MarkLost(number);
            }

            if (seen == 2_500)
            {
                packaged.Window.Forget(5, new HashSet<long>());
            }

            var now = packaged.Timeline();
            Assert.Equal(RecordingPlaylist.Of(now, "x/", Everything).ToString(), RecordingPlaylist.Of(now, "x/", Everything, older).ToString());
            Assert.Equal(
                RecordingPlaylist.Of(now, "x/", PlaylistForm.Whole).ToString(), RecordingPlaylist.Of(now, "x/", PlaylistForm.Whole, older).ToString());
        }

        Assert.InRange(seen, 2_600, int.MaxValue);
        Assert.Contains(RecordingPlaylist.Of(packaged.Timeline(), "", Everything).Segments, segment => segment.Discontinuity);
    }

    [Fact]
    public void Whoever_is_late_gets_what_there_was_then()
    {
        var (packaged, older) = (OnAir(seconds: 41), new OlderSegments());
        var before = packaged.Timeline();
        new SyntheticEncoder().Encode(seconds: 51).Where(sample => sample.Track.Timescale.ToSeconds(sample.DecodeTime) >= 41).ToList()
            .ForEach(packaged.Accept);

        _ = RecordingPlaylist.Of(packaged.Timeline(), "", Everything, older);

        Assert.Equal(RecordingPlaylist.Of(before, "", Everything).ToString(), RecordingPlaylist.Of(before, "", Everything, older).ToString());
    }

    [Fact]
    public void After_twelve_hours_an_update_is_as_small_as_after_a_minute()
    {
        var (early, late) = (Update(minutes: 1), Update(minutes: 12 * 60));

        Assert.InRange(late.Length, 2_000, 10 * 1024);
        Assert.InRange(late.Length, early.Length, early.Length * 1.1);
    }

    [Fact]
    public void A_delta_update_in_front_of_a_new_run_says_that_it_is_one()
    {
        var packaged = OnAir(seconds: 61);
        packaged.Packager.CloseRun();
        new SyntheticEncoder { Arrival = 62 * TimeSpan.TicksPerSecond, TimestampBreak = 2 }.Encode(seconds: 12.5).ForEach(packaged.Accept);
        var timeline = packaged.Timeline();

        var delta = RecordingPlaylist.Of(timeline, "", Everything | PlaylistForm.Delta);

        var whole = RecordingPlaylist.Of(timeline, "", Everything);
        Assert.Equal("1/init.mp4", delta.Segments[0].Map);
        Assert.Equal(whole.Segments.Count, delta.Skipped + delta.Segments.Count);
        Assert.Equal(whole.Segments.Skip((int)delta.Skipped).Select(s => (s.Uri, s.Discontinuity)), delta.Segments.Select(s => (s.Uri, s.Discontinuity)));
        Assert.Contains(delta.Segments, segment => segment.Discontinuity);
    }

    [Fact]
    public void What_may_be_asked_for_ahead_is_known()
    {
        var now = OnAir(seconds: 21).Window.Snapshot();
        var parts = now.Open!.Fragments.Count;

        Assert.Equal((9L, 10L), (now.LastNumber, now.Open.Number));
        Assert.True(now.Holds(new(9, null)) && now.Holds(new(9, 6)) && now.Holds(new(10, parts - 1)));
        Assert.False(now.Holds(new(10, null)) || now.Holds(new(10, parts)) || now.Holds(new(11, 0)));
        // Behind the last part of a segment there is the first of the next.
        Assert.True(now.Holds(new(9, 7)));
        Assert.True(now.Holds(new(0, 3)));
        Assert.False(now.IsTooFarAhead(new(11, null)) || now.IsTooFarAhead(new(10, parts + 8)) || now.IsTooFarAhead(new(11, 0)));
        Assert.True(now.IsTooFarAhead(new(12, null)) || now.IsTooFarAhead(new(10, parts + 10)));
    }

    [Fact]
    public void While_no_encoder_is_there_no_part_is_promised()
    {
        var packaged = OnAir(seconds: 21);
        packaged.Packager.CloseRun();
        Assert.NotNull(packaged.Window.Snapshot().NextPart);

        packaged.Time.Advance(TimeSpan.FromSeconds(10));
        packaged.Packager.Wait();

        var now = packaged.Window.Snapshot();
        Assert.Null(now.NextPart);
        Assert.True(now.LastNumber > 10 && now.Holds(new(now.LastNumber, 0)));
        Assert.Null(RecordingPlaylist.Of(packaged.Timeline(), "", Everything).NextPart);
    }

    [Fact]
    public async Task Whoever_waits_is_answered_with_what_they_waited_for()
    {
        var packaged = OnAir(seconds: 21);
        var waiting = new LiveWaiting(Options.Create(new LiveOptions()), packaged.Time);
        var next = packaged.Window.Snapshot().NextPart!;

        var answer = waiting.UntilAsync(packaged.Window, now => now.Find(next) is not null, TestContext.Current.CancellationToken);

        Assert.Equal((false, 1), (answer.IsCompleted, waiting.CountOf(packaged.Window.Recording.Id)));
        new SyntheticEncoder().Encode(seconds: 22).Where(sample => sample.Track.Timescale.ToSeconds(sample.DecodeTime) >= 21).ToList()
            .ForEach(packaged.Accept);
        Assert.Equal(LiveWait.There, await answer.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.NotNull(packaged.Window.Snapshot().Find(next));
        Assert.Equal(0, waiting.CountOf(packaged.Window.Recording.Id));
    }

    [Fact]
    public async Task Nobody_waits_longer_than_three_target_durations_nor_behind_the_end()
    {
        var packaged = OnAir(seconds: 21);
        var waiting = new LiveWaiting(Options.Create(new LiveOptions()), packaged.Time);

        var late = waiting.UntilAsync(packaged.Window, _ => false, TestContext.Current.CancellationToken);
        packaged.Time.Advance(TimeSpan.FromSeconds(6.1));
        Assert.Equal(LiveWait.TooLate, await late);

        var last = waiting.UntilAsync(packaged.Window, _ => false, TestContext.Current.CancellationToken);
        packaged.Window.Close();
        Assert.Equal(LiveWait.Never, await last);
        Assert.Equal(LiveWait.Never, await waiting.UntilAsync(packaged.Window, _ => null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task More_than_may_wait_are_sent_away_at_once()
    {
        var packaged = OnAir(seconds: 21);
        var waiting = new LiveWaiting(Options.Create(new LiveOptions { MaxWaiting = 2 }), packaged.Time);

        var there = Enumerable.Range(0, 2).Select(_ => waiting.UntilAsync(packaged.Window, _ => false, TestContext.Current.CancellationToken)).ToList();
        Assert.Equal(LiveWait.TooMany, await waiting.UntilAsync(packaged.Window, _ => false, TestContext.Current.CancellationToken));
        Assert.Equal(2, waiting.CountOf(packaged.Window.Recording.Id));

        packaged.Window.Close();
        await Task.WhenAll(there);
        Assert.Equal(0, waiting.CountOf(packaged.Window.Recording.Id));
    }

    /// <summary>With all parts of the newest segments, and the open one about to close.</summary>
    private static string Update(int minutes)
    {
        var timeline = Timelines.Of(onAir: true, (0, minutes * 60));
        var inMemory = timeline.Segments.TakeLast(6).Select(segment => InParts(segment, timeline.Recording.FirstSegmentNumber)).ToList();
        var open = inMemory[^1] with { Number = inMemory[^1].Number + 1, Closed = null };
        return RecordingPlaylist.Of(
            timeline with { InMemory = [.. inMemory, open], Open = open, NextPart = new PartName(0, open.Fragments[^1].Part + 1) },
            $"{timeline.Recording.Id}/",
            Everything | PlaylistForm.Delta).ToString();
    }

    private static LiveSegment InParts(RecordedSegment segment, long firstNumber) => new(
        segment.Number,
        segment.Run,
        segment.Start,
        [
            .. Enumerable.Range(0, 7).Select(i => new FragmentFinished(
                segment.Run, segment.Number, i, (int)((segment.Number - firstNumber) * 7) + i + 1, segment.Start + (i * 27_000), 27_000, i == 0, 0, default)),
        ],
        segment);

    private static PackagedRecording OnAir(double seconds)
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder { BFrames = 0 }.Encode(seconds).ForEach(packaged.Accept);
        return packaged;
    }

    private static IEnumerable<long> Numbers(MediaPlaylist playlist) =>
        playlist.Segments.Select(segment => long.Parse(segment.Uri.Split('/')[^1].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture));
}
