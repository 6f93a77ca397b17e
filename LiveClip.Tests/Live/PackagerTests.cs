using FsCheck;
using FsCheck.Fluent;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Live;

public class PackagerTests
{
    private const long Second = 90_000;

    private static readonly SyntheticEncoder BFrames = new() { Pictures = SyntheticEncoder.Reordering, BFrames = 2 };

    [Fact]
    public void Segments_begin_at_the_sync_samples_and_fragments_last_a_third_of_one()
    {
        var packaged = PackagedRecording.Of(BFrames.Encode(seconds: 10));

        Assert.Equal(2, packaged.TargetDuration);
        Assert.Equal([0, 2 * Second, 4 * Second, 6 * Second, 8 * Second], packaged.Segments.Select(segment => segment.Start));
        Assert.All(packaged.Segments, segment => Assert.Equal(2, segment.Duration / 90_000.0, 0.0011));
        Assert.All(packaged.Segments, segment => Assert.True(segment.StartsWithSync));
        Assert.All(packaged.Fragments, fragment => Assert.InRange(fragment.Duration, 1, Segmenter.PartTarget));
        Assert.True(packaged.Fragments.Count <= 35, $"{packaged.Fragments.Count} fragments");
    }

    [Fact]
    public void Whatever_an_encoder_sends_comes_out_once_in_order_and_without_a_hole()
    {
        var encoders =
            from gop in Gen.Choose(1, 120)
            from bFrames in Gen.Choose(0, 2)
            from openGop in Gen.Elements(true, false)
            from fps in Gen.Elements(10, 23.976, 25, 29.97, 30, 59.94)
            from sound in Gen.Elements(null, SyntheticEncoder.Stereo48, SyntheticEncoder.Mono44)
            from start in Gen.Elements(0L, 1_234, 5_000_000_000)
            from seconds in Gen.Choose(1, 12)
            select (
                Encoder: new SyntheticEncoder
                {
                    Pictures = bFrames > 0 ? SyntheticEncoder.Reordering : SyntheticEncoder.Plain,
                    Sound = sound,
                    Gop = gop,
                    BFrames = bFrames,
                    OpenGop = openGop,
                    Fps = fps,
                    StartMs = start,
                },
                Seconds: seconds);
        Prop.ForAll(Arb.From(encoders), drawn => ComesOutOnce(drawn.Encoder, drawn.Seconds))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void The_newest_picture_never_lies_behind_a_hole()
    {
        foreach (var openGop in new[] { false, true })
        {
            // Adaptive B-frames: mini-GOPs of every length, times in uneven milliseconds.
            var encoder = BFrames with { OpenGop = openGop, Gop = 50, Fps = 29.97 };
            var samples = encoder.Encode(seconds: 20);
            var packaged = new PackagedRecording();
            var shown = samples.Where(sample => sample.Track is VideoTrack)
                .ToDictionary(
                    sample => SyntheticEncoder.NameOf(sample.Data.Span), sample => sample.PresentationTime - samples[0].PresentationTime);
            foreach (var sample in samples)
            {
                packaged.Accept(sample);
                var there = packaged.Names(VideoTrack.TrackId).ToHashSet();
                var newest = packaged.Window.NewestPicture;
                var missing = shown.Where(picture => picture.Value < newest - 90 && !there.Contains(picture.Key)).ToList();
                Assert.True(missing.Count == 0, $"{missing.FirstOrDefault()} is not there, though the newest picture is at {newest}");
            }

            Assert.InRange(packaged.Window.NewestPicture, 18 * Second, 20 * Second);
        }
    }

    [Fact]
    public void Sound_whose_pictures_have_stopped_goes_on_alone_until_they_are_back()
    {
        var encoder = new SyntheticEncoder();
        var samples = encoder.Encode(seconds: 60)
            .Where(sample => sample.Track is AudioTrack || sample.DecodeTime < 4 * Second || sample.DecodeTime >= 40 * Second).ToList();
        var packaged = new PackagedRecording();
        foreach (var sample in samples)
        {
            packaged.Accept(sample);
            var heard = packaged.Names(AudioTrack.TrackId).Count * 1024 / 48_000.0;
            Assert.InRange(sample.Track.Timescale.ToSeconds(sample.DecodeTime) - heard, -1, 14);
        }

        packaged.Packager.CloseRun();
        packaged.AssertConsistent();
        Assert.Equal(["avc1.64001e,mp4a.40.2", "mp4a.40.2", "avc1.64001e,mp4a.40.2"], packaged.Runs.Select(run => run.Codecs));
        Assert.Equal([0, 14, 40], packaged.Runs.Select(run => Math.Round(run.TimelineStart / (double)Second, 1)));
        Assert.Equal(
            samples.Where(sample => sample.Track is AudioTrack).Select(sample => SyntheticEncoder.NameOf(sample.Data.Span)),
            packaged.Names(AudioTrack.TrackId));
    }

    [Fact]
    public void A_picture_in_time_does_not_hide_that_an_earlier_one_is_missing()
    {
        // In decode order 0 2 1 5 3 4 6 7 8. When 3 has come, five places are filled and 5 is a millisecond early: 4 is missing.
        var prefix = new DisplayPrefix(reorderDepth: 2);
        var decoded = 0L;
        foreach (var (shown, end) in new (long, long?)[]
            { (0, null), (200, null), (100, null), (499, 100), (300, 100), (400, 300), (600, 300), (700, 300), (800, 600) })
        {
            decoded += 100;
            prefix.Add(shown, decoded, 100);
            Assert.Equal(end, prefix.End);
        }
    }

    [Fact]
    public void A_publish_that_is_cut_off_inside_a_group_ends_before_the_hole()
    {
        var encoder = BFrames with { Sound = null };
        var order = encoder.DecodeOrder(30);
        var samples = encoder.Encode(seconds: 1);
        Assert.Equal([0, 3, 1, 2, 6, 4, 5], order.Take(7));

        // 0 3 1 2 6: 4 and 5 have not come.
        var packaged = PackagedRecording.Of(samples.Take(5));
        Assert.Equal(4 * 3_000, Assert.Single(packaged.Segments).Duration, 90d);
        Assert.Equal(packaged.Segments[0].End, packaged.Window.NewestPicture);

        // 0 3 1 2: nothing is missing.
        Assert.Equal(4 * 3_000, Assert.Single(PackagedRecording.Of(samples.Take(4)).Segments).Duration, 90d);
    }

    [Fact]
    public void A_changed_configuration_begins_a_run_that_follows_at_once()
    {
        var before = new SyntheticEncoder { Gop = 60 }.Encode(seconds: 4);
        var after = (BFrames with { StartMs = 4_000, Arrival = 4 * TimeSpan.TicksPerSecond, FirstNumber = 1_000 }).Encode(seconds: 4);

        var packaged = PackagedRecording.Of(before, after);

        Assert.Equal(2, packaged.Runs.Count);
        Assert.Equal(4 * Second, packaged.Runs[1].TimelineStart, 6_100d); // the first picture is shown two pictures after it is decoded
        Assert.Equal(SyntheticEncoder.Reordering, InitSegment.Read(packaged.Runs[1].Init).Tracks[0]);
        Assert.Equal(120 + 120, packaged.Names(VideoTrack.TrackId).Distinct().Count());
        Assert.Equal(packaged.Segments.Count, packaged.Segments.Select(segment => segment.Number).Distinct().Count());
    }

    [Fact]
    public void Repeated_headers_make_no_new_run()
    {
        var samples = new SyntheticEncoder().Encode(seconds: 6);
        var equal = new VideoTrack(AvcConfiguration.Parse(SyntheticEncoder.Plain.Configuration.Record.ToArray()));
        var packaged = PackagedRecording.Of(samples.Select(sample =>
            sample is { Track: VideoTrack, DecodeTime: > 270_000 } ? sample with { Track = equal } : sample));
        Assert.Single(packaged.Runs);
    }

    [Fact]
    public void A_returning_encoder_begins_a_run_as_much_later_as_it_arrives_later()
    {
        var before = new SyntheticEncoder { StartMs = 77 }.Encode(seconds: 5);
        var after = new SyntheticEncoder
        {
            StartMs = 1_000_000,
            TimestampBreak = 2,
            Arrival = 12_500 * TimeSpan.TicksPerMillisecond,
            FirstNumber = 1_000,
        }.Encode(seconds: 5);

        var packaged = PackagedRecording.Of(before, after);

        Assert.Equal([0, 1_125_000], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(TimeSpan.FromSeconds(12.5), packaged.Runs[1].WallClock - packaged.Runs[0].WallClock);
        Assert.Equal(1_125_000 + (5 * Second), packaged.Segments[^1].End, 90d);
    }

    [Fact]
    public void A_publisher_faster_than_real_time_is_followed_by_the_next_run_behind_its_own_end()
    {
        var before = new SyntheticEncoder().Encode(seconds: 10).Select(sample => sample with { Arrival = 0 });
        var after = new SyntheticEncoder { TimestampBreak = 2, Arrival = TimeSpan.TicksPerSecond }.Encode(seconds: 2);
        var packaged = PackagedRecording.Of(before, after);
        Assert.Equal(10 * Second, packaged.Runs[1].TimelineStart, 100d);
    }

    [Fact]
    public void After_a_restart_the_clock_on_the_wall_tells_how_long_the_gap_was()
    {
        var started = new Support.ManualTimeProvider().GetUtcNow();
        var origin = new PackagerOrigin(Guid.NewGuid(), 3, 40, 2, new PreviousRun(7 * Second, started.AddSeconds(-30), 20 * Second));
        var packaged = new PackagedRecording(origin);
        new SyntheticEncoder().Encode(seconds: 5).ForEach(packaged.Accept);
        packaged.Packager.CloseRun();

        Assert.Equal((3, 37 * Second), (packaged.Runs[0].Number, packaged.Runs[0].TimelineStart));
        // Of the 17 s of the gap each target duration has a number.
        Assert.Equal([49, 50, 51], packaged.Segments.Select(segment => segment.Number));
        Assert.Null(packaged.TargetDuration); // it was fixed before the restart
    }

    [Fact]
    public void A_clock_that_was_set_back_over_a_restart_puts_nothing_on_top_of_what_is_there()
    {
        var started = new Support.ManualTimeProvider().GetUtcNow();
        var packaged = new PackagedRecording(
            new PackagerOrigin(Guid.NewGuid(), 1, 10, 2, new PreviousRun(0, started.AddHours(1), 20 * Second)));
        new SyntheticEncoder().Encode(seconds: 3).ForEach(packaged.Accept);
        Assert.Equal(20 * Second, packaged.Runs[0].TimelineStart);
    }

    [Fact]
    public void Dropped_samples_leave_a_gap_on_the_timeline_and_a_run_behind_it()
    {
        var samples = new SyntheticEncoder { Gop = 30 }.Encode(seconds: 10);
        var left = samples.Where(sample => Seconds(sample) is < 2.5 or >= 6)
            .Select((sample, _) => sample is { Track: VideoTrack, DecodeTime: 540_000 } ? sample with { FollowsHole = true } : sample);

        var packaged = PackagedRecording.Of(left);

        Assert.Equal([0, 6 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(225_000, packaged.Segments.Last(segment => segment.Run == 0).End, 100d);
    }

    [Fact]
    public void A_pause_that_no_segment_can_hold_is_a_gap_and_no_segment_exceeds_the_target_duration()
    {
        // The encoder's clock runs on, so that it is no jump; the picture before the pause would last 4 s.
        var before = new SyntheticEncoder { Gop = 60, Sound = null }.Encode(seconds: 6);
        var after = new SyntheticEncoder { Gop = 60, Sound = null, StartMs = 10_000, Arrival = 10 * TimeSpan.TicksPerSecond, FirstNumber = 300 }
            .Encode(seconds: 6);

        var packaged = PackagedRecording.Of(before, after);

        Assert.Equal([0, 10 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.All(packaged.Segments, segment => Assert.InRange(Math.Round(segment.Duration / 90_000d), 1, 2));
        Assert.Equal(2, packaged.TargetDuration);
        Assert.Equal(360, packaged.Names(VideoTrack.TrackId).Count);
    }

    [Fact]
    public void A_pause_that_a_segment_can_hold_is_a_long_picture()
    {
        var before = new SyntheticEncoder { Gop = 60, Sound = null }.Encode(seconds: 6);
        var after = new SyntheticEncoder { Gop = 60, Sound = null, StartMs = 8_200, FirstNumber = 300 }.Encode(seconds: 6);
        Assert.Single(PackagedRecording.Of(before, after).Runs);
    }

    [Fact]
    public void Time_stamps_that_stand_still_make_nothing_grow_without_end()
    {
        var encoder = new SyntheticEncoder { Gop = 100_000, Sound = null };
        var packaged = new PackagedRecording();
        foreach (var (sample, i) in encoder.Encode(seconds: 400).Select((sample, i) => (sample, i)))
        {
            // Ingest makes them rise by the least that it can.
            packaged.Accept(sample with { DecodeTime = i, CompositionOffset = 0 });
            if (i % 1_000 == 0)
            {
                Assert.InRange(i - packaged.Names(VideoTrack.TrackId).Count, 0, Segmenter.MostPictures + 1);
            }
        }

        packaged.Packager.CloseRun();
        packaged.AssertConsistent();
        packaged.AssertPicturesPerSegment(Segmenter.MostPictures);
        Assert.Equal(12_000, packaged.Names(VideoTrack.TrackId).Count);
        Assert.Equal(5, packaged.Segments.Count);
    }

    [Fact]
    public void Huge_pictures_end_fragments_and_segments()
    {
        var picture = new byte[1 << 20];
        var packaged = new PackagedRecording();
        foreach (var sample in new SyntheticEncoder { Gop = 100_000, Sound = null }.Encode(seconds: 2.5))
        {
            packaged.Accept(sample with { DecodeTime = sample.DecodeTime / 10, CompositionOffset = 0, Data = picture });
        }

        packaged.Packager.CloseRun();
        packaged.AssertConsistent();
        Assert.All(packaged.Fragments, fragment => Assert.InRange(fragment.Bytes.Length, 1 << 20, (8 << 20) + 10_000));
        Assert.Equal([63, 12], packaged.Segments.Select(segment => segment.Length >> 20));
        Assert.True(packaged.Window.Snapshot().Segments.Sum(segment => packaged.Window.Find(segment.Number)?.Length ?? 0) <= LiveWindow.MostBytes);
    }

    [Fact]
    public void Huge_sound_does_not_wait_for_pictures_for_ever()
    {
        var sound = new byte[1 << 20];
        var packaged = new PackagedRecording();
        new SyntheticEncoder { Sound = null }.Encode(seconds: 1).ForEach(packaged.Accept);
        foreach (var sample in new SyntheticEncoder { Pictures = null }.Encode(seconds: 1))
        {
            packaged.Accept(sample with { Data = sound });
        }

        // The second track waits for a sync sample; from there on it is stored.
        foreach (var sample in new SyntheticEncoder { StartMs = 1_000, Arrival = TimeSpan.TicksPerSecond }.Encode(seconds: 0.05))
        {
            packaged.Accept(sample);
        }

        var alone = new SyntheticEncoder { Pictures = null, StartMs = 1_050, Arrival = TimeSpan.TicksPerSecond }.Encode(seconds: 1);
        foreach (var sample in alone)
        {
            packaged.Accept(sample with { Data = sound });
        }

        packaged.Packager.CloseRun();
        Assert.All(packaged.Fragments, fragment => Assert.InRange(fragment.Bytes.Length, 1, 20 << 20));
        Assert.True(packaged.Fragments.Count > 3);
    }

    [Fact]
    public void After_a_failure_what_is_finished_is_a_segment()
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder().Encode(seconds: 5).ForEach(packaged.Accept);
        var open = packaged.Window.Snapshot().Open!;

        packaged.Packager.Abandon();

        Assert.Null(packaged.Window.Snapshot().Open);
        Assert.Equal((open.Number, open.Length, open.End), (packaged.Segments[^1].Number, packaged.Segments[^1].Length, packaged.Segments[^1].End));
        packaged.Packager.Abandon();
        Assert.Equal(3, packaged.Segments.Count);
    }

    [Fact]
    public void Sound_that_comes_late_waits_for_the_next_sync_sample_and_costs_no_picture()
    {
        var samples = new SyntheticEncoder { Gop = 60 }.Encode(seconds: 8)
            .Where(sample => sample.Track is VideoTrack || Seconds(sample) >= 3);

        var packaged = PackagedRecording.Of(samples);

        Assert.Equal([0, 4 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Single(InitSegment.Read(packaged.Runs[0].Init).Tracks);
        Assert.Equal(2, InitSegment.Read(packaged.Runs[1].Init).Tracks.Count);
        Assert.Equal(240, packaged.Names(VideoTrack.TrackId).Count);
    }

    [Fact]
    public void Sound_in_another_format_waits_for_the_next_sync_sample_and_costs_no_picture()
    {
        var pictures = new SyntheticEncoder { Sound = null, Gop = 60 }.Encode(seconds: 8);
        var sound = new SyntheticEncoder { Pictures = null }.Encode(seconds: 3);
        var other = new SyntheticEncoder { Pictures = null, Sound = SyntheticEncoder.Mono44, StartMs = 3_000 }.Encode(seconds: 5);

        var packaged = PackagedRecording.Of(pictures.Concat(sound).Concat(other).OrderBy(Seconds));

        Assert.Equal(2, packaged.Runs.Count);
        Assert.Equal(SyntheticEncoder.Mono44, InitSegment.Read(packaged.Runs[1].Init).Tracks[1]);
        Assert.Equal(240, packaged.Names(VideoTrack.TrackId).Count);
    }

    [Fact]
    public void Sound_alone_is_a_run_with_segments_after_two_seconds()
    {
        var packaged = PackagedRecording.Of(new SyntheticEncoder { Pictures = null }.Encode(seconds: 30));

        Assert.Equal(10, packaged.TargetDuration);
        Assert.All(packaged.Segments.SkipLast(1), segment => Assert.InRange(segment.Duration, Segmenter.MinSegment, 2 * Second));
        Assert.Equal(30 * Second, packaged.Segments[^1].End, 2_000d);
        Assert.Equal(1407, packaged.Names(AudioTrack.TrackId).Count);
    }

    [Fact]
    public void Pictures_that_cannot_be_decoded_yet_do_not_disturb_sound_alone()
    {
        var samples = new SyntheticEncoder { Gop = 300 }.Encode(seconds: 20)
            .Where(sample => sample.Track is AudioTrack || sample.DecodeTime > 0);

        var packaged = PackagedRecording.Of(samples);

        Assert.Equal(2, packaged.Runs.Count);
        Assert.Equal("mp4a.40.2", packaged.Runs[0].Codecs);
        Assert.Equal(10 * Second, packaged.Runs[1].TimelineStart, 2_000d);
        Assert.Equal(300, packaged.Names(VideoTrack.TrackId).Count);
    }

    [Fact]
    public void Without_a_sync_sample_for_long_segments_are_cut_at_the_target_duration_and_say_so()
    {
        var packaged = PackagedRecording.Of((BFrames with { Gop = 100_000 }).Encode(seconds: 35));

        Assert.Equal(10, packaged.TargetDuration);
        Assert.Equal([true, false, false, false], packaged.Segments.Select(segment => segment.StartsWithSync));
        Assert.All(packaged.Segments, segment => Assert.InRange(Math.Round(segment.Duration / 90_000d), 1, 10));
        Assert.Equal(1_050, packaged.Names(VideoTrack.TrackId).Count);
    }

    [Fact]
    public void The_target_duration_stays_what_it_is_when_the_encoder_changes()
    {
        var packaged = PackagedRecording.Of(
            new SyntheticEncoder { Gop = 60 }.Encode(seconds: 6),
            new SyntheticEncoder { Gop = 240, TimestampBreak = 2, Arrival = 7 * TimeSpan.TicksPerSecond }.Encode(seconds: 16));
        Assert.Equal(2, packaged.TargetDuration);
        Assert.All(packaged.Segments, segment => Assert.InRange(Math.Round(segment.Duration / 90_000d), 0, 2));
    }

    [Fact]
    public void Pictures_before_the_first_sync_sample_and_sound_before_the_first_picture_are_left_out()
    {
        var samples = new SyntheticEncoder { Gop = 60, StartMs = 500 }.Encode(seconds: 6)
            .Where(sample => sample is { Track: AudioTrack } || sample.DecodeTime > 45_000);

        var packaged = PackagedRecording.Of(samples);

        Assert.Equal("picture 60", packaged.Names(VideoTrack.TrackId)[0]);
        Assert.Equal(0, packaged.Segments[0].Start);
        var sound = packaged.Fragments.SelectMany(PackagedRecording.Read).First(read => read.Sample.TrackId == AudioTrack.TrackId);
        Assert.Equal("sound 94", sound.Name); // the first that begins at 2 s or later: 94 × 1024 / 48000 = 2.0053 s
        Assert.Equal(256, sound.Sample.DecodeTime);
    }

    private static double Seconds(Sample sample) => sample.Track.Timescale.ToSeconds(sample.DecodeTime);

    private static bool ComesOutOnce(SyntheticEncoder encoder, int seconds)
    {
        var samples = encoder.Encode(seconds);
        var packaged = PackagedRecording.Of(samples);
        var zero = samples.First(sample => sample.Track is VideoTrack);
        var pictures = samples.Where(sample => sample.Track is VideoTrack && sample.PresentationTime >= zero.PresentationTime);
        Assert.Equal(pictures.Select(picture => SyntheticEncoder.NameOf(picture.Data.Span)), packaged.Names(VideoTrack.TrackId));

        if (encoder.Sound is { } sound)
        {
            var from = Timescale.Video.To(sound.Timescale, zero.PresentationTime);
            var heard = samples.Where(sample => sample.Track is AudioTrack && sample.DecodeTime >= from);
            Assert.Equal(heard.Select(frame => SyntheticEncoder.NameOf(frame.Data.Span)), packaged.Names(AudioTrack.TrackId));
        }

        Assert.Single(packaged.Runs);
        Assert.All(packaged.Fragments, fragment => Assert.InRange(fragment.Duration, 1, Segmenter.PartTarget + 180));
        Assert.All(
            packaged.Segments.SkipLast(1),
            segment => Assert.True(segment.Duration >= Segmenter.MinSegment - 180 || !segment.StartsWithSync, $"{segment.Duration}"));
        return true;
    }
}
