using System.ComponentModel.DataAnnotations;

namespace LiveClip.Core.Live;

/// <summary>Section <c>LiveClip:Live</c>.</summary>
public sealed class LiveOptions
{
    /// <summary>How many requests may wait for the live edge of one stream; the next ones are told to come back.</summary>
    [Range(1, 100_000)]
    public int MaxWaiting { get; init; } = 500;
}
