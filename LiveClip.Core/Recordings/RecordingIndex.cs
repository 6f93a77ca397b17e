using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Recordings;

/// <summary>
/// A recording's index as its files tell it, without the catalog: the same runs and segments, field by field. Pure; what recovery enters
/// and what a check compares with.
/// </summary>
public static class RecordingIndex
{
    /// <summary>The run of an init segment.</summary>
    /// <exception cref="Mp4FormatException">It is cut off or not ours.</exception>
    /// <exception cref="SampleFormatException">A codec configuration in it is none.</exception>
    public static Run ReadRun(byte[] init)
    {
        var segment = InitSegment.Read(init);
        var video = segment.Tracks.OfType<VideoTrack>().FirstOrDefault();
        return new Run
        {
            RecordingId = segment.Identity.RecordingId,
            Number = segment.Identity.Run,
            TimelineStart = segment.Identity.TimelineStart,
            WallClock = segment.Identity.WallClock,
            Init = init,
            Width = video?.Configuration.Sps.Width ?? 0,
            Height = video?.Configuration.Sps.Height ?? 0,
            Codecs = Packager.CodecsOf(segment.Tracks),
        };
    }

    /// <summary>The recording that the run is of, on air; null when its init segment does not say, being of the first version.</summary>
    public static Recording? ReadRecording(Run run) =>
        InitSegment.Read(run.Init).Identity is { RecordingStart: { } start } identity
            ? new Recording
            {
                Id = identity.RecordingId,
                StreamId = start.StreamId,
                StartedAt = start.StartedAt,
                FirstSegmentNumber = start.FirstSegmentNumber,
                FirstDiscontinuity = start.FirstDiscontinuity,
            }
            : null;

    /// <summary>What each run of the recording says of it.</summary>
    public static RecordingStart StartOf(Recording recording) =>
        new(recording.StreamId, recording.StartedAt, recording.FirstSegmentNumber, recording.FirstDiscontinuity);

    /// <summary>What belongs to that segment of that file: its whole fragments up to the first that is torn or of another.</summary>
    public static SegmentFile ReadSegment(Run run, long number, SegmentIndex index, long length)
    {
        var lead = LeadOf(run);
        var fragments = index.Fragments.TakeWhile((fragment, i) => Belongs(run, lead, number, fragment, i)).ToList();
        return new SegmentFile(number, fragments, length);
    }

    /// <summary>The rows of a run's segments, in the order of their numbers; a file without a whole fragment has none.</summary>
    public static IReadOnlyList<RecordedSegment> SegmentsOf(Run run, IReadOnlyList<SegmentFile> files)
    {
        var lead = LeadOf(run);
        var prefix = new DisplayPrefix(lead is VideoTrack video ? video.Configuration.Sps.ReorderDepth : 0);
        var found = files.Where(file => file.Fragments.Count > 0).ToList();
        var segments = new List<RecordedSegment>();
        var goesOn = false;
        for (var i = 0; i < found.Count; i++)
        {
            var file = found[i];
            // As a rule both are the same: behind a long pause, a segment begins earlier than its first picture.
            var start = goesOn ? segments[^1].End : file.Fragments[0].Identity.TimelineStart;
            var decodeEnd = AddTo(prefix, run, lead, file);
            var next = found.ElementAtOrDefault(i + 1)?.Fragments[0];
            goesOn = next is not null && OnTimeline(run, lead, next.Samples[0].DecodeTime) == decodeEnd;
            var end = goesOn ? next!.Identity.TimelineStart : prefix.Close();
            end = Segmenter.EndOf(start, end > start ? end : decodeEnd, file.TargetDuration);
            segments.Add(new RecordedSegment
            {
                RecordingId = run.RecordingId,
                Number = file.Number,
                Run = run.Number,
                Start = start,
                Duration = Math.Max(end - start, 1),
                Length = file.ValidLength,
                StartsWithSync = file.Fragments[0].Samples.First(sample => sample.TrackId == lead.Id).IsSync,
            });
        }

        return segments;
    }

    /// <summary>Each fragment names its UTC: where it is not what the run says so far, the encoder's clock was put right.</summary>
    public static void AddAnchors(Run run, IReadOnlyList<SegmentFile> files)
    {
        foreach (var fragment in files.SelectMany(file => file.Fragments).Select(fragment => fragment.Identity))
        {
            // A tick of .NET is what rounding may cost where what came before is gone.
            if ((run.WallClockAt(fragment.TimelineStart) - fragment.WallClock).Duration().Ticks > 1)
            {
                run.Add(new WallClockAnchor(fragment.TimelineStart, fragment.WallClock));
            }
        }
    }

    private static Track LeadOf(Run run) => InitSegment.Read(run.Init).Tracks[0];

    /// <summary>Its box names this place, and its samples lie at the time that the box says.</summary>
    private static bool Belongs(Run run, Track lead, long number, IndexedFragment fragment, int index)
    {
        var identity = fragment.Identity;
        if ((identity.RecordingId, identity.Run, identity.Number, identity.Fragment) != (run.RecordingId, run.Number, number, index))
        {
            return false;
        }

        // The lead track's samples come first.
        return fragment.Samples is [var first, ..] && first.TrackId == lead.Id
            && OnTimeline(run, lead, first.IsSync ? first.PresentationTime : first.DecodeTime) == identity.TimelineStart;
    }

    /// <summary>As the packager does, sample by sample; where the decoding of the file ends.</summary>
    private static long AddTo(DisplayPrefix prefix, Run run, Track lead, SegmentFile file)
    {
        var decodeEnd = 0L;
        foreach (var sample in file.Fragments.SelectMany(fragment => fragment.Samples).Where(sample => sample.TrackId == lead.Id))
        {
            decodeEnd = OnTimeline(run, lead, sample.DecodeTime + sample.Duration);
            prefix.Add(OnTimeline(run, lead, sample.PresentationTime), decodeEnd, decodeEnd - OnTimeline(run, lead, sample.DecodeTime));
        }

        return decodeEnd;
    }

    private static long OnTimeline(Run run, Track track, long ticks) => run.TimelineStart + track.Timescale.To(Timescale.Video, ticks);
}

/// <summary>A segment's file as it was found.</summary>
/// <param name="Fragments">Those that belong to it, from its beginning.</param>
/// <param name="Length">Of the file, with what is behind them.</param>
public sealed record SegmentFile(long Number, IReadOnlyList<IndexedFragment> Fragments, long Length)
{
    /// <summary>Where the last of them ends.</summary>
    public long ValidLength => Fragments is [.., var last] ? last.Offset + last.Length : 0;

    public bool IsTorn => ValidLength < Length;

    /// <summary>EXT-X-TARGETDURATION of the recording in seconds, when it was fixed by then.</summary>
    public int? TargetDuration =>
        Fragments.Select(fragment => fragment.Identity.TargetDuration).FirstOrDefault(seconds => seconds is not null);
}
