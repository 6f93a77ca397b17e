using System.Text.Json;

namespace LiveClip.Core.Health;

/// <summary>Something about a stream that somebody should change.</summary>
/// <param name="Title">What is wrong, in a word or two: "No sound".</param>
/// <param name="Fault">What is wrong, with its figures.</param>
/// <param name="Advice">What to change, and where.</param>
public sealed record HealthIssue(HealthIssueType Type, HealthSeverity Severity, string Title, string Fault, string Advice)
{
    /// <summary>As the API writes it: "gopSizeLong".</summary>
    public string Name => NameOf(Type);

    public static string NameOf(HealthIssueType type) => JsonNamingPolicy.CamelCase.ConvertName(type.ToString());
}

public enum HealthSeverity
{
    /// <summary>Worth knowing; the stream is good all the same.</summary>
    Info,
    Warning,
    Error,
}

/// <summary>
/// YouTube's names (liveStreams, healthStatus.configurationIssues), so that programs that know those know these; then those about what
/// only a server of one's own tells.
/// </summary>
public enum HealthIssueType
{
    VideoIngestionStarved,
    VideoIngestionFasterThanRealtime,
    NoVideoStream,
    NoAudioStream,
    VideoCodec,
    AudioCodec,
    GopSizeOver,
    GopSizeLong,
    GopSizeShort,
    GopMismatch,
    BitrateHigh,
    BitrateLow,
    AudioBitrateLow,
    FrameRateHigh,
    FramerateMismatch,
    VideoResolutionSuboptimal,
    InterlacedVideo,

    /// <summary>Sound and picture that belong together arrive far apart.</summary>
    AudioVideoSkew,

    /// <summary>The encoder's time stamps have to be mended again and again.</summary>
    TimestampsRepaired,

    /// <summary>The encoder's connection is lost again and again.</summary>
    ConnectionUnstable,

    /// <summary>Another encoder tries with the same key again and again, and is refused.</summary>
    TakeoversRefused,

    /// <summary>The server is too slow for what it receives.</summary>
    SamplesDropped,

    /// <summary>The server's disk is slow, full or stuck.</summary>
    DiskDelay,
}

/// <summary>YouTube's words for how a stream is as a whole.</summary>
public enum HealthStatus
{
    /// <summary>Nobody publishes, or not long enough to tell.</summary>
    NoData,
    Good,

    /// <summary>There are warnings, no errors.</summary>
    Ok,
    Bad,
}
