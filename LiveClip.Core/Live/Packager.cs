using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Live;

/// <summary>
/// Turns a broadcast's samples into runs, fragments and segments, and owns their numbers. A new run begins with a new publish, a jump
/// of the encoder's clock, a hole, or another set of tracks or codec configurations. Nothing is left out but what no run can hold: sound
/// in front of a publish's first picture, sound that begins or changes its format inside a group of pictures, up to the next sync sample,
/// and pictures behind a pause of more than two segments, up to the next sync sample.
/// </summary>
public sealed class Packager(PackagerOrigin origin, TimeProvider time, Action<PackagerOutput> output)
{
    /// <summary>Sound waits for the pictures that it is stored with; this far ahead of them, they are not coming.</summary>
    private const long LongestWithoutPicture = 10 * 90_000;

    private readonly UnknownSound _unknown = new();
    private RunOpening _opening = new([]);
    private RunPackager? _run;
    private Track[] _tracks = [];
    private RunZero? _zero;
    private int _nextRun = origin.NextRun;
    private long _lastEnd = origin.Previous?.End ?? 0;
    private long _gapEnd = origin.Previous?.End ?? 0;
    private int _gapNumbers;
    private int? _targetDuration = origin.TargetDuration;
    private long? _firstSync;

    /// <summary>Where the recording ends so far on its timeline, 1/90,000 s.</summary>
    public long End { get; private set; } = origin.Previous?.End ?? 0;

    /// <summary>The first segment number that was never listed.</summary>
    public long NextSegment { get; private set; } = origin.NextSegment;

    public void Accept(Sample sample)
    {
        if (_run is not null && _opening.IsEmpty && !EndsRun(sample))
        {
            AddToRun(sample);
            return;
        }

        if (_opening.IsEmpty ? _run is not null && !HasSoundUpTo(sample) : _opening.EndsWith(sample))
        {
            CloseRun(next: sample);
        }

        if (_opening.IsEmpty)
        {
            _opening = new RunOpening(_unknown.TakeFor(sample));
        }

        if (_opening.Accept(sample) is { } samples)
        {
            Open(samples);
        }
    }

    /// <summary>Ends the open run: nothing that was received is held back.</summary>
    public void CloseRun() => CloseRun(next: null);

    /// <summary>
    /// To be called now and then: while no pictures come, the gap behind the last ones is listed as it grows, one target duration at a
    /// time.
    /// </summary>
    public void Wait()
    {
        if (_run is null && _opening.IsEmpty && (_zero is not null || origin.Previous is not null))
        {
            FixTargetDuration();
            var target = _targetDuration!.Value * 90_000L;
            ListGap(_lastEnd + ((PlaceOf(time.GetTimestamp()) - _lastEnd) / target * target));
        }
    }

    /// <summary>Ends the open run after a failure: what is finished is kept.</summary>
    public void Abandon()
    {
        _opening = new RunOpening([]);
        if (_run is not null)
        {
            _run.Abandon(_targetDuration);
            EndOfRun();
        }
    }

    private void AddToRun(Sample sample)
    {
        if (BelongsToRun(sample))
        {
            FixTargetDuration(sample);
            _run!.Accept(sample, _targetDuration);
            End = Math.Max(End, _run.End);
        }
        else if (sample.Track is AudioTrack)
        {
            _unknown.DropBefore(_run!.End - _zero!.TimelineStart + Presentation(_zero.First));
            _unknown.Add(sample);
        }
    }

    private void CloseRun(Sample? next)
    {
        if (_opening.Flush() is { } samples)
        {
            Open(samples);
        }

        _opening = new RunOpening([]);
        if (_run is not null)
        {
            FixTargetDuration();
            _run.EndLead(_targetDuration, next is not null && Continues(next) ? next : null);
            _run.Close(_targetDuration);
            EndOfRun();
        }
    }

    /// <summary>
    /// Ends the run where the next one begins. All sound in front of the next run's first picture is still this one's, though encoders
    /// that reorder pictures send it behind that picture; on the same clock, sound that came early is the next run's.
    /// </summary>
    /// <param name="samples">All that is there of the next run, the first being its first picture.</param>
    /// <returns>The same, and the sound that came early.</returns>
    private IReadOnlyList<Sample> HandOver(IReadOnlyList<Sample> samples)
    {
        var next = samples[0];
        FixTargetDuration();
        IReadOnlyList<Sample> early = [];
        if (IsOnClock(next))
        {
            AddSoundInFront(samples, shift: 0);
            var goesOn = Array.Exists(TracksOf(samples), track => track is AudioTrack && BelongsToRun(track));
            early = goesOn ? _run!.TakeSoundFrom(next) : [];
        }

        _run!.EndLead(_targetDuration, Continues(next) ? next : null);
        End = Math.Max(End, _run.End);
        if (!IsOnClock(next) && StartOf(next) - End <= RunPackager.LongestPause)
        {
            AddSoundInFront(samples, shift: StartOf(next) - OnTimeline(next));
        }

        _run.Close(_targetDuration);
        EndOfRun();
        return [next, .. early, .. samples.Skip(1)];
    }

