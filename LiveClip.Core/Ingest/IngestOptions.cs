using System.ComponentModel.DataAnnotations;

namespace LiveClip.Core.Ingest;

/// <summary>Section <c>LiveClip:Ingest</c>.</summary>
public sealed class IngestOptions
{
    /// <summary>An IP address, "localhost", or "*" for all.</summary>
    [Required]
    public string Address { get; init; } = "localhost";

    /// <summary>0 = chosen by the system and printed.</summary>
    [Range(0, 65_535)]
    public int RtmpPort { get; init; } = 1935;

    /// <summary>
    /// Connections that have not shown a valid key yet; half as many from one address (which spares this machine). A further one takes
    /// the place of the oldest.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxUnauthenticated { get; init; } = 64;

    [Range(1, 10_000)]
    public int MaxPublishers { get; init; } = 50;

    /// <summary>
    /// An encoder that says goodbye and is back within so many seconds goes on in the same recording. Never longer than the stream's
    /// reconnect window; 0 = a goodbye ends the recording at once.
    /// </summary>
    [Range(0, 60)]
    public int EndGraceSeconds { get; init; } = 3;
}
