using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Live;

/// <summary>
/// Turns the samples of one run into fragments and segments. The run's time 0 is the presentation time of its first picture; the lead
/// track, pictures where there are any, decides where things end.
/// </summary>
internal sealed class RunPackager
{
    /// <summary>Sound that does not go on for longer has ended, 1/90,000 s: no sample lasts until it is back.</summary>
    private const long LongestPause = 5 * 90_000;

    private readonly Run _run;
    private readonly Track _lead;
    private readonly long _decodeZero;
    private readonly long _presentationZero;
    private readonly int _offsetZero;
    private readonly Action<PackagerOutput> _output;
    private readonly Func<long> _takeSegmentNumber;
    private readonly DisplayPrefix _prefix;
    private readonly List<Sample> _pictures = [];
    private readonly List<Sample> _sounds = [];
    private Sample? _heldLead;
    private Sample? _heldSound;
    private uint _sequenceNumber;
    private OpenSegment? _segment;

    public RunPackager(Run run, Sample first, Action<PackagerOutput> output, Func<long> takeSegmentNumber)
    {
        (_run, _lead, _output, _takeSegmentNumber) = (run, first.Track, output, takeSegmentNumber);
        End = run.TimelineStart;
        (_decodeZero, _offsetZero) = (first.DecodeTime, first.CompositionOffset);
        _presentationZero = first.Track.Timescale.To(Timescale.Video, first.PresentationTime);
        _prefix = new DisplayPrefix(first.Track is VideoTrack video ? video.Configuration.Sps.ReorderDepth : 0);
    }

    /// <summary>Where the run ends so far on the timeline, 1/90,000 s.</summary>
    public long End { get; private set; }

    private long NewestPicture => _prefix.End ?? _run.TimelineStart;

    /// <param name="targetDuration">Null while it is not fixed.</param>
    public void Accept(Sample sample, int? targetDuration)
    {
        if (sample.Track.Id != _lead.Id)
        {
            AcceptSound(sample);
            return;
        }

        var rebased = sample with
        {
            DecodeTime = sample.DecodeTime - _decodeZero,
            CompositionOffset = sample.CompositionOffset - _offsetZero,
        };
        // Leading pictures of an open GOP refer to what this run does not have.
        if (rebased.PresentationTime < 0)
        {
            return;
        }

        if (_heldLead is not null)
        {
            Add(_heldLead with { Duration = (int)(rebased.DecodeTime - _heldLead.DecodeTime) }, targetDuration);
        }

        _heldLead = rebased;
    }

    /// <summary>Ends the run: what is held lasts until the next run's first picture, else as long as the sample before it.</summary>
    /// <param name="next">On the same clock; null when what comes next is not known.</param>
    public void Close(int? targetDuration, Sample? next)
    {
        EndSound();
        if (_heldLead is not null)
        {
            var usual = _pictures.Count > 0 ? _pictures[^1].Duration : _heldLead.Duration;
            var duration = next is null ? usual : (int)(next.DecodeTime - _decodeZero - _heldLead.DecodeTime);
            Add(_heldLead with { Duration = Math.Max(duration, 1) }, targetDuration);
        }

        var end = _prefix.Close();
        FinishFragment(long.MaxValue, end, targetDuration);
        CloseSegment(end > _segment!.Start ? end : End);
    }

    private void AcceptSound(Sample sample)
    {
        var rebased = sample with { DecodeTime = sample.DecodeTime - Timescale.Video.To(sample.Track.Timescale, _presentationZero) };
        // Sound before the first picture is not on the timeline.
        if (rebased.DecodeTime < 0)
        {
            return;
        }

        if (_heldSound is not null)
        {
            _sounds.Add(_heldSound with { Duration = (int)(rebased.DecodeTime - _heldSound.DecodeTime) });
        }

        _heldSound = rebased;
    }

    private void Add(Sample sample, int? targetDuration)
    {
        var start = OnTimeline(sample.DecodeTime);
        var end = OnTimeline(sample.DecodeTime + sample.Duration);
        switch (CutBefore(sample, end - start, start, targetDuration))
        {
            case Cut.Fragment:
                FinishFragment(start, NewestPicture, targetDuration);
                break;
            case Cut.Segment:
                FinishFragment(start, NewestPicture, targetDuration);
                CloseSegment(StartOf(sample));
                break;
        }

        _segment ??= new OpenSegment(_takeSegmentNumber(), StartOf(sample), sample.IsSync);
        _pictures.Add(sample);
        End = end;
        _prefix.Add(OnTimeline(sample.PresentationTime), end, end - start);
    }

    private Cut CutBefore(Sample sample, long duration, long start, int? targetDuration)
    {
        var fragmentStart = _pictures.Count > 0 ? OnTimeline(_pictures[0].DecodeTime) : start;
        var segmentStart = _segment?.Start ?? start;
        return Segmenter.Before(sample.IsSync, duration, start - fragmentStart, start - segmentStart, targetDuration);
    }

    /// <summary>Writes what is open as a fragment, with all the sound that begins before its end.</summary>
    private void FinishFragment(long end, long newestPicture, int? targetDuration)
    {
        if (_pictures.Count == 0)
        {
            return;
        }

        if (_heldSound is not null && OnTimeline(_heldSound.Track, _heldSound.DecodeTime) < end - LongestPause)
        {
            EndSound();
        }

        var sounds = _sounds.FindIndex(sound => OnTimeline(sound.Track, sound.DecodeTime) >= end);
        var taken = sounds < 0 ? _sounds.Count : sounds;
        var first = _pictures[0];
        var start = StartOf(first);
        var identity = new SegmentIdentity(
            _run.RecordingId, _run.Number, _segment!.Number, _segment.Fragments, start, _run.WallClockAt(start))
        {
            TargetDuration = targetDuration,
        };
        var bytes = MovieFragment.Write(++_sequenceNumber, identity, [.. _pictures, .. _sounds[..taken]]);
        var fragment = new FragmentFinished(
            _run.Number, _segment.Number, _segment.Fragments, start, End - start, first.IsSync, newestPicture, bytes);

        _pictures.Clear();
        _sounds.RemoveRange(0, taken);
        _segment.Fragments++;
        _segment.Length += bytes.Length;
        _output(fragment);
    }

    private void EndSound()
    {
        if (_heldSound is not null)
        {
            _sounds.Add(_heldSound with { Duration = ((AudioTrack)_heldSound.Track).Configuration.FrameLength });
            _heldSound = null;
        }
    }

    private void CloseSegment(long end)
    {
        if (_segment is null)
        {
            return;
        }

        var closed = new RecordedSegment
        {
            RecordingId = _run.RecordingId,
            Number = _segment.Number,
            Run = _run.Number,
            Start = _segment.Start,
            Duration = end - _segment.Start,
            Length = _segment.Length,
            StartsWithSync = _segment.StartsWithSync,
        };
        _segment = null;
        _output(new SegmentClosed(closed));
    }

    /// <summary>A sync sample's own presentation time; elsewhere pictures are out of order and the decode time says where it goes on.</summary>
    private long StartOf(Sample sample) => OnTimeline(sample.IsSync ? sample.PresentationTime : sample.DecodeTime);

    private long OnTimeline(long leadTicks) => OnTimeline(_lead, leadTicks);

    private long OnTimeline(Track track, long ticks) => _run.TimelineStart + track.Timescale.To(Timescale.Video, ticks);

    private sealed class OpenSegment(long number, long start, bool startsWithSync)
    {
        public long Number => number;

        public long Start => start;

        public bool StartsWithSync => startsWithSync;

        public int Fragments { get; set; }

        public long Length { get; set; }
    }
}