    /// <param name="shift">From the samples' clock to the run's, 1/90,000 s.</param>
    private void AddSoundInFront(IReadOnlyList<Sample> samples, long shift)
    {
        foreach (var sound in samples.Where(sample => sample.Track is AudioTrack && BelongsToRun(sample)))
        {
            if (RunOpening.IsInFront(sound, samples[0]))
            {
                var ticks = Timescale.Video.To(sound.Track.Timescale, shift);
                _run!.Accept(sound with { DecodeTime = sound.DecodeTime + ticks }, _targetDuration);
            }
        }
    }

    private void EndOfRun()
    {
        End = Math.Max(End, _run!.End);
        if (_run.SegmentEnd is { } end)
        {
            (_lastEnd, _gapEnd, _gapNumbers) = (end, end, 0);
        }

        _run = null;
    }

    /// <summary>Whether the run's last picture lasts until that one.</summary>
    private bool Continues(Sample next) =>
        IsOnClock(next) && next.Track.Id == _tracks[0].Id && !next.FollowsHole
        && _run!.PauseBefore(next) <= Segmenter.Longest(_targetDuration);

    /// <summary>Whether sound may still come that is heard before that sample, with which the next run begins.</summary>
    private bool HasSoundUpTo(Sample next) =>
        next is { Track: VideoTrack, IsSync: true, FollowsHole: false }
        && (IsOnClock(next) ? Array.Exists(_tracks, track => track is AudioTrack) : _tracks is [VideoTrack, AudioTrack]);

    /// <summary>
    /// Another clock ends the run at once, and so does a pause that no segment can hold, and sound whose pictures have stopped: it goes
    /// on alone. Other tracks end it where the next one can begin, at a sync sample: until then the pictures go on, and sound that the
    /// run knows nothing of is left out, for no init segment tells what it is.
    /// </summary>
    private bool EndsRun(Sample sample)
    {
        if (!IsOnClock(sample))
        {
            return true;
        }

        var leads = sample.Track.Id == _tracks[0].Id;
        if (!leads && sample.Track is AudioTrack)
        {
            return OnTimeline(sample) > _run!.End + LongestWithoutPicture
                || Math.Max(_run.WaitingSound, _unknown.Bytes) > Segmenter.LongestFragmentBytes;
        }

        // In front of a picture that is not decodable without the ones before it, two segments share a longer pause.
        if (leads && _run!.PauseBefore(sample) > Segmenter.Longest(_targetDuration) * (sample.IsSync ? 1 : 2))
        {
            return true;
        }

        return sample.IsSync && (!BelongsToRun(sample) || sample.FollowsHole || (leads && _unknown.HasCome));
    }

    /// <summary>The place of a sample of the open run, or of one that goes on from it.</summary>
    private long OnTimeline(Sample sample) => _zero!.TimelineStart + Presentation(sample) - Presentation(_zero.First);

    private bool IsOnClock(Sample sample) => sample.TimestampBreak == _zero!.First.TimestampBreak;

    private bool BelongsToRun(Sample sample) => BelongsToRun(sample.Track);

    private bool BelongsToRun(Track track) => Array.IndexOf(_tracks, track) >= 0;

    private void Open(IReadOnlyList<Sample> samples)
    {
        _opening = new RunOpening([]);
        samples = _run is null ? samples : HandOver(samples);
        var first = samples[0];
        _tracks = TracksOf(samples);
        var arrived = time.GetUtcNow() - time.GetElapsedTime(first.Arrival);
        var start = StartOf(first);
        ListGap(start);
        var video = _tracks.OfType<VideoTrack>().SingleOrDefault();
        var identity = new RunIdentity(origin.RecordingId, _nextRun++, start, arrived) { RecordingStart = origin.RecordingStart };
        var run = new Run
        {
            RecordingId = origin.RecordingId,
            Number = identity.Run,
            TimelineStart = start,
            WallClock = arrived,
            Init = InitSegment.Write(_tracks, identity),
            Width = video?.Configuration.Sps.Width ?? 0,
            Height = video?.Configuration.Sps.Height ?? 0,
            Codecs = CodecsOf(_tracks),
        };
        _zero = new RunZero(first, start, new DriftMeter());
        _unknown.Clear();
        _run = new RunPackager(
            run, first, _zero.Drift, sample => Elapsed(first.Arrival, sample.Arrival), output, () => NextSegment++);
        output(new RunStarted(run));
        foreach (var held in samples)
        {
            FixTargetDuration(held);
            _run.Accept(held, _targetDuration);
        }
    }

