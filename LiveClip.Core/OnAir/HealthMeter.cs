using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>Measures a publish by its own time stamps, over a window of about two seconds of media.</summary>
internal sealed class HealthMeter
{
    private const long Window = 2 * 90_000;

    private readonly Lock _gate = new();
    private readonly Queue<(long DecodeTime, int Length)> _pictures = new();
    private int _width;
    private int _height;
    private long _videoBytes;
    private long _audioBytes;
    private long _audioBytesInWindow;
    private long _windowStart;
    private long? _lastSync;
    private long _gop;
    private bool _hasAudio;

    public void Count(Sample sample)
    {
        lock (_gate)
        {
            if (sample.Track is VideoTrack video)
            {
                CountPicture(sample, video);
                return;
            }

            _hasAudio = true;
            _audioBytes += sample.Data.Length;
        }
    }

    public BroadcastHealth Read(long repairs)
    {
        lock (_gate)
        {
            var span = _pictures.Count > 1 ? _pictures.Last().DecodeTime - _pictures.Peek().DecodeTime : 0;
            var seconds = span / 90_000d;
            return new BroadcastHealth(
                _width,
                _height,
                span > 0 ? Math.Round((_pictures.Count - 1) / seconds, 2) : 0,
                span > 0 ? Math.Round(((_videoBytes - _pictures.Last().Length) * 8 / seconds) + (_audioBytesInWindow * 8 / 2d)) : 0,
                _gop / 90_000d,
                _hasAudio,
                repairs);
        }
    }

    private void CountPicture(Sample sample, VideoTrack video)
    {
        (_width, _height) = (video.Configuration.Sps.Width, video.Configuration.Sps.Height);
        if (_pictures.TryPeek(out var oldest) && (sample.DecodeTime < oldest.DecodeTime || sample.DecodeTime > oldest.DecodeTime + (4 * Window)))
        {
            _pictures.Clear();
            (_videoBytes, _lastSync) = (0, null);
        }

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
