using LiveClip.Core.Changes;
using Microsoft.AspNetCore.SignalR;

namespace LiveClip.Web.Hubs;

/// <summary>Carries changes to the studios that joined the stream: the feed says that something changed, this reads what it is now.</summary>
public sealed class LiveHubBroadcaster(
    ChangeFeed changes, LiveState state, Studios listening, IHubContext<LiveHub, ILiveClient> hub) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One subscription for all kinds, so that events leave in the order of their numbers.
        await using var subscription = changes.Subscribe<Change>(change => SendAsync(change, stoppingToken));
        await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SendAsync(Change change, CancellationToken cancellationToken)
    {
        var sequence = state.NextSequence(change.StreamId);
        if (!listening.ListenTo(change.StreamId))
        {
            return;
        }

        var studios = hub.Clients.Group(change.StreamId);
        if (change is ClipChanged { ClipId: var clipId })
        {
            if (await state.ReadClipAsync(clipId, cancellationToken) is { } clip)
            {
                await studios.ClipUpdated(sequence, clip);
            }
        }
        else if (await state.ReadStreamAsync(change.StreamId, cancellationToken) is { } stream)
        {
            await studios.StreamUpdated(sequence, stream);
        }
    }
}