    /// <summary>
    /// Where a run lies on the timeline. The same clock goes on where it is; another one begins as much later than the run before as it
    /// arrived later, never before that run's end.
    /// </summary>
    private long StartOf(Sample first) => Math.Max(
        Math.Max(End, _gapEnd),
        _zero?.First.TimestampBreak == first.TimestampBreak ? OnTimeline(first) : PlaceOf(first.Arrival));

    /// <summary>
    /// Where what arrives at that moment lies: as long behind the last run's beginning as it is later, by the monotonic clock; by UTC
    /// where that run was another process's. The gap in front of it was listed by the same formula.
    /// </summary>
    private long PlaceOf(long arrival)
    {
        if (_zero is { } zero)
        {
            return zero.TimelineStart + Elapsed(zero.First.Arrival, arrival) - zero.Drift.Delay;
        }

        return origin.Previous is { } previous
            ? Math.Max(
                previous.ListedEnd,
                previous.TimelineStart
                    + Timescale.Video.FromTimeSpan(time.GetUtcNow() - time.GetElapsedTime(arrival) - previous.WallClock))
            : 0;
    }

    private long Elapsed(long from, long to) => Timescale.Video.FromTimeSpan(time.GetElapsedTime(from, to));

    private void ListGap(long end)
    {
        if (end - _lastEnd < Gap.Shortest)
        {
            return;
        }

        FixTargetDuration();
        var numbers = Gap.Count(end - _lastEnd, _targetDuration!.Value);
        if (numbers > _gapNumbers)
        {
            NextSegment += numbers - _gapNumbers;
            (_gapNumbers, _gapEnd) = (numbers, end);
            output(new GapListed(end, NextSegment));
        }
    }

    private void FixTargetDuration(Sample sample)
    {
        if (_targetDuration is not null || sample.Track.Id != _tracks[0].Id)
        {
            return;
        }

        var elapsed = Presentation(sample) - Presentation(_zero!.First);
        if (sample.Track is VideoTrack && sample.IsSync)
        {
            _firstSync ??= elapsed;
            if (elapsed > _firstSync)
            {
                Fix(Segmenter.TargetDuration(elapsed - _firstSync));
                return;
            }
        }

        if (elapsed >= Segmenter.TargetDeadline)
        {
            FixTargetDuration();
        }
    }

    private void FixTargetDuration()
    {
        if (_targetDuration is null)
        {
            Fix(Segmenter.TargetDuration(null));
        }
    }

    private void Fix(int seconds)
    {
        _targetDuration = seconds;
        output(new TargetDurationFixed(seconds));
    }

    /// <summary>Where the sound changes its configuration, the newer one counts: the other is heard before the run begins.</summary>
    private static Track[] TracksOf(IEnumerable<Sample> samples) =>
        [.. samples.GroupBy(sample => sample.Track.Id).OrderBy(track => track.Key).Select(track => track.Last().Track)];

    private static long Presentation(Sample sample) => sample.Track.Timescale.To(Timescale.Video, sample.PresentationTime);

    /// <summary>RFC 6381 names of a run's tracks, as <see cref="Run.Codecs"/> has them.</summary>
    internal static string CodecsOf(IEnumerable<Track> tracks) => string.Join(',', tracks.Select(CodecOf));

    private static string CodecOf(Track track) => track switch
    {
        VideoTrack video => video.Configuration.Codec,
        AudioTrack audio => audio.Configuration.Codec,
        _ => throw new NotSupportedException($"no codec name for {track.GetType().Name}"),
    };

    private sealed record RunZero(Sample First, long TimelineStart, DriftMeter Drift);
}

/// <summary>Where a packager begins: at 0 in a new recording, behind what is there in one that goes on.</summary>
public sealed record PackagerOrigin(Guid RecordingId, int NextRun, long NextSegment, int? TargetDuration, PreviousRun? Previous)
{
    /// <summary>What each run says of its recording; null: nothing.</summary>
    public RecordingStart? RecordingStart { get; init; }
}

/// <summary>The last run that another process of this server wrote.</summary>
/// <param name="TimelineStart">A place of it, 1/90,000 s.</param>
/// <param name="WallClock">UTC of that place.</param>
/// <param name="End">Of its last segment, 1/90,000 s.</param>
public sealed record PreviousRun(long TimelineStart, DateTimeOffset WallClock, long End)
{
    /// <summary>Where the gap ends that was listed behind it already: its numbers are taken, whatever UTC says now.</summary>
    public long ListedEnd { get; init; }
}
