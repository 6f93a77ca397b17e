using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;

namespace LiveClip.Web.Hubs;

// The hub's wire shapes; Hubs/LiveConnection.ts has the same in TypeScript. Times that are numbers are ticks of 1/90,000 s on the
// recording's timeline, unless their name says seconds.

/// <summary>All that a studio needs to begin with.</summary>
/// <param name="Sequence">Number of the last event that is contained; the next one that comes has the next number.</param>
/// <param name="Now">The server's clock, by which a browser tells how far a picture is behind real time.</param>
public sealed record LiveSnapshot(long Sequence, DateTimeOffset Now, StreamState Stream, IReadOnlyList<ClipState> Clips);

/// <summary>A live stream and the recording that the studio plays: the one on air, else the newest.</summary>
/// <param name="ReconnectWindow">How long the encoder may be away, in seconds; after its goodbye that is less than after a loss.</param>
public sealed record StreamState(
    string StreamId,
    string? Name,
    string Status,
    int MaxClipSeconds,
    double ReconnectWindow,
    DateTimeOffset? DisconnectedAt,
    RecordingState? Recording,
    IReadOnlyList<RunState> Runs);

/// <param name="NewestPicture">End of the newest picture that is recorded; null before the first segment.</param>
public sealed record RecordingState(Guid RecordingId, DateTimeOffset StartedAt, bool Ended, long? NewestPicture);

/// <param name="Anchors">Places from which on another UTC belongs to the timeline, because the encoder's clock drifts.</param>
public sealed record RunState(
    int Number, long TimelineStart, DateTimeOffset WallClock, int Width, int Height, IReadOnlyList<WallClockAnchor> Anchors);

/// <param name="Status">As in the API: queued, waiting, cutting, ready, failed; or deleted.</param>
public sealed record ClipState(
    Guid ClipId,
    Guid? ClientId,
    Guid RecordingId,
    string Slug,
    string? Title,
    string Status,
    long Start,
    long End,
    long RequestedStart,
    long RequestedEnd,
    long? DeliveredStart,
    long? DeliveredEnd,
    long? Duration,
    bool Trimmed,
    string? Error,
    DateTimeOffset CreatedAt)
{
    public static ClipState From(Clip clip) => new(
        clip.Id,
        clip.ClientId,
        clip.RecordingId,
        clip.Slug,
        clip.Title,
        clip.DeletedAt is null ? LiveState.NameOf(clip.Status) : "deleted",
        clip.Start,
        clip.End,
        clip.RequestedStart,
        clip.RequestedEnd,
        clip.DeliveredStart,
        clip.DeliveredEnd,
        clip.Duration,
        clip.Trimmed,
        clip.Error,
        clip.CreatedAt);
}

/// <summary>A clip that a producer asks for: from picture to picture, or the last so many seconds.</summary>
/// <param name="ClientId">Made by the browser; a repeat with the same one answers with the same clip.</param>
/// <param name="In">The first picture, as it was shown.</param>
/// <param name="Out">The last picture, as it was shown; it is in the clip.</param>
/// <param name="Last">Seconds.</param>
public sealed record CreateClipRequest(
    Guid ClientId, string? StreamId, Guid? RecordingId = null, ShownPicture? In = null, ShownPicture? Out = null, double? Last = null);

/// <summary>The clip, or why there is none.</summary>
public sealed record CreateClipAnswer(ClipState? Clip, ClipError? Error);

/// <param name="Reason">notFound, invalid, busy or noSpace.</param>
public sealed record ClipError(string Field, string Message, string Reason);
