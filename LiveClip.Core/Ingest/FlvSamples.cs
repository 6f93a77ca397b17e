using LiveClip.Core.OnAir;
using LiveClip.Core.Rtmp;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Ingest;

/// <summary>
/// Turns the audio and video messages of one publish into samples: RTMP's 32-bit milliseconds are unwrapped to 64 bits, decode times
/// made to rise, and the sound put on the clock of its own samples. What cannot be mended is dropped; both are counted.
/// </summary>
/// <param name="nextBreak">A number that no publish has used yet, for this one and for each jump of its clock.</param>
/// <param name="repaired">Called for each mended or dropped sample.</param>
public sealed class FlvSamples(Func<int> nextBreak, TimeProvider time, Action<Repair> repaired)
{
    private const double AudioTolerance = 0.020;

    /// <summary>
    /// Encoders stamp several sounds alike, up to this many before the next stamp is right again; more in a row is too much sound.
    /// </summary>
    private const int SoundsAhead = 10;

    /// <summary>No encoder reorders pictures over more seconds than this, in milliseconds.</summary>
    private const int LongestComposition = 10_000;

    private readonly StampClock _pictureClock = new();
    private readonly StampClock _soundClock = new();
    private VideoTrack? _video;
    private AudioTrack? _audio;
    private long? _first;
    private long _newest;
    private bool _hasJumped;
    private long _lastDecodeTime = long.MinValue;
    private int _lastComposition;
    private long? _nextSound;
    private int _ahead;

    /// <summary>Another one at the first sync sample after a jump of the encoder's clock.</summary>
    public int TimestampBreak { get; private set; } = nextBreak();

    /// <summary>The codec of a message that cannot be used, such as "HEVC"; null while there was none.</summary>
    public string? UnsupportedCodec { get; private set; }

    /// <summary>What was wrong with the newest message that was dropped as malformed; null while there was none.</summary>
    public string? Malformed { get; private set; }

    /// <summary>How much media has come since the first sample, in milliseconds; a jump of the encoder's clock adds nothing.</summary>
    public long MediaTime => _newest - (_first ?? 0);

    private bool HasPictures => _pictureClock.Last is { } last && (_soundClock.Last ?? last) - last <= StampClock.JumpForward;

    /// <summary>Null when the message holds no sample.</summary>
    public Sample? Read(RtmpMessage message)
    {
        try
        {
            return message.Type switch
            {
                RtmpMessageType.Video => ReadVideo(FlvVideoTag.Parse(message.Payload), message.Timestamp),
                RtmpMessageType.Audio => ReadAudio(FlvAudioTag.Parse(message.Payload), message.Timestamp),
                _ => null,
            };
        }
        catch (SampleFormatException error)
        {
            // One broken message is one message lost: the encoder goes on, and so does the recording.
            return Drop(error.Message);
        }
    }

    private Sample? ReadVideo(FlvVideoTag tag, uint timestamp)
    {
        switch (tag.Kind)
        {
            case FlvVideoKind.SequenceHeader:
                SetVideo(AvcConfiguration.Parse(tag.Data));
                return null;
            case FlvVideoKind.Unsupported:
                return Refuse(tag.Codec);
            case FlvVideoKind.Malformed:
                return Drop("a video message is cut short");
            case FlvVideoKind.Nalus when _video is not null:
                return Picture(tag, AccessUnit.Parse(tag.Data, _video.Configuration.LengthSize), timestamp);
            default:
                return null;
        }
    }

    private Sample? ReadAudio(FlvAudioTag tag, uint timestamp)
    {
        switch (tag.Kind)
        {
            case FlvAudioKind.SequenceHeader:
                SetAudio(AudioSpecificConfig.Parse(tag.Data));
                return null;
            case FlvAudioKind.Unsupported:
                return Refuse(tag.Codec);
            case FlvAudioKind.Malformed:
                return Drop("an audio message is cut short");
            case FlvAudioKind.Raw when _audio is not null:
                return Sound(tag, timestamp);
            default:
                return null;
        }
    }

    private Sample? Refuse(string codec)
    {
        UnsupportedCodec = codec;
        repaired(Repair.UnsupportedDropped);
        return null;
    }

