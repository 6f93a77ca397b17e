using LiveClip.Core.OnAir;

namespace LiveClip.Core.Health;

/// <summary>Takes the readings of one stream: what its broadcast has counted since the one before, by the second.</summary>
internal sealed class ReadingTaker(TimeProvider time)
{
    private Broadcast? _broadcast;
    private BroadcastHealth _before = new();
    private long[] _repairsBefore = [];
    private long _droppedBefore;
    private int _reconnectsBefore;
    private long _readAt;
    private int _publish;

    public HealthReading Take(Broadcast broadcast)
    {
        var health = broadcast.Health;
        Follow(broadcast, health);
        var seconds = time.GetElapsedTime(_readAt).TotalSeconds;
        seconds = seconds > 0 ? seconds : 1;
        var (repairs, dropped) = (RepairsOf(broadcast), broadcast.Dropped);
        var reconnects = broadcast.Reconnects + broadcast.Takeovers;
        var isConnected = broadcast.Publication is not null;
        var reading = new HealthReading
        {
            Time = time.GetUtcNow(),
            Publish = _publish,
            IsConnected = isConnected,
            VideoBitsPerSecond = (float)((health.VideoBytes - _before.VideoBytes) * 8 / seconds),
            AudioBitsPerSecond = (float)((health.AudioBytes - _before.AudioBytes) * 8 / seconds),
            PicturesPerSecond = (float)((health.Pictures - _before.Pictures) / seconds),
            Width = (ushort)health.Width,
            Height = (ushort)health.Height,
            HasAudio = health.HasAudio,
            IsInterlaced = health.IsInterlaced,
            FramesPerSecond = (float)health.FramesPerSecond,
            AnnouncedFramesPerSecond = (float?)health.AnnouncedFramesPerSecond,
            GopSeconds = (float)health.GopSeconds,
            OpenGopSeconds = (float)health.OpenGopSeconds,
            LeadSeconds = isConnected ? (float?)health.LeadSeconds : null,
            SkewSeconds = isConnected ? (float?)health.SkewSeconds : null,
            DiskDelaySeconds = (float)broadcast.Disk.Take().TotalSeconds,
            Dropped = (int)(dropped - _droppedBefore),
            Reconnects = reconnects - _reconnectsBefore,
            RepairsByKind = Difference(repairs, _repairsBefore),
        };
        (_before, _repairsBefore, _droppedBefore, _reconnectsBefore) = (health, repairs, dropped, reconnects);
        _readAt = time.GetTimestamp();
        return reading;
    }

    private void Follow(Broadcast broadcast, BroadcastHealth health)
    {
        if (_broadcast != broadcast)
        {
            (_broadcast, _before, _repairsBefore) = (broadcast, new BroadcastHealth(), RepairsOf(null));
            (_droppedBefore, _reconnectsBefore) = (0, 0);
            _readAt = time.GetTimestamp() - time.TimestampFrequency;
            _publish++;
        }
        else if (health.Publishes != _before.Publishes)
        {
            _publish++;
        }
    }

    private static long[] RepairsOf(Broadcast? broadcast) => [.. Enum.GetValues<Repair>().Select(kind => broadcast?.Repairs[kind] ?? 0)];

    private static int[]? Difference(long[] now, long[] before) =>
        now.SequenceEqual(before) ? null : [.. now.Zip(before, (a, b) => (int)(a - b))];
}
