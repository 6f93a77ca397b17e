using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>Counts through a broadcast, and measures each of its publishes from the beginning.</summary>
internal sealed class HealthMeter(TimeProvider time)
{
    private readonly Lock _gate = new();
    private PublishMeter _publish = new(time);
    private int _publishes;
    private long _videoBytes;
    private long _audioBytes;
    private long _pictures;

    /// <summary>Another publish: what the one before it sent says nothing of this one.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _publishes++;
            _publish = new PublishMeter(time);
        }
    }

    public void Count(Sample sample)
    {
        lock (_gate)
        {
            if (sample.Track is VideoTrack)
            {
                _videoBytes += sample.Data.Length;
                _pictures++;
            }
            else
            {
                _audioBytes += sample.Data.Length;
            }

            _publish.Measure(sample);
        }
    }

    public BroadcastHealth Read()
    {
        lock (_gate)
        {
            return _publish.Read() with
            {
                Publishes = _publishes,
                VideoBytes = _videoBytes,
                AudioBytes = _audioBytes,
                Pictures = _pictures,
            };
        }
    }
}
