using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Demo;

/// <summary>The live stream that a newcomer finds on air: made once, known by its name.</summary>
public sealed class DemoStream(IDbContextFactory<CatalogDbContext> contexts, LiveStreamRegister register)
{
    public const string Name = "Demo";

    /// <summary>Its stream key.</summary>
    public async Task<string> FindOrCreateAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var stream = await context.LiveStreams.AsNoTracking()
            .Where(stream => stream.Name == Name).OrderBy(stream => stream.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        stream ??= await register.CreateAsync(
            new LiveStreamSettings
            {
                Name = Name,
                MaxClipSeconds = LiveStreamSettings.DashboardMaxClip,
                EnableDvrMode = true,
                // It runs for as long as the server does: only its last minutes are kept, or it would fill the disk.
                EnableRecording = false,
            },
            cancellationToken);
        return register.RevealKey(stream);
    }
}
