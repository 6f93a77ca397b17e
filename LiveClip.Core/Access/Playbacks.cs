using System.Collections.Concurrent;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Access;

/// <summary>What playback ids open. Kept in memory: each viewer asks several times a second.</summary>
public sealed class Playbacks : IDisposable
{
    private readonly IDbContextFactory<CatalogDbContext> _contexts;
    private readonly ChangeFeed.Subscription _subscription;
    private readonly ConcurrentDictionary<Guid, Playback> _known = new();
    private readonly Lock _gate = new();
    private long _changes;

    public Playbacks(IDbContextFactory<CatalogDbContext> contexts, ChangeFeed changes)
    {
        _contexts = contexts;
        _subscription = changes.Subscribe<StreamChanged>(Forget);
    }

    /// <summary>Null when there is no such playback id.</summary>
    public async Task<Playback?> FindAsync(Guid playbackId, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(playbackId, out var known))
        {
            return known;
        }

        var changes = Interlocked.Read(ref _changes);
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.PlaybackIds.AsNoTracking()
            .Where(playback => playback.Id == playbackId)
            .Join(context.LiveStreams, playback => playback.StreamId, stream => stream.Id, (playback, stream) => new Playback(playback, stream))
            .SingleOrDefaultAsync(cancellationToken);
        lock (_gate)
        {
            // What was read before a change may be as it was.
            if (found is not null && changes == _changes)
            {
                _known[playbackId] = found;
            }
        }

        return found;
    }

    public void Dispose() => _subscription.Dispose();

    private Task Forget(StreamChanged change)
    {
        lock (_gate)
        {
            _changes++;
            foreach (var (playbackId, playback) in _known)
            {
                if (playback.Stream.Id == change.StreamId)
                {
                    _known.TryRemove(playbackId, out _);
                }
            }
        }

        return Task.CompletedTask;
    }
}

/// <summary>A playback id and its stream, as they were read.</summary>
public sealed record Playback(PlaybackId Id, LiveStream Stream);
