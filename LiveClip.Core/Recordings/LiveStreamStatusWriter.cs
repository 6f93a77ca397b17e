using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.OnAir;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;

namespace LiveClip.Core.Recordings;

/// <summary>Keeps the catalog's status of each live stream what its broadcast says.</summary>
public sealed class LiveStreamStatusWriter(ChangeFeed changes, BroadcastRegistry broadcasts, CatalogWriter catalog) : IHostedService
{
    private ChangeFeed.Subscription? _subscription;

    /// <summary>What a stream without broadcast is: what the catalog says, less what only a broadcast can be.</summary>
    public static LiveStreamStatus StatusOf(Broadcast? broadcast, LiveStreamStatus stored) => broadcast?.State switch
    {
        BroadcastState.Preparing => LiveStreamStatus.Preparing,
        BroadcastState.Active => LiveStreamStatus.Active,
        BroadcastState.Disconnected => LiveStreamStatus.Disconnected,
        _ => stored == LiveStreamStatus.Disabled ? stored : LiveStreamStatus.Idle,
    };

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = changes.Subscribe<StreamChanged>(change => StoreAsync(change.StreamId));
        // No broadcast of an earlier process is there any more; those that go on say so in a moment.
        await catalog.WriteAsync(
            context => context.LiveStreams
                .Where(stream => stream.Status != LiveStreamStatus.Idle && stream.Status != LiveStreamStatus.Disabled)
                .ExecuteUpdateAsync(stream => stream.SetProperty(s => s.Status, LiveStreamStatus.Idle), cancellationToken),
            cancellationToken);
    }

    /// <summary>A status that is being stored is stored before the server goes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_subscription is not null)
        {
            await _subscription.DisposeAsync();
        }
    }

    private Task StoreAsync(string streamId) => catalog.WriteAsync(
        async context =>
        {
            if (await context.LiveStreams.SingleOrDefaultAsync(stream => stream.Id == streamId) is { } stream)
            {
                stream.Status = StatusOf(broadcasts.Find(streamId), stream.Status);
            }
        },
        CancellationToken.None);
}
