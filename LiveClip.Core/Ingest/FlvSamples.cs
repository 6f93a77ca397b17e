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
    private const long JumpForward = 5_000;
    private const long JumpBack = 1_000;
    private const double AudioTolerance = 0.020;

    private VideoTrack? _video;
    private AudioTrack? _audio;
    private long? _lastVideo;
    private long? _lastAudio;
    private long? _lastOfAny;
    private long _lastDecodeTime = long.MinValue;
    private long? _nextSound;
    private long? _first;
    private long _beforeBreak;

    /// <summary>Another one after every jump of the encoder's clock.</summary>
    public int TimestampBreak { get; private set; } = nextBreak();

    /// <summary>The codec of a message that cannot be used, such as "HEVC"; null while there was none.</summary>
    public string? UnsupportedCodec { get; private set; }

    /// <summary>How much media has come since the first sample, in milliseconds; a jump of the encoder's clock adds nothing.</summary>
    public long MediaTime => _beforeBreak + (_lastOfAny ?? 0) - (_first ?? 0);

    /// <summary>Null when the message holds no sample.</summary>
    /// <exception cref="SampleFormatException">A sequence header is malformed.</exception>
    public Sample? Read(RtmpMessage message) => message.Type switch
    {
        RtmpMessageType.Video => ReadVideo(FlvVideoTag.Parse(message.Payload), message.Timestamp),
        RtmpMessageType.Audio => ReadAudio(FlvAudioTag.Parse(message.Payload), message.Timestamp),
        _ => null,
    };

    private Sample? ReadVideo(FlvVideoTag tag, uint timestamp)
    {
        switch (tag.Kind)
        {
            case FlvVideoKind.SequenceHeader:
                SetVideo(AvcConfiguration.Parse(tag.Data));
                return null;
            case FlvVideoKind.Unsupported:
                UnsupportedCodec = tag.Codec;
                return null;
            case FlvVideoKind.Nalus when _video is not null && tag.Data.Length > 0:
                return Unwrap(timestamp, ref _lastVideo) is { } milliseconds ? Picture(tag, milliseconds) : null;
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
                UnsupportedCodec = tag.Codec;
                return null;
            case FlvAudioKind.Raw when _audio is not null && tag.Data.Length > 0:
                return Unwrap(timestamp, ref _lastAudio) is { } milliseconds ? Sound(tag, milliseconds) : null;
            default:
                return null;
        }
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
            _nextSound = null;
        }
    }

    /// <summary>64-bit milliseconds of the encoder's clock; null when the stamp belongs to neither side of a jump.</summary>
    private long? Unwrap(uint timestamp, ref long? lastOfTrack)
    {
        var reference = lastOfTrack ?? _lastOfAny ?? timestamp;
        var unwrapped = reference + (int)(timestamp - (uint)reference);
        var ahead = unwrapped - reference;
        // A track's first stamp may lie further behind: sound and pictures come interleaved as loosely as the encoder likes.
        if (ahead > JumpForward || ahead < -(lastOfTrack is null ? JumpForward : JumpBack))
        {
            if (lastOfTrack is null)
            {
                // The other track has just jumped, and this stamp is still from before.
                repaired(Repair.ClocksAligned);
                return null;
            }

            BeginAgain();
        }

        lastOfTrack = unwrapped;
        _lastOfAny = Math.Max(_lastOfAny ?? unwrapped, unwrapped);
        _first ??= unwrapped;
        return unwrapped;
    }

    private void BeginAgain()
    {
        TimestampBreak = nextBreak();
        repaired(Repair.ClockJumped);
        _beforeBreak = MediaTime;
        (_lastVideo, _lastAudio, _lastOfAny, _first, _nextSound, _lastDecodeTime) = (null, null, null, null, null, long.MinValue);
    }

    private Sample Picture(FlvVideoTag tag, long milliseconds)
    {
        var stamp = Timescale.Milliseconds.To(Timescale.Video, milliseconds);
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
            CompositionOffset = (int)(stamp + Timescale.Milliseconds.To(Timescale.Video, tag.CompositionTime) - decodeTime),
            IsSync = tag.IsSync,
            Data = tag.Data,
            Arrival = time.GetTimestamp(),
            TimestampBreak = TimestampBreak,
        };
    }

    private Sample? Sound(FlvAudioTag tag, long milliseconds)
    {
        var audio = _audio!;
        var stamp = Timescale.Milliseconds.To(audio.Timescale, milliseconds);
        var off = stamp - (_nextSound ?? stamp);
        if (Math.Abs(off) > AudioTolerance * audio.Timescale.TicksPerSecond)
        {
            repaired(off < 0 ? Repair.SoundDropped : Repair.SoundMoved);
            if (off < 0)
            {
                return null;
            }

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
}
