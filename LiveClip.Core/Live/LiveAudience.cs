using System.Collections.Concurrent;
using System.Net;

namespace LiveClip.Core.Live;

/// <summary>
/// Who watches a recording on air and what is sent to them, roughly: it is told of every request for media and must cost none of them
/// anything. A viewer is a hash with a salt that lives as long as the process, and is forgotten after some seconds.
/// </summary>
public sealed class LiveAudience(TimeProvider time)
{
    /// <summary>More than these are not told apart.</summary>
    public const int MostViewers = 20_000;

    /// <summary>Whoever has asked for nothing for so long is gone: players ask a few times a second, or once a segment.</summary>
    public static readonly TimeSpan Presence = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, long> _lastSeen = new();
    private int _known;
    private long _bytes;
    private int _fromMemory;
    private int _fromDisk;

    /// <summary>Somebody asked for the live edge.</summary>
    public void Seen(IPAddress? address, string? userAgent)
    {
        // Both hash with a seed of their own process: what is kept leads back to nobody.
        var viewer = HashCode.Combine(address, userAgent);
        var now = time.GetTimestamp();
        if (_lastSeen.TryGetValue(viewer, out var last))
        {
            if (time.GetElapsedTime(last, now) >= Refresh)
            {
                _lastSeen.TryUpdate(viewer, now, last);
            }
        }
        else if (Volatile.Read(ref _known) < MostViewers && _lastSeen.TryAdd(viewer, now))
        {
            Interlocked.Increment(ref _known);
        }
    }

    /// <summary>Media has been sent: a segment, or a part of one.</summary>
    public void Sent(long bytes, bool fromMemory)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref fromMemory ? ref _fromMemory : ref _fromDisk);
    }

    /// <summary>The viewers of now, and what has been sent since it was asked last. Called by one thread.</summary>
    public AudienceReading Take()
    {
        var now = time.GetTimestamp();
        foreach (var viewer in _lastSeen)
        {
            // Somebody who asks at this moment stays.
            if (time.GetElapsedTime(viewer.Value, now) > Presence && _lastSeen.TryRemove(viewer))
            {
                Interlocked.Decrement(ref _known);
            }
        }

        return new AudienceReading(
            Volatile.Read(ref _known),
            Interlocked.Exchange(ref _bytes, 0),
            Interlocked.Exchange(ref _fromMemory, 0),
            Interlocked.Exchange(ref _fromDisk, 0));
    }
}

/// <summary>A stream's viewers at one moment.</summary>
/// <param name="Viewers">Different addresses and programs that asked for the live edge within <see cref="LiveAudience.Presence"/>.</param>
/// <param name="Bytes">Of media, since the reading before.</param>
/// <param name="FromMemory">Requests for media that memory answered, since the reading before.</param>
/// <param name="FromDisk">Those that it did not.</param>
public readonly record struct AudienceReading(int Viewers, long Bytes, int FromMemory, int FromDisk);
