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
    public const long LongestPause = 5 * 90_000;

    private readonly Run _run;
    private readonly Track _lead;
    private readonly DriftMeter _drift;
    private readonly Func<Sample, long> _arrival;
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

    // The last one's, of the lead track.
    private int? _usualDuration;
    private long _pictureBytes;
    private int _part;
    private OpenSegment? _segment;

    /// <param name="arrival">How long after the first sample another one arrived, 1/90,000 s.</param>
    public RunPackager(
        Run run, Sample first, DriftMeter drift, Func<Sample, long> arrival, Action<PackagerOutput> output, Func<long> takeSegmentNumber)
    {
        (_run, _lead, _drift, _arrival) = (run, first.Track, drift, arrival);
        (_output, _takeSegmentNumber) = (output, takeSegmentNumber);
        End = run.TimelineStart;
        (_decodeZero, _offsetZero) = (first.DecodeTime, first.CompositionOffset);
        _presentationZero = first.Track.Timescale.To(Timescale.Video, first.PresentationTime);
        _prefix = new DisplayPrefix(first.Track is VideoTrack video ? video.Configuration.Sps.ReorderDepth : 0);
    }

    /// <summary>Where the run ends so far on the timeline, 1/90,000 s.</summary>
    public long End { get; private set; }

    /// <summary>Where the last closed segment ends; null while there is none.</summary>
    public long? SegmentEnd { get; private set; }

    /// <summary>Bytes of sound that waits for the pictures that it is stored with.</summary>
    public long WaitingSound { get; private set; }

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

        _drift.Add(_lead.Timescale.To(Timescale.Video, rebased.DecodeTime), _arrival(sample));
        if (_heldLead is not null)
        {
            Add(_heldLead with { Duration = (int)(rebased.DecodeTime - _heldLead.DecodeTime) }, targetDuration);
        }

        // Asked before it is known how long this one lasts: as long as the last one, as a rule. So what ends, ends with its last picture.
        EndBefore(rebased, _usualDuration ?? 0, targetDuration);
        _heldLead = rebased;
    }

    /// <summary>How long the held picture would last until that one, 1/90,000 s.</summary>
    public long PauseBefore(Sample next) => _heldLead is null
        ? 0
        : _lead.Timescale.To(Timescale.Video, next.DecodeTime - _decodeZero - _heldLead.DecodeTime);

    /// <summary>What is held of the lead track lasts until the next run's first picture, else as long as the sample before it.</summary>
    /// <param name="next">On the same clock; null when what comes next is not known.</param>
    public void EndLead(int? targetDuration, Sample? next)
    {
        if (_heldLead is not null)
        {
            var duration = next is null ? _usualDuration ?? _heldLead.Duration : (int)(next.DecodeTime - _decodeZero - _heldLead.DecodeTime);
            Add(_heldLead with { Duration = Math.Max(duration, 1) }, targetDuration);
            _heldLead = null;
        }
    }

    /// <summary>Gives back what it holds of the sound from the next run's first picture on, which is on the same clock.</summary>
    public IReadOnlyList<Sample> TakeSoundFrom(Sample next)
    {
        if (_heldSound is null)
        {
            return [];
        }

        var zero = Timescale.Video.To(_heldSound.Track.Timescale, _presentationZero);
        Sample[] all = [.. _sounds, _heldSound];
        var kept = all.Count(sound => RunOpening.IsInFront(sound with { DecodeTime = sound.DecodeTime + zero }, next));
        if (kept == all.Length)
        {
            return [];
        }

        WaitingSound -= _sounds.Skip(kept).Sum(sound => (long)sound.Data.Length);
        _sounds.RemoveRange(kept, _sounds.Count - kept);
        _heldSound = null;
        return [.. all.Skip(kept).Select(sound => sound with { DecodeTime = sound.DecodeTime + zero })];
    }

    /// <summary>Ends the run with all that it has.</summary>
    public void Close(int? targetDuration)
    {
        EndLead(targetDuration, next: null);
        EndSound();
        var end = _prefix.Close();
        FinishFragment(long.MaxValue, end, targetDuration);
        CloseSegment(end > _segment!.Start ? end : End, targetDuration);
    }

    /// <summary>Ends the run after a failure: finished fragments are a segment, what is not in one is given up.</summary>
    public void Abandon(int? targetDuration)
    {
        if (_segment is { Fragments: > 0 } segment)
        {
            CloseSegment(segment.End, targetDuration);
        }
    }

    private void AcceptSound(Sample sample)
    {
        var rebased = sample with { DecodeTime = sample.DecodeTime - Timescale.Video.To(sample.Track.Timescale, _presentationZero) };
        // Sound before the first picture is not on the timeline, nor is sound where other sound is already.
        if (rebased.DecodeTime < 0 || rebased.DecodeTime <= _heldSound?.DecodeTime)
        {
            return;
        }

        if (_heldSound is not null)
        {
            Add(_heldSound with { Duration = (int)(rebased.DecodeTime - _heldSound.DecodeTime) });
        }

        _heldSound = rebased;
    }

    private void Add(Sample sound)
    {
        _sounds.Add(sound);
        WaitingSound += sound.Data.Length;
    }

    private void Add(Sample sample, int? targetDuration)
    {
        EndBefore(sample, sample.Duration, targetDuration);
        var start = OnTimeline(sample.DecodeTime);
        var end = OnTimeline(sample.DecodeTime + sample.Duration);
        _segment ??= new OpenSegment(_takeSegmentNumber(), SegmentEnd ?? StartOf(sample), sample.IsSync);
        _pictures.Add(sample);
        _usualDuration = sample.Duration;
        _pictureBytes += sample.Data.Length;
        _segment.Pictures++;
        End = end;
        _prefix.Add(OnTimeline(sample.PresentationTime), end, end - start);
    }

    /// <param name="duration">The sample's, in its own ticks, or what it probably is.</param>
    private void EndBefore(Sample sample, int duration, int? targetDuration)
    {
        var start = OnTimeline(sample.DecodeTime);
        var cut = CutBefore(sample, OnTimeline(sample.DecodeTime + duration) - start, start, targetDuration);
        if (cut != Cut.Nothing)
        {
            FinishFragment(start, NewestPicture, targetDuration);
        }

        if (cut == Cut.Segment)
        {
            CloseSegment(StartOf(sample), targetDuration);
        }
    }

    private Cut CutBefore(Sample sample, long duration, long start, int? targetDuration)
    {
        var fragmentStart = _pictures.Count > 0 ? OnTimeline(_pictures[0].DecodeTime) : start;
        var segmentStart = _segment?.Start ?? start;
        var byTime = Segmenter.Before(sample.IsSync, duration, start - fragmentStart, start - segmentStart, targetDuration);
        var bySize = Segmenter.BySize(_segment?.Pictures ?? 0, _pictureBytes, _segment?.Length ?? 0, sample.Data.Length);
        return byTime > bySize ? byTime : bySize;
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
        FollowDrift(start);
        var identity = new SegmentIdentity(
            _run.RecordingId, _run.Number, _segment!.Number, _segment.Fragments, start, _run.WallClockAt(start))
        {
            TargetDuration = targetDuration,
        };
        var bytes = MovieFragment.Write((uint)++_part, identity, [.. _pictures, .. _sounds[..taken]]);
        var fragment = new FragmentFinished(
            _run.Number, _segment.Number, _segment.Fragments, _part, start, End - start, first.IsSync, newestPicture, bytes);

        WaitingSound -= _sounds.Take(taken).Sum(sound => (long)sound.Data.Length);
        _pictures.Clear();
        _pictureBytes = 0;
        _sounds.RemoveRange(0, taken);
        _segment.Fragments++;
        _segment.End = End;
        _segment.Length += bytes.Length;
        _output(fragment);
    }

    private void FollowDrift(long start)
    {
        if (_drift.TryStep())
        {
            var media = TimeSpan.FromTicks((start - _run.TimelineStart + _drift.Delay) * 1000 / 9);
            var anchor = new WallClockAnchor(start, _run.WallClock + media);
            _run.Add(anchor);
            _output(new AnchorSet(_run.Number, anchor));
        }
    }

    private void EndSound()
    {
        if (_heldSound is not null)
        {
            Add(_heldSound with { Duration = ((AudioTrack)_heldSound.Track).Configuration.FrameLength });
            _heldSound = null;
        }
    }

    private void CloseSegment(long end, int? targetDuration)
    {
        if (_segment is null)
        {
            return;
        }

        end = Segmenter.EndOf(_segment.Start, end, targetDuration);
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
        SegmentEnd = end;
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

        public int Pictures { get; set; }

        public int Fragments { get; set; }

        /// <summary>Of its finished fragments.</summary>
        public long End { get; set; }

        public long Length { get; set; }
    }
}
