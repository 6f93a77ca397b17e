using System.ComponentModel.DataAnnotations;

namespace LiveClip.Core.Clips;

/// <summary>Section <c>LiveClip:Clips</c>.</summary>
public sealed class ClipOptions
{
    /// <summary>Length cap of clips on streams made by API, in seconds of playing time; longer requests are trimmed and say so.</summary>
    [Range(1, 86_400)]
    public int MaxSeconds { get; init; } = 30;

    /// <summary>How many clips may wait to be cut before further requests are refused.</summary>
    [Range(1, 10_000)]
    public int MaxQueued { get; init; } = 100;

    /// <summary>How long the files of a deleted clip can be brought back.</summary>
    [Range(0, 3650)]
    public int TrashDays { get; init; } = 7;
}
