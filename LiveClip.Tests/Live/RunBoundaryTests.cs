using FsCheck;
using FsCheck.Fluent;
using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Live;

/// <summary>Where one run ends and the next begins: what is recorded is compared with what was sent, sample by sample.</summary>
public class RunBoundaryTests
{
    private const long Second = 90_000;

    /// <summary>Two pictures in whole milliseconds: so much later than they are decoded, sync samples are shown.</summary>
    private const long ReorderDelay = 67 * 90;

    private static readonly SyntheticEncoder BFrames = new() { Pictures = SyntheticEncoder.Reordering, BFrames = 2 };

    /// <summary>As <see cref="SyntheticEncoder.Reordering"/>, but of another level.</summary>
    private static readonly VideoTrack OtherLevel = new(AvcConfiguration.Parse(
        SyntheticEncoder.Reordering.Configuration.Record.ToArray().Select((value, i) => i == 3 ? (byte)31 : value).ToArray()));

    [Fact]
    public void No_sample_is_lost_between_two_runs_and_each_is_where_it_was_sent()
    {
        // Which pictures lead an open group, and for how long they are shown, another clock does not tell.
        var boundaries =
            from bFrames in Gen.Choose(0, 2)
            from sound in Gen.Elements(SyntheticEncoder.Stereo48, SyntheticEncoder.Mono44)
            from late in Gen.Choose(-900, 800)
            from jumps in Gen.Elements(true, false)
            from openGop in jumps ? Gen.Constant(false) : Gen.Elements(true, false)
            from gop in Gen.Choose(20, 90)
            select (
                Encoder: BFrames with { BFrames = bFrames, OpenGop = openGop, Sound = sound, Gop = gop, StartMs = 777 },
                Late: late,
                Jumps: jumps);
        Prop.ForAll(Arb.From(boundaries), drawn => AllIsThere(drawn.Encoder, drawn.Late / 1000.0, drawn.Jumps))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    [Fact]
    public void On_one_clock_the_first_picture_of_a_run_decides_which_sound_is_its_own()
    {
        foreach (var late in new[] { -0.3, 0, 0.3 })
        {
            var packaged = PackagedRecording.Of(WithOtherLevel(Delivered(BFrames.Encode(seconds: 8), late), from: 4));
            Assert.Equal([0, 4 * Second], packaged.Runs.Select(run => run.TimelineStart));
            var heard = packaged.Places(AudioTrack.TrackId);
            Assert.All(heard, sound => Assert.Equal(sound.Place < 4 * Second ? 0 : 1, sound.Run));
            Assert.Equal(heard.Order(), heard);
        }
    }

    [Fact]
    public void Sound_alone_goes_on_until_the_first_picture_is_shown()
    {
        var samples = BFrames.Encode(seconds: 12);
        var sent = samples.Where(sample => sample.Track is AudioTrack || sample.DecodeTime >= 6 * Second).ToList();

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal(["mp4a.40.2", "avc1.64001e,mp4a.40.2"], packaged.Runs.Select(run => run.Codecs));
        Assert.Equal(NamesOf(sent, AudioTrack.TrackId), packaged.Names(AudioTrack.TrackId));
        Assert.Equal(NamesOf(sent, VideoTrack.TrackId), packaged.Names(VideoTrack.TrackId));
    }

    [Fact]
    public void A_hole_keeps_the_sound_behind_it_from_the_run_before_it()
    {
        var sent = BFrames.Encode(seconds: 8).Where(sample => Seconds(sample) is < 3 or >= 4)
            .Select(sample => sample is { Track: VideoTrack, DecodeTime: 4 * Second } ? sample with { FollowsHole = true } : sample);

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal(2, packaged.Runs.Count);
        Assert.InRange(packaged.Places(AudioTrack.TrackId).Last(sound => sound.Run == 0).Place, 2.8 * Second, 3 * Second);
    }

    [Fact]
    public void Sound_of_a_clock_that_begins_seconds_later_is_not_put_behind_the_run_before_it()
    {
        var before = BFrames.Encode(seconds: 4);
        var after = (BFrames with { StartMs = 50_000, TimestampBreak = 2, Arrival = 12 * TimeSpan.TicksPerSecond }).Encode(seconds: 4);

        var packaged = PackagedRecording.Of(before, after);

        Assert.Equal([0, 12 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.InRange(packaged.Places(AudioTrack.TrackId).Last(sound => sound.Run == 0).Place, 3.8 * Second, 4 * Second);
        Assert.InRange(packaged.Places(AudioTrack.TrackId).First(sound => sound.Run == 1).Place, 12 * Second, 12.03 * Second);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.9, 0, 0)] // the opening waits for it
    [InlineData(0.4, 0.5, 0)]
    [InlineData(3.1, 0, 4)]
    [InlineData(3.1, 0.5, 4)]
    [InlineData(3.1, -0.5, 4)]
    [InlineData(4, -0.5, 4)] // it has come before the sync sample, and waits for it
    [InlineData(3.97, 0.5, 6)] // it comes too late for the sync sample at four seconds
    public void Sound_that_begins_late_is_there_from_the_next_sync_sample_on(double begins, double late, int runBegins)
    {
        var sent = Delivered(BFrames.Encode(seconds: 8), late)
            .Where(sample => sample.Track is VideoTrack || Seconds(sample) >= begins).ToList();

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal(runBegins > 0 ? [0L, runBegins * Second] : [0L], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(NamesOf(sent, VideoTrack.TrackId), packaged.Names(VideoTrack.TrackId));
        AssertPlaces(sent, packaged, AudioTrack.TrackId, from: runBegins);
    }

    [Theory]
    [InlineData(3, 0, 4)]
    [InlineData(3.2, 0.5, 4)]
    [InlineData(3.99, 0, 4)]
    [InlineData(4.5, -0.6, 4)] // all of it is heard behind the sync sample at four seconds, and comes before it
    [InlineData(4.01, 0, 6)]
    public void Sound_in_another_format_is_there_from_the_next_sync_sample_on_and_the_old_up_to_its_end(
        double changes, double late, int runBegins)
    {
        var before = BFrames.Encode(seconds: 8).Where(sample => sample.Track is VideoTrack || Seconds(sample) < changes).ToList();
        var after = new SyntheticEncoder
        {
            Pictures = null,
            Sound = SyntheticEncoder.Mono44,
            StartMs = (long)(changes * 1000),
            FirstNumber = 10_000,
        }.Encode(8 - changes);
        var sent = Delivered([.. before, .. after], late);

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal([0, runBegins * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(NamesOf(sent, VideoTrack.TrackId), packaged.Names(VideoTrack.TrackId));
        var leftOut = after.Where(sample => !IsFrom(sample, (runBegins * Second) + ReorderDelay)).ToHashSet();
        AssertPlaces([.. sent.Where(sample => !leftOut.Contains(sample))], packaged, AudioTrack.TrackId, from: 0);
    }

    [Fact]
    public void Sound_that_changes_its_format_while_a_run_begins_is_the_new_run_s()
    {
        var before = WithOtherLevel(BFrames.Encode(seconds: 8), from: 4)
            .Where(sample => sample.Track is VideoTrack || Seconds(sample) < 4.05);
        var after = new SyntheticEncoder { Pictures = null, Sound = SyntheticEncoder.Mono44, StartMs = 4_051, FirstNumber = 10_000 }
            .Encode(seconds: 4);
        var sent = Delivered([.. before, .. after], late: 0);

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal([0, 4 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(SyntheticEncoder.Mono44, InitSegment.Read(packaged.Runs[1].Init).Tracks[1]);
        Assert.Equal(NamesOf(sent, VideoTrack.TrackId), packaged.Names(VideoTrack.TrackId));
        AssertPlaces([.. sent.Where(sample => sample != after[0])], packaged, AudioTrack.TrackId, from: 0);
    }

    [Fact]
    public void Sound_that_the_run_cannot_hold_is_bounded_and_costs_no_picture()
    {
        var pictures = (BFrames with { Sound = null, Gop = 300 }).Encode(seconds: 12);
        var sound = new SyntheticEncoder { Pictures = null, Bytes = 40_000, StartMs = 1_500 }.Encode(seconds: 10.5);

        var packaged = PackagedRecording.Of(Delivered([.. pictures, .. sound], late: 0));

        Assert.Equal([0, 10 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(NamesOf(pictures, VideoTrack.TrackId), packaged.Names(VideoTrack.TrackId));
    }

    [Fact]
    public void Sound_of_another_clock_is_not_put_where_there_is_sound_already()
    {
        var before = BFrames.Encode(seconds: 4);
        var after = (BFrames with { StartMs = 50_000, TimestampBreak = 2 }).Encode(seconds: 4)
            .Where(sample => Seconds(sample) >= (sample.Track is AudioTrack ? 51.5 : 52)).ToList();

        // Its first picture comes in front of half a second of sound that is heard before it.
        var packaged = PackagedRecording.Of(
            before, Delivered(after, late: 0.6).Select(sample => sample with { Arrival = 4 * TimeSpan.TicksPerSecond }));

        Assert.Equal(2, packaged.Runs.Count);
        Assert.Equal(120 + 60, packaged.Names(VideoTrack.TrackId).Count);
        var places = packaged.Places(AudioTrack.TrackId);
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.True(pair.Second.Place > pair.First.Place, $"{pair}"));
    }

    [Fact]
    public void Sound_that_the_run_cannot_hold_goes_on_alone_when_the_pictures_stop()
    {
        var sent = BFrames.Encode(seconds: 30)
            .Where(sample => sample.Track is AudioTrack ? Seconds(sample) >= 3.5 : sample.DecodeTime < 3 * Second).ToList();

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal(["avc1.64001e", "mp4a.40.2"], packaged.Runs.Select(run => run.Codecs));
        AssertPlaces(sent, packaged, AudioTrack.TrackId, from: 3);
    }

    [Theory]
    [InlineData(2.6, false, 0)]
    [InlineData(4, false, 0)]
    [InlineData(4.9, false, 0)]
    [InlineData(4, true, 0)]
    [InlineData(4.9, true, 0)]
    [InlineData(4, true, 2)]
    [InlineData(4.9, false, 2)]
    public void A_pause_inside_a_group_of_pictures_costs_none_and_breaks_no_target_duration(double pause, bool withSound, int bFrames)
    {
        for (var at = 6.1; at < 8; at += 0.3)
        {
            var sent = Paused(bFrames > 0 ? BFrames : new SyntheticEncoder(), at, pause, withSound);

            var packaged = PackagedRecording.Of(sent);

            Assert.Single(packaged.Runs);
            Assert.Equal(2, packaged.TargetDuration);
            AssertPlaces(sent, packaged, VideoTrack.TrackId, from: 0);
            AssertPlaces(sent, packaged, AudioTrack.TrackId, from: 0);
            Assert.All(packaged.Segments, segment => Assert.InRange(Math.Round(segment.Duration / 90_000d), 0, 2));
            Assert.Equal(packaged.Segments[^1].End, packaged.Segments.Sum(segment => segment.Duration));
            AssertIndexIsReadBack(packaged);
        }
    }

    [Fact]
    public void A_pause_that_two_segments_cannot_hold_ends_the_run_and_what_comes_before_the_next_sync_sample_is_left_out()
    {
        var sent = Paused(new SyntheticEncoder(), at: 7, pause: 6, withSound: false);

        var packaged = PackagedRecording.Of(sent);

        Assert.Equal([0, 14 * Second], packaged.Runs.Select(run => run.TimelineStart));
        Assert.Equal(
            NamesOf(sent.Where(sample => Seconds(sample) is < 7 or >= 14), VideoTrack.TrackId), packaged.Names(VideoTrack.TrackId));
    }

    private static bool AllIsThere(SyntheticEncoder encoder, double late, bool jumps)
    {
        var sent = Delivered(encoder.Encode(seconds: 10), late);
        if (jumps)
        {
            var boundary = sent.FindIndex(sample => sample.Track is VideoTrack && sample.IsSync && sample.DecodeTime >= 5 * Second);
            sent = [.. sent.Select((sample, i) => i < boundary ? sample : sample with { TimestampBreak = 2 })];
        }
        else
        {
            sent = WithOtherLevel(sent, from: 5);
        }

        // A run does not begin with the leading pictures of an open group: they refer to what it does not have.
        var first = sent.First(sample => sample.Track is VideoTrack);
        var second = sent.First(sample => !sample.Track.Equals(first.Track) && sample.Track is VideoTrack || sample.TimestampBreak == 2);
        var leading = sent.Where(sample => sample.Track is VideoTrack && sample.DecodeTime > second.DecodeTime
            && sample.PresentationTime < second.PresentationTime).ToHashSet();

        var packaged = PackagedRecording.Of(sent.Select(sample => sample.TimestampBreak == 1 ? sample : sample with
        {
            DecodeTime = sample.DecodeTime + Timescale.Video.To(sample.Track.Timescale, 3_600 * Second),
        }));

        Assert.Equal(2, packaged.Runs.Count);
        // Where a run ends, decode times say to the millisecond; the next one does not begin before that.
        const double Tolerance = 94;
        AssertPlaces([.. sent.Where(sample => !leading.Contains(sample))], packaged, VideoTrack.TrackId, from: 0, Tolerance);
        AssertPlaces(sent, packaged, AudioTrack.TrackId, from: 0, Tolerance);
        return true;
    }

    /// <summary>As it comes when the way of the sound is longer or shorter than that of the pictures, in seconds.</summary>
    private static List<Sample> Delivered(List<Sample> samples, double late) =>
        [.. samples.OrderBy(sample => Seconds(sample) + (sample.Track is AudioTrack ? late : 0)).ThenBy(sample => sample.Track.Id)];

    private static List<Sample> WithOtherLevel(List<Sample> samples, int from)
    {
        var boundary = samples.First(sample => sample.Track is VideoTrack && sample.IsSync && sample.DecodeTime >= from * Second);
        return samples.ConvertAll(sample =>
            sample.Track is VideoTrack && sample.DecodeTime >= boundary.DecodeTime ? sample with { Track = OtherLevel } : sample);
    }

    /// <summary>No pictures come for a while, and then they go on inside the group of pictures; the sound pauses with them or not.</summary>
    private static List<Sample> Paused(SyntheticEncoder encoder, double at, double pause, bool withSound)
    {
        var pictures = (encoder with { Sound = null }).Encode(seconds: 14).ConvertAll(sample => Seconds(sample) < at ? sample : sample with
        {
            DecodeTime = sample.DecodeTime + (long)(pause * Second),
            Arrival = sample.Arrival + (long)(pause * TimeSpan.TicksPerSecond),
        });
        var sound = (encoder with { Pictures = null }).Encode(14 + pause)
            .Where(sample => withSound || Seconds(sample) < at || Seconds(sample) >= at + pause);
        return [.. pictures.Concat(sound).OrderBy(Seconds)];
    }

    private static void AssertPlaces(List<Sample> sent, PackagedRecording packaged, int trackId, int from, double tolerance = 4)
    {
        var zero = sent.First(sample => sample.Track is VideoTrack).PresentationTime;
        var expected = sent.Where(sample => sample.Track.Id == trackId && IsFrom(sample, zero + (from * Second))).ToList();
        var there = packaged.Places(trackId);
        Assert.Equal(NamesOf(expected, trackId), there.Select(sample => sample.Name));
        foreach (var (sample, found) in expected.Zip(there))
        {
            Assert.Equal(sample.Track.Timescale.To(Timescale.Video, sample.PresentationTime) - zero, found.Place, tolerance);
        }
    }

    private static void AssertIndexIsReadBack(PackagedRecording packaged)
    {
        var run = RecordingIndex.ReadRun(packaged.Runs[0].Init);
        var files = packaged.Fragments.GroupBy(fragment => fragment.Number).Select(segment =>
        {
            var bytes = segment.SelectMany(fragment => fragment.Bytes.ToArray()).ToArray();
            return RecordingIndex.ReadSegment(run, segment.Key, SegmentIndex.Scan(bytes), bytes.Length);
        }).ToList();
        Assert.Equal(packaged.Segments.Select(Line), RecordingIndex.SegmentsOf(run, files).Select(Line));
    }

    private static string Line(RecordedSegment segment) =>
        $"{segment.Number} {segment.Start} {segment.Duration} {segment.Length} {segment.StartsWithSync}";

    private static bool IsFrom(Sample sample, long time) =>
        sample.Track is VideoTrack
            ? sample.PresentationTime >= time
            : sample.DecodeTime >= Timescale.Video.To(sample.Track.Timescale, time);

    private static IEnumerable<string> NamesOf(IEnumerable<Sample> samples, int trackId) =>
        samples.Where(sample => sample.Track.Id == trackId).Select(sample => SyntheticEncoder.NameOf(sample.Data.Span));

    private static double Seconds(Sample sample) => sample.Track.Timescale.ToSeconds(sample.DecodeTime);
}
