using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Live;

/// <summary>
/// Turns a broadcast's samples into runs, fragments and segments, and owns their numbers. A new run begins with a new publish, a jump
/// of the encoder's clock, a hole, or another set of tracks or codec configurations.
/// </summary>
public sealed class Packager(PackagerOrigin origin, TimeProvider time, Action<PackagerOutput> output)
{
    /// <summary>Sound waits for the pictures that it is stored with; this far ahead of them, they are not coming.</summary>
    private const long LongestWithoutPicture = 10 * 90_000;

    private RunOpening _opening = new();
    private RunPackager? _run;
    private Track[] _tracks = [];
    private RunZero? _zero;
    private int _nextRun = origin.NextRun;
    private long _nextSegment = origin.NextSegment;
    private int? _targetDuration = origin.TargetDuration;
    private long? _firstSync;
    private bool _soundChanged;

    /// <summary>Where the recording ends so far on its timeline, 1/90,000 s.</summary>
    public long End { get; private set; } = origin.Previous?.End ?? 0;

    public void Accept(Sample sample)
    {
        if (_run is not null && !EndsRun(sample))
        {
            if (!BelongsToRun(sample))
            {
                return;
            }

            FixTargetDuration(sample);
            _run.Accept(sample, _targetDuration);
            End = Math.Max(End, _run.End);
            return;
        }

        if (_run is not null || _opening.EndsWith(sample))
        {
            CloseRun(next: sample);
        }

        if (_opening.Accept(sample) is { } samples)
        {
            Open(samples);
        }
    }

    /// <summary>Ends the open run: nothing that was received is held back.</summary>
    public void CloseRun() => CloseRun(next: null);

    private void CloseRun(Sample? next)
    {
        if (_run is null && _opening.Flush() is { } samples)
        {
            Open(samples);
        }

        if (_run is null)
        {
            _opening = new RunOpening();
            return;
        }

        FixTargetDuration();
        _run.Close(_targetDuration, next is not null && Continues(next) ? next : null);
        End = Math.Max(End, _run.End);
        _run = null;
    }

    /// <summary>Whether the run's last picture lasts until that one.</summary>
    private bool Continues(Sample next) =>
        next.TimestampBreak == _zero!.First.TimestampBreak && next.Track.Id == _tracks[0].Id && !next.FollowsHole;

    /// <summary>
    /// Another clock ends the run at once, and so does sound whose pictures have stopped: it goes on alone. Other tracks end it where the
    /// next one can begin, at a sync sample: until then the pictures go on, and sound that the run knows nothing of is left out.
    /// </summary>
    private bool EndsRun(Sample sample)
    {
        if (sample.TimestampBreak != _zero!.First.TimestampBreak)
        {
            return true;
        }

        var leads = sample.Track.Id == _tracks[0].Id;
        if (!leads && sample.Track is AudioTrack)
        {
            _soundChanged |= !BelongsToRun(sample);
            return OnTimeline(sample) > _run!.End + LongestWithoutPicture;
        }

        return sample.IsSync && (!BelongsToRun(sample) || sample.FollowsHole || (leads && _soundChanged));
    }

    /// <summary>The place of a sample of the open run, or of one that goes on from it.</summary>
    private long OnTimeline(Sample sample) => _zero!.TimelineStart + Presentation(sample) - Presentation(_zero.First);

    private bool BelongsToRun(Sample sample) => Array.Exists(_tracks, track => track.Equals(sample.Track));

    private void Open(IReadOnlyList<Sample> samples)
    {
        _opening = new RunOpening();
        var first = samples[0];
        _tracks = [.. samples.Select(sample => sample.Track).DistinctBy(track => track.Id).OrderBy(track => track.Id)];
        var arrived = time.GetUtcNow() - time.GetElapsedTime(first.Arrival);
        var start = StartOf(first, arrived);
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
        _zero = new RunZero(first, start);
        _soundChanged = false;
        _run = new RunPackager(run, first, output, () => _nextSegment++);
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
    private long StartOf(Sample first, DateTimeOffset arrived)
    {
        if (_zero is { } zero)
        {
            return Math.Max(End, zero.First.TimestampBreak == first.TimestampBreak
                ? OnTimeline(first)
                : zero.TimelineStart + Timescale.Video.FromTimeSpan(time.GetElapsedTime(zero.First.Arrival, first.Arrival)));
        }

        return origin.Previous is { } previous
            ? Math.Max(previous.End, previous.TimelineStart + Timescale.Video.FromTimeSpan(arrived - previous.WallClock))
            : 0;
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

    private static long Presentation(Sample sample) => sample.Track.Timescale.To(Timescale.Video, sample.PresentationTime);

    /// <summary>RFC 6381 names of a run's tracks, as <see cref="Run.Codecs"/> has them.</summary>
    internal static string CodecsOf(IEnumerable<Track> tracks) => string.Join(',', tracks.Select(CodecOf));

    private static string CodecOf(Track track) => track switch
    {
        VideoTrack video => video.Configuration.Codec,
        AudioTrack audio => audio.Configuration.Codec,
        _ => throw new NotSupportedException($"no codec name for {track.GetType().Name}"),
    };

    private sealed record RunZero(Sample First, long TimelineStart);
}

/// <summary>Where a packager begins: at 0 in a new recording, behind what is there in one that goes on.</summary>
public sealed record PackagerOrigin(Guid RecordingId, int NextRun, long NextSegment, int? TargetDuration, PreviousRun? Previous)
{
    /// <summary>What each run says of its recording; null: nothing.</summary>
    public RecordingStart? RecordingStart { get; init; }
}

/// <summary>The last run that another process of this server wrote.</summary>
/// <param name="TimelineStart">1/90,000 s.</param>
/// <param name="WallClock">UTC of its time 0.</param>
/// <param name="End">1/90,000 s.</param>
public sealed record PreviousRun(long TimelineStart, DateTimeOffset WallClock, long End);
