using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// The recorded samples around a range of a timeline: from the last sync sample before it to a second behind it, run by run, out of
/// memory or files. Only their index is read; the bytes are read when they are copied.
/// </summary>
public sealed class SampleSource : IDisposable
{
    /// <summary>Enough to see the end of any group of pictures that refer to each other across the out point.</summary>
    private const long Behind = 90_000;

    /// <summary>How much further back decoding may begin where encoders call a sync sample what is none.</summary>
    private const int MostSegmentsBefore = 30;

    private readonly List<SegmentBytes> _segments = [];

    private SampleSource(IReadOnlyList<SourceRun> runs) => Runs = runs;

    public IReadOnlyList<SourceRun> Runs { get; }

    /// <exception cref="ClipException">A segment inside the range was lost.</exception>
    /// <exception cref="IOException">A segment that the catalog lists is not there.</exception>
    public static SampleSource Open(RecordingTimeline timeline, SegmentStore store, long start, long end)
    {
        var runs = new List<SourceRun>();
        var source = new SampleSource(runs);
        try
        {
            foreach (var run in timeline.Runs.Where(run => run.TimelineStart < end && timeline.EndOf(run) > start))
            {
                var (numbers, before) = SegmentsOf(timeline, run, start, end);
                var read = source.Read(run, timeline.EndOf(run), numbers, store);
                for (var i = before.Count - 1; i >= Math.Max(0, before.Count - MostSegmentsBefore) && !read.CanBeDecodedAt(start); i--)
                {
                    read = source.Read(run, timeline.EndOf(run), [before[i]], store).Before(read);
                }

                runs.Add(read);
            }

            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    internal SourceRun RunOf(CutPart part) => Runs.Single(run => run.Run.Number == part.Run);

    public void Dispose() => _segments.ForEach(segment => segment.Dispose());

    /// <returns>Those that are needed, and those that join on before them, which may be needed, too.</returns>
    private static (List<long> Needed, List<long> Before) SegmentsOf(RecordingTimeline timeline, Run run, long start, long end)
    {
        var all = timeline.Segments.Where(segment => segment.Run == run.Number)
            .Select(segment => new Stretch(segment.Number, segment.Start, segment.End, segment.StartsWithSync)).ToList();
        if (timeline.Open is { } open && open.Run == run.Number)
        {
            all.Add(new Stretch(open.Number, open.Start, open.End, open.StartsWithSync));
        }

        var sync = Math.Max(0, all.FindLastIndex(segment => segment.StartsWithSync && segment.Start <= start + CutPlanner.Tolerance));
        // One segment more holds the sound that begins before its first picture.
        var first = sync > 0 && !IsHole(timeline, all[sync - 1], all[sync]) ? sync - 1 : sync;
        var numbers = new List<long>();
        for (var i = first; i < all.Count && all[i].Start < end + Behind; i++)
        {
            if (IsHole(timeline, i > first ? all[i - 1] : null, all[i]))
            {
                if ((i > first ? all[i - 1].End : all[i].Start) >= end)
                {
                    break;
                }

                throw new ClipException("a piece of the recording inside this range is not there: choose a range on one side of it");
            }

            numbers.Add(all[i].Number);
        }

        var unbroken = first;
        while (unbroken > 0 && !IsHole(timeline, all[unbroken - 1], all[unbroken]))
        {
            unbroken--;
        }

        return (numbers, all[unbroken..first].ConvertAll(segment => segment.Number));
    }

    /// <summary>Numbers count on within a run: one that is missing was lost, as were those that the live window says so of.</summary>
    private static bool IsHole(RecordingTimeline timeline, Stretch? before, Stretch segment) =>
        timeline.Lost.Contains(segment.Number)
        || (before is not null && (timeline.Lost.Contains(before.Number) || segment.Number != before.Number + 1));

    private SourceRun Read(Run run, long end, List<long> numbers, SegmentStore store)
    {
        var lead = new List<SourceSample>();
        var sound = new List<SourceSample>();
        var tracks = InitSegment.Read(run.Init).Tracks;
        foreach (var number in numbers)
        {
            var bytes = store.Open(run.RecordingId, run.Number, number)
                ?? throw new IOException($"segment {number} of run {run.Number} is not there");
            _segments.Add(bytes);
            foreach (var sample in bytes.Index.Fragments.SelectMany(fragment => fragment.Samples))
            {
                (sample.TrackId == tracks[0].Id ? lead : sound).Add(new SourceSample(sample, bytes));
            }
        }

        return new SourceRun(run, end, tracks[0], tracks.Count > 1 ? tracks[1] : null, lead, sound);
    }

    private sealed record Stretch(long Number, long Start, long End, bool StartsWithSync);
}

/// <summary>The samples of one run.</summary>
/// <param name="End">Where the run ends on the recording's timeline, 1/90,000 s.</param>
/// <param name="Lead">Pictures where there are any, else the sound.</param>
public sealed record SourceRun(
    Run Run, long End, Track LeadTrack, Track? SoundTrack, IReadOnlyList<SourceSample> Lead, IReadOnlyList<SourceSample> Sound)
{
    /// <summary>Null where there is nothing but sound.</summary>
    public AvcConfiguration? Configuration => (LeadTrack as VideoTrack)?.Configuration;

    /// <summary>What is heard, be it beside pictures or alone; null where there is nothing to hear.</summary>
    public AudioTrack? AnySound => (LeadTrack as AudioTrack) ?? (SoundTrack as AudioTrack);

    public IReadOnlyList<SourceSample> Packets => LeadTrack is AudioTrack ? Lead : Sound;

    /// <summary>On the recording's timeline, as the recording's index tells of them.</summary>
    public PictureRun ToPictures() => new(
        Run.Number, [.. Lead.Select(source => ToPicture(source, source.Sample.IsSync, isReference: true))], End)
    {
        IsSound = Configuration is null,
    };

    /// <summary>
    /// As the planner wants them: a sync sample is only what decoding can really begin with, and of the pictures behind the out point it
    /// is known whether others refer to them. For that a few bytes of each are read.
    /// </summary>
    public PictureRun ToPictures(long outPoint)
    {
        if (Configuration is not { } configuration)
        {
            return ToPictures();
        }

        var behind = outPoint - CutPlanner.Tolerance;
        return ToPictures() with
        {
            Pictures =
            [
                .. Lead.Select(source => ToPicture(
                    source,
                    source.Sample.IsSync && source.IsRandomAccess(configuration),
                    OnTimeline(source.Sample.PresentationTime) < behind || source.FirstSlice(configuration.LengthSize).RefIdc > 0)),
            ],
        };
    }

    /// <summary>Whether decoding can begin at or before that point of the timeline, as far as it can at all.</summary>
    internal bool CanBeDecodedAt(long point) => Configuration is not { } configuration
        || Lead.Any(picture => picture.Sample.IsSync && picture.IsRandomAccess(configuration)
            && OnTimeline(picture.Sample.PresentationTime) <= Math.Max(point, Run.TimelineStart) + CutPlanner.Tolerance);

    /// <summary>The samples of both; these come first.</summary>
    internal SourceRun Before(SourceRun next) => next with { Lead = [.. Lead, .. next.Lead], Sound = [.. Sound, .. next.Sound] };

    public long OnTimeline(long ticks) => Run.TimelineStart + LeadTrack.Timescale.To(Timescale.Video, ticks);

    private Picture ToPicture(SourceSample source, bool isSync, bool isReference) => new(
        OnTimeline(source.Sample.DecodeTime),
        OnTimeline(source.Sample.PresentationTime),
        LeadTrack.Timescale.To(Timescale.Video, source.Sample.Duration),
        isSync,
        isReference);
}

/// <summary>A sample and the segment that holds its bytes.</summary>
public readonly record struct SourceSample(IndexedSample Sample, SegmentBytes Bytes)
{
    public byte[] Read()
    {
        var bytes = new byte[Sample.Size];
        Bytes.Read(Sample.Offset, bytes);
        return bytes;
    }

    /// <summary>The first slice of a picture, of which nothing but the header byte was read.</summary>
    /// <exception cref="SampleFormatException">There is no slice in it.</exception>
    public NalUnit FirstSlice(int lengthSize)
    {
        Span<byte> head = stackalloc byte[5];
        head = head[..(lengthSize + 1)];
        for (var position = 0L; position + head.Length <= Sample.Size;)
        {
            Bytes.Read(Sample.Offset + position, head);
            var unit = new NalUnit(new[] { head[^1] });
            if (unit.Type is NalUnitType.NonIdrSlice or NalUnitType.IdrSlice or NalUnitType.SliceDataPartitionA)
            {
                return unit;
            }

            var length = 0L;
            foreach (var value in head[..^1])
            {
                length = length << 8 | value;
            }

            position += lengthSize + length;
        }

        throw new SampleFormatException("slice_header", 0, $"no slice in a picture of {Sample.Size} bytes");
    }

    /// <summary>Decodable without earlier pictures, and all that come after it, too (H.264 §7.4.1.2.4).</summary>
    public bool IsIdr(AvcConfiguration configuration) => FirstSlice(configuration.LengthSize).Type == NalUnitType.IdrSlice;

    /// <summary>Decoding can begin with it, though not with those that are shown before it.</summary>
    public bool IsRandomAccess(AvcConfiguration configuration) =>
        IsIdr(configuration) || AccessUnit.Parse(Read(), configuration.LengthSize).IsRandomAccess;
}
