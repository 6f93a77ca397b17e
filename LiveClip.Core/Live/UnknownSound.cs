using LiveClip.Core.Samples;

namespace LiveClip.Core.Live;

/// <summary>
/// Sound that the open run's init segment does not describe: it asks for another run, and where it has come before that run's first
/// picture, it waits for it.
/// </summary>
internal sealed class UnknownSound
{
    private readonly List<Sample> _waiting = [];

    /// <summary>Since the run began.</summary>
    public bool HasCome { get; private set; }

    public long Bytes { get; private set; }

    public void Add(Sample sound)
    {
        if (_waiting is [var first, ..] && !first.Track.Equals(sound.Track))
        {
            Clear();
        }

        HasCome = true;
        _waiting.Add(sound);
        Bytes += sound.Data.Length;
    }

    /// <summary>Pictures have come up to there: no run that begins with a later one has a place for what is heard before.</summary>
    /// <param name="time">In ticks of 90 kHz.</param>
    public void DropBefore(long time)
    {
        var heard = _waiting.FindIndex(sound => sound.Track.Timescale.To(Timescale.Video, sound.DecodeTime) >= time);
        var dropped = heard < 0 ? _waiting.Count : heard;
        Bytes -= _waiting.Take(dropped).Sum(sound => (long)sound.Data.Length);
        _waiting.RemoveRange(0, dropped);
    }

    /// <summary>What may belong to the run that begins with that sample.</summary>
    public IReadOnlyList<Sample> TakeFor(Sample next)
    {
        var belongs = _waiting is [var first, ..] && first.TimestampBreak == next.TimestampBreak && !next.FollowsHole
            && (next.Track is VideoTrack || next.Track.Equals(first.Track));
        IReadOnlyList<Sample> taken = belongs ? [.. _waiting] : [];
        _waiting.Clear();
        Bytes = 0;
        return taken;
    }

    public void Clear()
    {
        _waiting.Clear();
        (HasCome, Bytes) = (false, 0);
    }
}
