using System.Collections.Concurrent;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;

namespace LiveClip.Core.Health;

/// <summary>The health of all streams that are on air, or were within the hour.</summary>
public sealed class StreamHealths(BroadcastRegistry broadcasts, LiveWindows windows, LiveWaiting waiting, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(HealthHistory.Capacity);

    private readonly ConcurrentDictionary<string, StreamHealth> _streams = new();

    /// <summary>Those whose settings are to be asked for.</summary>
    internal IReadOnlyList<string> Unknown => [.. _streams.Where(stream => stream.Value.MaxLines is null).Select(stream => stream.Key)];

    /// <param name="seconds">How far back readings are wanted.</param>
    public HealthReport Report(string streamId, int seconds) => _streams.GetValueOrDefault(streamId)?.Report(seconds) ?? HealthReport.None;

    /// <summary>A second is over: a reading of every broadcast. Called by one thread.</summary>
    /// <returns>The minutes that have ended with it.</returns>
    public IReadOnlyList<HealthMinute> Read()
    {
        var onAir = broadcasts.All();
        var ended = onAir.Select(Read).ToList();
        var oldest = time.GetUtcNow() - Kept;
        foreach (var (streamId, health) in _streams.Where(stream => onAir.All(broadcast => broadcast.StreamId != stream.Key)))
        {
            ended.Add(health.End());
            if (health.IsOlderThan(oldest))
            {
                _streams.TryRemove(streamId, out _);
            }
        }

        return [.. ended.OfType<HealthMinute>()];
    }

    private HealthMinute? Read(Broadcast broadcast)
    {
        var window = windows.FindByStream(broadcast.StreamId);
        var requests = window is null ? 0 : waiting.CountOf(window.Recording.Id);
        return _streams
            .GetOrAdd(broadcast.StreamId, static (id, time) => new StreamHealth(id, time), time)
            .Read(broadcast, window?.Recording.Id, window?.Audience.Take() ?? default, requests);
    }

    /// <summary>The server goes: the minutes that have begun.</summary>
    internal IReadOnlyList<HealthMinute> End() => [.. _streams.Values.Select(health => health.End()).OfType<HealthMinute>()];

    internal void Know(string streamId, int maxLines)
    {
        if (_streams.TryGetValue(streamId, out var health))
        {
            health.MaxLines = maxLines;
        }
    }
}
