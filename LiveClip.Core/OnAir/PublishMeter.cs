using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>Measures one publish by its own time stamps: rates over about two seconds of media, and its pace against arrival.</summary>
internal sealed class PublishMeter(TimeProvider time)
{
    private const long Window = 2 * 90_000;

    private readonly Queue<(long DecodeTime, int Length)> _pictures = new();
    private readonly TrackPace _videoPace = new(time);
    private readonly TrackPace _audioPace = new(time);
    private VideoTrack? _video;
    private bool _hasAudio;
    private long _newestPicture;
    private int _newestLength;
    private long _videoBytes;
    private long _audioBytes;
    private long _audioBytesInWindow;
    private long _windowStart;
    private long? _lastSync;
    private long _gop;
    private int? _break;
    private double _breakStart;
    private double _mediaBeforeBreak;
    private double _media;
    private long _firstArrival;

    public void Measure(Sample sample)
    {
        Follow(sample);
        if (sample.Track is VideoTrack video)
        {
            MeasurePicture(sample, video);
            return;
        }

        _hasAudio = true;
        _audioBytes += sample.Data.Length;
        _audioPace.Add(sample);
    }

    public BroadcastHealth Read()
    {
        var span = _pictures.Count > 1 ? _newestPicture - _pictures.Peek().DecodeTime : 0;
        var seconds = span / 90_000d;
        var sps = _video?.Configuration.Sps;
        return new BroadcastHealth
        {
            Width = sps?.Width ?? 0,
            Height = sps?.Height ?? 0,
            AnnouncedFramesPerSecond = sps?.FrameRate is { } announced ? announced.Numerator / (double)announced.Denominator : null,
            IsInterlaced = sps is { FrameMbsOnly: false },
            HasAudio = _hasAudio,
            FramesPerSecond = span > 0 ? Math.Round((_pictures.Count - 1) / seconds, 2) : 0,
            BitsPerSecond = span > 0 ? Math.Round(((_videoBytes - _newestLength) * 8 / seconds) + (_audioBytesInWindow * 8 / 2d)) : 0,
            GopSeconds = _gop / 90_000d,
            OpenGopSeconds = _lastSync is { } sync ? (_newestPicture - sync) / 90_000d : 0,
            LeadSeconds = _break is null ? null : _media - time.GetElapsedTime(_firstArrival).TotalSeconds,
            SkewSeconds = _audioPace.Newest - _videoPace.Newest,
        };
    }

    /// <summary>How much media has come since the first sample; a jump of the encoder's clock adds nothing.</summary>
    private void Follow(Sample sample)
    {
        var decodeTime = sample.Track.Timescale.ToSeconds(sample.DecodeTime);
        if (_break is null)
        {
            _firstArrival = sample.Arrival;
        }

        if (_break != sample.TimestampBreak)
        {
            (_break, _breakStart, _mediaBeforeBreak) = (sample.TimestampBreak, decodeTime, _media);
            _pictures.Clear();
            (_videoBytes, _lastSync) = (0, null);
            _videoPace.Clear();
            _audioPace.Clear();
        }

        _media = Math.Max(_media, _mediaBeforeBreak + decodeTime - _breakStart);
    }

    private void MeasurePicture(Sample sample, VideoTrack video)
    {
        _video = video;
        _videoPace.Add(sample);
        (_newestPicture, _newestLength) = (sample.DecodeTime, sample.Data.Length);
        _pictures.Enqueue((sample.DecodeTime, sample.Data.Length));
        _videoBytes += sample.Data.Length;
        while (_pictures.Peek().DecodeTime < sample.DecodeTime - Window)
        {
            _videoBytes -= _pictures.Dequeue().Length;
        }

        if (sample.DecodeTime - _windowStart is < 0 or >= Window)
        {
            (_audioBytesInWindow, _audioBytes, _windowStart) = (_audioBytes, 0, sample.DecodeTime);
        }

        if (sample.IsSync)
        {
            _gop = _lastSync is { } last ? sample.DecodeTime - last : 0;
            _lastSync = sample.DecodeTime;
        }
    }
}
