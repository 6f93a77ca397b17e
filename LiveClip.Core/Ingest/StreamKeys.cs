using System.Security.Cryptography;
using LiveClip.Core.Catalog;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Ingest;

/// <summary>Finds the live stream that a stream key opens.</summary>
public sealed class StreamKeys(IDbContextFactory<CatalogDbContext> contexts)
{
    /// <summary>Null for a wrong key, an unknown one and that of a disabled stream alike.</summary>
    public async Task<LiveStream?> FindAsync(string streamKey, CancellationToken cancellationToken)
    {
        // Looked up by its hash: how long that takes says nothing about the key itself.
        var hash = LiveStream.HashKey(streamKey);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var stream = await context.LiveStreams.AsNoTracking()
            .SingleOrDefaultAsync(stream => stream.StreamKeyHash == hash, cancellationToken);
        return stream is { Status: not LiveStreamStatus.Disabled } && CryptographicOperations.FixedTimeEquals(stream.StreamKeyHash, hash)
            ? stream
            : null;
    }
}
