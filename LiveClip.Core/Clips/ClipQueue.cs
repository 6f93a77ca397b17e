using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Clips;

/// <summary>Takes requests for clips, keeps their status in the catalog and hands them to the worker.</summary>
public sealed class ClipQueue(
    IDbContextFactory<CatalogDbContext> contexts, CatalogWriter catalog, ChangeFeed changes, TimeProvider time)
{
    /// <summary>Makes the clip, or says why not. The answer comes before any media is touched.</summary>
    public Task<ClipAnswer> CreateAsync(ClipRequest request, CancellationToken cancellationToken) =>
        throw new NotImplementedException(contexts.ToString() + request + cancellationToken);

    /// <summary>False when there is no such clip (or it is deleted).</summary>
    public Task<bool> RenameAsync(Guid clipId, string? title, CancellationToken cancellationToken) =>
        ChangeAsync(clipId, clip => clip.DeletedAt is null, clip => clip.Title = title, cancellationToken);

    /// <summary>The link is dead at once; the files go after <see cref="ClipOptions.TrashDays"/>.</summary>
    public Task<bool> DeleteAsync(Guid clipId, CancellationToken cancellationToken) =>
        ChangeAsync(clipId, clip => clip.DeletedAt is null, clip => clip.DeletedAt = time.GetUtcNow(), cancellationToken);

    /// <summary>Brings a deleted clip back under the same link while its files are there.</summary>
    public Task<bool> RestoreAsync(Guid clipId, CancellationToken cancellationToken) =>
        ChangeAsync(clipId, clip => clip.DeletedAt is not null, clip => clip.DeletedAt = null, cancellationToken);

    private async Task<bool> ChangeAsync(Guid clipId, Func<Clip, bool> applies, Action<Clip> change, CancellationToken cancellationToken)
    {
        var changed = await catalog.WriteAsync(
            async context =>
            {
                var clip = await context.Clips.SingleOrDefaultAsync(clip => clip.Id == clipId, cancellationToken);
                if (clip is null || !applies(clip))
                {
                    return null;
                }

                change(clip);
                return clip;
            },
            cancellationToken);
        if (changed is not null)
        {
            changes.Publish(new ClipChanged(changed.StreamId, clipId));
        }

        return changed is not null;
    }
}
