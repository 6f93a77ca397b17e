using LiveClip.Core.Catalog;

namespace LiveClip.Core.Clips;

/// <summary>What somebody asks for. Without a recording it means the one on air, else the newest.</summary>
/// <param name="CreatedBy">A user's name or an API token's id.</param>
public sealed record ClipRequest(
    string StreamId,
    ClipRange Range,
    string CreatedBy,
    Guid? RecordingId = null,
    Guid? ClientId = null,
    string? Title = null,
    IReadOnlyList<string>? Tags = null,
    OnGap OnGap = OnGap.Splice);

/// <summary>What is to be another about a clip; null where it stays as it is.</summary>
/// <param name="Start">Seconds on the recording's timeline.</param>
/// <param name="End">The same.</param>
/// <param name="Title">Empty: none from now on.</param>
public sealed record ClipPatch(double? Start, double? End, string? Title, IReadOnlyList<string>? Tags);

/// <summary>The clip, or why there is none.</summary>
/// <param name="IsRepeat">The client id was known: this is the clip that the first request made.</param>
public sealed record ClipAnswer(Clip? Clip, ClipRefusal? Refusal, bool IsRepeat = false)
{
    public static implicit operator ClipAnswer(ClipRefusal refusal) => new(null, refusal);
}

/// <summary>Why a request makes no clip.</summary>
/// <param name="Reason">What kind of no.</param>
/// <param name="Field">The field of the request that is at fault: "start", "last", "in" …</param>
/// <param name="Message">In words that a person can act on.</param>
public sealed record ClipRefusal(ClipRefusalReason Reason, string Field, string Message);

public enum ClipRefusalReason
{
    /// <summary>There is no such stream or recording.</summary>
    NotFound,

    /// <summary>A number makes no sense or lies outside the recording.</summary>
    Invalid,

    /// <summary>Too many clips are waiting.</summary>
    Busy,

    /// <summary>The disk has no room for it.</summary>
    NoSpace,
}
