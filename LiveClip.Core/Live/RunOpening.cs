using LiveClip.Core.Samples;

namespace LiveClip.Core.Live;

/// <summary>
/// Holds the first samples of a publish until it is clear which tracks the run has: it begins with a sync sample, waits a second of
/// media for sound, and goes without pictures when two seconds of sound have come alone.
/// </summary>
internal sealed class RunOpening
{
    private const long WaitForSound = 90_000;
    private const long WaitForPicture = 2 * 90_000;

    private readonly List<Sample> _held = [];
    private Sample? _firstPicture;
    private bool _hasAudio;

    /// <summary>The run's samples so far, the first being the one that its time begins with; null while it is not clear.</summary>
    public IReadOnlyList<Sample>? Accept(Sample sample)
    {
        if (_held.Count > 0 && (sample.TimestampBreak != _held[^1].TimestampBreak || sample.FollowsHole || TrackChanged(sample)))
        {
            _held.Clear();
            (_firstPicture, _hasAudio) = (null, false);
        }

        if (sample.Track is VideoTrack && _firstPicture is null)
        {
            if (!sample.IsSync)
            {
                return null;
            }

            _firstPicture = sample;
        }

        _hasAudio |= sample.Track is AudioTrack;
        _held.Add(sample);
        return _firstPicture is null ? WithoutPicture() : WithPicture(sample);
    }

    private bool TrackChanged(Sample sample) =>
        _held.Find(held => held.Track.Id == sample.Track.Id) is { } earlier && !earlier.Track.Equals(sample.Track);

    private List<Sample>? WithPicture(Sample sample)
    {
        var waited = sample.Track is VideoTrack ? sample.DecodeTime - _firstPicture!.DecodeTime : 0;
        if (!_hasAudio && waited < WaitForSound)
        {
            return null;
        }

        _held.Remove(_firstPicture!);
        return [_firstPicture!, .. _held];
    }

    private List<Sample>? WithoutPicture()
    {
        var length = _held[^1].Track.Timescale.To(Timescale.Video, _held[^1].DecodeTime - _held[0].DecodeTime);
        return length >= WaitForPicture ? _held : null;
    }
}
