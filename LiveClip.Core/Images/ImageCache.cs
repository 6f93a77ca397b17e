using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Memory;

namespace LiveClip.Core.Images;

/// <summary>
/// Keeps images in memory, and makes them one after the other: whoever looks around in a recording must not take processors from what is on
/// air. Whoever asks for one that is being made gets the same.
/// </summary>
public sealed class ImageCache : IDisposable
{
    private const long MostBytes = 64 << 20;

    /// <summary>Being made or waiting for that.</summary>
    private const int MostWaiting = 64;

    private readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = MostBytes });
    private readonly ConcurrentDictionary<object, Lazy<Task<byte[]?>>> _inFlight = new();
    private readonly SemaphoreSlim _gate = new(1);

    /// <param name="keep">False for what the same key may mean otherwise later.</param>
    /// <exception cref="ImagesBusyException">Too many are waiting.</exception>
    internal async Task<byte[]?> GetOrMakeAsync(object key, bool keep, Func<Task<byte[]?>> make)
    {
        if (_kept.TryGetValue(key, out byte[]? kept))
        {
            return kept;
        }

        if (_inFlight.Count >= MostWaiting && !_inFlight.ContainsKey(key))
        {
            throw new ImagesBusyException();
        }

        return await _inFlight.GetOrAdd(key, _ => new Lazy<Task<byte[]?>>(() => MakeAsync(key, keep, make))).Value;
    }

    public void Dispose()
    {
        _kept.Dispose();
        _gate.Dispose();
    }

    private async Task<byte[]?> MakeAsync(object key, bool keep, Func<Task<byte[]?>> make)
    {
        // At least until the entry stands in the dictionary.
        await Task.Yield();
        await _gate.WaitAsync();
        try
        {
            var made = await make();
            if (made is not null && keep)
            {
                _kept.Set(key, made, new MemoryCacheEntryOptions { Size = made.Length });
            }

            return made;
        }
        finally
        {
            _gate.Release();
            _inFlight.TryRemove(key, out _);
        }
    }
}

/// <summary>More images are asked for than can be made in good time.</summary>
public sealed class ImagesBusyException() : Exception("too many images are being made: ask again in a moment");
