using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Live;

/// <summary>Everything that a packager has made of some samples, read back from its bytes.</summary>
internal sealed class PackagedRecording
{
    public PackagedRecording(PackagerOrigin? origin = null)
    {
        Packager = new Packager(origin ?? NewOrigin(), Time, output =>
        {
            Outputs.Add(output);
            Window.Accept(output);
            if (output is SegmentClosed closed && WritesSegments)
            {
                Window.Release(closed.Segment.Number);
            }
        });
    }

    public static PackagerOrigin NewOrigin() => new(Guid.NewGuid(), 0, 0, null, null);

    public Packager Packager { get; }

    public ManualTimeProvider Time { get; } = new();

    /// <summary>False: the disk has taken nothing yet.</summary>
    public bool WritesSegments { get; init; } = true;

    public List<PackagerOutput> Outputs { get; } = [];

    public LiveWindow Window { get; } = new(
        new Recording { Id = Guid.NewGuid(), StreamId = "s", StartedAt = default, FirstSegmentNumber = 0, FirstDiscontinuity = 0 }, []);

    public List<Run> Runs => [.. Outputs.OfType<RunStarted>().Select(output => output.Run)];

    public List<FragmentFinished> Fragments => [.. Outputs.OfType<FragmentFinished>()];

    public List<RecordedSegment> Segments => [.. Outputs.OfType<SegmentClosed>().Select(output => output.Segment)];

    public int? TargetDuration => Outputs.OfType<TargetDurationFixed>().SingleOrDefault()?.Seconds;

    public static PackagedRecording Of(params IEnumerable<Sample>[] publishes)
    {
        var packaged = new PackagedRecording();
        foreach (var sample in publishes.SelectMany(samples => samples))
        {
            packaged.Accept(sample);
        }

        packaged.Packager.CloseRun();
        packaged.AssertConsistent();
        return packaged;
    }

    /// <summary>At the moment at which it arrives.</summary>
    public void Accept(Sample sample)
    {
        var arrival = new TimeSpan(sample.Arrival);
        if (arrival > Elapsed)
        {
            Time.Advance(arrival - Elapsed);
        }

        Packager.Accept(sample with { Arrival = Origin + sample.Arrival });
    }

    /// <summary>As <see cref="RecordingTimelines"/> reads it: on air out of memory, over out of the catalog.</summary>
    public RecordingTimeline Timeline(bool onAir = true)
    {
        var now = Window.Snapshot();
        return onAir
            ? RecordingTimelines.Of(Window)
            : new RecordingTimeline(Window.Recording, now.Runs, now.Segments, null, now.Lost, now.TargetDuration, now.NewestPicture, OnAir: false);
    }

    /// <summary>The samples of a fragment with their bytes.</summary>
    public static List<(IndexedSample Sample, string Name)> Read(FragmentFinished fragment)
    {
        var index = SegmentIndex.Scan(fragment.Bytes);
        Assert.Equal(fragment.Bytes.Length, index.ValidLength);
        return [.. Assert.Single(index.Fragments).Samples.Select(
            sample => (sample, SyntheticEncoder.NameOf(fragment.Bytes.Span.Slice((int)sample.Offset, sample.Size))))];
    }

    /// <summary>Names of all samples of a track, in the order in which they were written.</summary>
    public List<string> Names(int trackId) =>
        [.. Fragments.SelectMany(Read).Where(read => read.Sample.TrackId == trackId).Select(read => read.Name)];

    /// <summary>All samples of a track, each with its run and its time on the timeline, in the order in which they were written.</summary>
    public List<(int Run, long Place, string Name)> Places(int trackId) =>
    [
        .. from run in Runs
           let timescale = InitSegment.Read(run.Init).Tracks.SingleOrDefault(track => track.Id == trackId)?.Timescale
           from read in Fragments.Where(fragment => fragment.Run == run.Number).SelectMany(Read)
           where read.Sample.TrackId == trackId
           select (run.Number, run.TimelineStart + timescale!.Value.To(Timescale.Video, read.Sample.PresentationTime), read.Name),
    ];

    public void AssertPicturesPerSegment(int most) => Assert.All(
        Fragments.GroupBy(fragment => fragment.Number),
        segment => Assert.InRange(segment.Sum(fragment => Read(fragment).Count), 1, most));

    /// <summary>What holds for all recordings whatever was published.</summary>
    public void AssertConsistent()
    {
        Assert.Equal(Runs.Select((_, i) => Runs[0].Number + i), Runs.Select(run => run.Number));
        Assert.Single(Outputs.OfType<TargetDurationFixed>());
        foreach (var segment in Segments)
        {
            var fragments = Fragments.Where(fragment => fragment.Number == segment.Number).ToList();
            Assert.Equal(Enumerable.Range(0, fragments.Count), fragments.Select(fragment => fragment.Index));
            Assert.Equal(segment.Length, fragments.Sum(fragment => fragment.Bytes.Length));
            Assert.Equal(segment.StartsWithSync, fragments[0].StartsWithSync);
            // Only behind a picture that no segment can hold does one begin earlier than its own first picture.
            var isBehindPause = Segments.Exists(
                before => before.End == segment.Start && before.Duration == Segmenter.Longest(TargetDuration));
            Assert.InRange(segment.Start, fragments[0].Start - (isBehindPause ? Segmenter.Longest(TargetDuration) : 0), fragments[0].Start);
            Assert.All(fragments, fragment => Assert.Equal(segment.Run, fragment.Run));
        }

        foreach (var (before, after) in Segments.Zip(Segments.Skip(1)))
        {
            var gap = after.Run == before.Run ? 0 : Gap.Count(after.Start - before.End, TargetDuration!.Value);
            Assert.Equal(before.Number + gap + 1, after.Number);
            Assert.True(after.Start >= before.End, $"segment {after.Number} begins at {after.Start}, {before.Number} ends at {before.End}");
            Assert.True(after.Run != before.Run || after.Start == before.End, $"a hole in front of segment {after.Number}");
        }

        foreach (var run in Runs)
        {
            AssertTracksAreContinuous(run.Number);
        }
    }

    private void AssertTracksAreContinuous(int run)
    {
        var samples = Fragments.Where(fragment => fragment.Run == run).SelectMany(Read).Select(read => read.Sample).ToList();
        foreach (var track in samples.GroupBy(sample => sample.TrackId))
        {
            foreach (var (before, after) in track.Zip(track.Skip(1)))
            {
                Assert.Equal(before.DecodeTime + before.Duration, after.DecodeTime);
            }
        }
    }

    private static readonly long Origin = new ManualTimeProvider().GetTimestamp();

    private TimeSpan Elapsed => new(Time.GetTimestamp() - Origin);
}