    private Sample? Drop(string why)
    {
        Malformed = why;
        repaired(Repair.MalformedDropped);
        return null;
    }

    // Encoders repeat their headers at every keyframe or reconnect; only a changed one makes another track, and so another run.
    private void SetVideo(AvcConfiguration configuration)
    {
        if (_video is null || !_video.Configuration.Equals(configuration))
        {
            _video = new VideoTrack(configuration);
        }
    }

    private void SetAudio(AudioSpecificConfig configuration)
    {
        if (_audio is null || !_audio.Configuration.Equals(configuration))
        {
            _audio = new AudioTrack(configuration);
            (_nextSound, _ahead) = (null, 0);
        }
    }

    private Sample Picture(FlvVideoTag tag, AccessUnit picture, uint timestamp)
    {
        if (picture.WasMended)
        {
            repaired(Repair.EmptyUnitsRemoved);
        }

        var isSync = tag.IsSync || picture.IsIdr;
        Place(timestamp, _pictureClock, _soundClock, leads: true, isSync);
        var stamp = Timescale.Milliseconds.To(Timescale.Video, _pictureClock.Last!.Value);
        var decodeTime = stamp;
        if (decodeTime <= _lastDecodeTime)
        {
            repaired(Repair.DecodeTimeRaised);
            decodeTime = _lastDecodeTime + 1;
        }

        _lastDecodeTime = decodeTime;
        return new Sample
        {
            Track = _video!,
            DecodeTime = decodeTime,
            // A mended decode time leaves the picture where it was on screen.
            CompositionOffset = (int)(stamp + Timescale.Milliseconds.To(Timescale.Video, Composition(tag)) - decodeTime),
            IsSync = isSync,
            Data = picture.Data,
            Arrival = time.GetTimestamp(),
            TimestampBreak = TimestampBreak,
        };
    }

    private int Composition(FlvVideoTag tag)
    {
        if (Math.Abs(tag.CompositionTime) <= LongestComposition)
        {
            _lastComposition = tag.CompositionTime;
        }
        else
        {
            repaired(Repair.CompositionTimeReplaced);
        }

        return _lastComposition;
    }

    private Sample? Sound(FlvAudioTag tag, uint timestamp)
    {
        Place(timestamp, _soundClock, _pictureClock, leads: !HasPictures, isSync: true);
        var audio = _audio!;
        var stamp = Timescale.Milliseconds.To(audio.Timescale, _soundClock.Last!.Value);
        var off = (stamp - (_nextSound ?? stamp)) / (double)audio.Timescale.TicksPerSecond;
        _ahead = off < -AudioTolerance ? _ahead + 1 : 0;
        if (_ahead > SoundsAhead)
        {
            repaired(Repair.SoundDropped);
            return null;
        }

        if (off > AudioTolerance)
        {
            repaired(Repair.SoundMoved);
            _nextSound = stamp;
        }

        var decodeTime = _nextSound ?? stamp;
        _nextSound = decodeTime + audio.Configuration.FrameLength;
        return new Sample
        {
            Track = audio,
            DecodeTime = decodeTime,
            Duration = audio.Configuration.FrameLength,
            IsSync = true,
            Data = tag.Data,
            Arrival = time.GetTimestamp(),
            TimestampBreak = TimestampBreak,
        };
    }

    /// <summary>
    /// A jump of the track that leads ends the run, at the next sync sample: until then all goes on as if there had been none, so that no
    /// sample is lost. The other track only follows.
    /// </summary>
    private void Place(uint timestamp, StampClock clock, StampClock other, bool leads, bool isSync)
    {
        switch (clock.Place(timestamp, other))
        {
            case Placing.Jumped or Placing.JumpedAlone when leads:
                repaired(Repair.ClockJumped);
                _hasJumped = true;
                break;
            case Placing.JumpedAlone or Placing.Moved:
                repaired(Repair.ClocksAligned);
                break;
            case Placing.Returned:
                _hasJumped = false;
                break;
        }

        if (_hasJumped && leads && isSync)
        {
            _hasJumped = false;
            TimestampBreak = nextBreak();
            _lastDecodeTime = long.MinValue;
        }

        _newest = Math.Max(_newest, clock.Last!.Value);
        _first ??= clock.Last;
    }
}
