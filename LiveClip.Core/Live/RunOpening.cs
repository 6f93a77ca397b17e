using LiveClip.Core.Samples;

namespace LiveClip.Core.Live;

/// <summary>
/// Holds the first samples of a run until it is clear which tracks it has: it begins with a sync sample, waits a second of media for
/// sound from there on, and goes without pictures when two seconds of sound have come alone.
/// </summary>
/// <param name="earlier">Sound that came in front of all that will be accepted.</param>
internal sealed class RunOpening(IEnumerable<Sample> earlier)
{
    private const long WaitForSound = 90_000;
    private const long WaitForPicture = 2 * 90_000;

    /// <summary>Time stamps that stand still make no second: what is held is bounded by its bytes and number, too.</summary>
    private const long MostBytes = 16 << 20;
    private const int MostSamples = 1_000;

    private readonly List<Sample> _held = [.. earlier];
    private Sample? _firstPicture;
    private long _bytes;

    public bool IsEmpty => _held.Count == 0;

    /// <summary>The run's samples so far, the first being the one that its time begins with; null while it is not clear.</summary>
    public IReadOnlyList<Sample>? Accept(Sample sample)
    {
        if (sample.Track is VideoTrack && _firstPicture is null)
        {
            if (!sample.IsSync)
            {
                return null;
            }

            _firstPicture = sample;
        }

        _held.Add(sample);
        _bytes += sample.Data.Length;
        return _firstPicture is null ? WithoutPicture() : WithPicture(sample);
    }

    /// <summary>Whether that sample cannot belong to the same run as those that are held.</summary>
    public bool EndsWith(Sample sample) =>
        _held.Count > 0 && (sample.TimestampBreak != _held[^1].TimestampBreak || sample.FollowsHole || TrackChanged(sample));

    /// <summary>No more will come: the run's samples as they are; null when no picture is among them.</summary>
    public IReadOnlyList<Sample>? Flush() => _firstPicture is null ? null : BeginningWithPicture();

    /// <summary>Whether that sound is heard in front of a run's first sample: the run has no place for it.</summary>
    public static bool IsInFront(Sample sound, Sample first) =>
        sound.DecodeTime < first.Track.Timescale.To(sound.Track.Timescale, first.PresentationTime);

    private bool IsFull => _bytes >= MostBytes || _held.Count >= MostSamples;

    /// <summary>Beside a picture, all sound that is held lies in front of it: what comes next decides.</summary>
    private bool TrackChanged(Sample sample) =>
        (sample.Track is VideoTrack || _firstPicture is null)
        && _held.Find(held => held.Track.Id == sample.Track.Id) is { } before && !before.Track.Equals(sample.Track);

    private List<Sample>? WithPicture(Sample sample)
    {
        var waited = sample.Track is VideoTrack ? sample.DecodeTime - _firstPicture!.DecodeTime : 0;
        var isHeard = _held.FindLast(held => held.Track is AudioTrack) is { } sound && !IsInFront(sound, _firstPicture!);
        if (!isHeard && waited < WaitForSound && !IsFull)
        {
            return null;
        }

        return BeginningWithPicture();
    }

    private List<Sample> BeginningWithPicture()
    {
        _held.Remove(_firstPicture!);
        return [_firstPicture!, .. _held];
    }

    private List<Sample>? WithoutPicture()
    {
        var length = _held[^1].Track.Timescale.To(Timescale.Video, _held[^1].DecodeTime - _held[0].DecodeTime);
        return length >= WaitForPicture || IsFull ? _held : null;
    }
}
