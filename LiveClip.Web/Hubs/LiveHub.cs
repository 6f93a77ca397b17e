using LiveClip.Core.Access;
using LiveClip.Core.Clips;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace LiveClip.Web.Hubs;

/// <summary>The studio's own line to the server, beside the Blazor circuit, so that no moment is lost when a circuit is.</summary>
[Authorize(Policy = Policies.Watch)]
public sealed class LiveHub(LiveState state, Studios studios, ClipQueue clips) : Hub<ILiveClient>
{
    public const string Route = "/hubs/live";

    /// <summary>From now on the connection hears of the stream. A gap in the numbers of its events means: join again.</summary>
    public async Task<LiveSnapshot> Join(string streamId)
    {
        studios.Join(streamId, Context.ConnectionId);
        await Groups.AddToGroupAsync(Context.ConnectionId, streamId, Context.ConnectionAborted);
        return await state.ReadSnapshotAsync(streamId, Context.ConnectionAborted) ?? throw new HubException("There is no such stream.");
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        studios.Leave(Context.ConnectionId);
        return base.OnDisconnectedAsync(exception);
    }

    /// <summary>Answers at once; what becomes of the clip comes as events.</summary>
    [Authorize(Policy = Policies.Clip)]
    public async Task<CreateClipAnswer> CreateClip(CreateClipRequest request)
    {
        if (request.ClientId == Guid.Empty)
        {
            return Invalid("clientId", "A clip needs a client id, so that a repeat makes nothing twice.");
        }

        ClipRange? range = request switch
        {
            { In: { } first, Out: { } last, Last: null } => new PictureRange(first, last),
            { In: null, Out: null, Last: { } seconds } => new LastRange(seconds),
            _ => null,
        };
        if (range is null)
        {
            return Invalid("in", "Give either in and out or last.");
        }

        // Not the connection's token: a clip asked for just before the connection is lost is still to be made.
        var answer = await clips.CreateAsync(
            new ClipRequest(request.StreamId ?? "", range, Context.User!.Identity!.Name!, request.RecordingId, request.ClientId),
            CancellationToken.None);
        return answer switch
        {
            { Clip: { } clip } => new CreateClipAnswer(ClipState.From(clip), null),
            { Refusal: { } refusal } => new CreateClipAnswer(
                null, new ClipError(refusal.Field, refusal.Message, LiveState.NameOf(refusal.Reason))),
            _ => throw new InvalidOperationException("The clip queue answered with neither a clip nor a refusal."),
        };
    }

    private static CreateClipAnswer Invalid(string field, string message) =>
        new(null, new ClipError(field, message, LiveState.NameOf(ClipRefusalReason.Invalid)));
}

/// <summary>What a studio hears. Events of one stream are numbered without gaps.</summary>
public interface ILiveClient
{
    Task ClipUpdated(long sequence, ClipState clip);

    Task StreamUpdated(long sequence, StreamState stream);
}
