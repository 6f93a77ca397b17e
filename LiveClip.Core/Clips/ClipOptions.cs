using System.ComponentModel.DataAnnotations;

namespace LiveClip.Core.Clips;

/// <summary>Section <c>LiveClip:Clips</c>.</summary>
public sealed class ClipOptions
{
    /// <summary>Length cap of clips on streams made by API, in seconds of playing time; longer requests are trimmed and say so.</summary>
    [Range(1, 86_400)]
    public int MaxSeconds { get; init; } = 30;

    /// <summary>How long the recording around a clip is kept at least, so that the clip can be trimmed and extended.</summary>
    [Range(0, 3650)]
    public int TrimDays { get; init; } = 7;

    /// <summary>Asking for an instant playlist makes a clip as well, one for each range.</summary>
    public bool SaveInstantClips { get; init; }

    /// <summary>How many clips may wait to be cut, and as many for their end, before further requests are refused.</summary>
    [Range(1, 10_000)]
    public int MaxQueued { get; init; } = 100;

    /// <summary>How long the files of a deleted clip can be brought back.</summary>
    [Range(0, 3650)]
    public int TrashDays { get; init; } = 7;
}
