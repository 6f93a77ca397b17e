using System.Text.Json;
using System.Text.Json.Serialization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Health;
using LiveClip.Core.OnAir;

namespace LiveClip.Web.Api;

/// <summary>A live stream's health as the API shows it; status, types and severities are YouTube's words.</summary>
public sealed record HealthResponse(
    string StreamId,
    string Status,
    HealthReadingResponse? Now,
    IReadOnlyList<HealthIssueResponse> Issues,
    IReadOnlyList<HealthReadingResponse> Readings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<HealthMinuteResponse>? Minutes)
{
    internal static HealthResponse From(string streamId, HealthReport report, IReadOnlyList<HealthMinute>? minutes) => new(
        streamId,
        JsonNamingPolicy.CamelCase.ConvertName(report.Status.ToString()),
        report.Now is { } now ? HealthReadingResponse.From(now) : null,
        [.. report.Issues.Select(HealthIssueResponse.From)],
        [.. report.Readings.Select(HealthReadingResponse.From)],
        minutes is null ? null : [.. minutes.Select(HealthMinuteResponse.From)]);
}

/// <summary>Reason and description as YouTube has them: in a word or two, and with its figures; and what to change.</summary>
public sealed record HealthIssueResponse(string Type, string Severity, string Reason, string Description, string Advice)
{
    internal static HealthIssueResponse From(HealthIssue issue) =>
        new(issue.Name, ApiTime.LowerCase(issue.Severity), issue.Title, issue.Fault, issue.Advice);
}

/// <summary>
/// One second. Bit rates in bits and intervals in seconds; lead is how far media runs ahead of its arrival. Viewers are different addresses
/// and programs that asked for the live edge within ten seconds; bytes sent, memory hits and disk reads are of media.
/// </summary>
public sealed record HealthReadingResponse(
    string Time,
    bool Connected,
    int Width,
    int Height,
    double VideoBitrate,
    double AudioBitrate,
    double FrameRate,
    double PicturesReceived,
    double KeyframeInterval,
    double? AudioVideoSkew,
    double? Lead,
    double DiskDelay,
    int Dropped,
    int Reconnects,
    IReadOnlyDictionary<string, int> Repairs,
    int Viewers,
    long BytesSent,
    int MemoryHits,
    int DiskReads,
    int WaitingRequests)
{
    internal static HealthReadingResponse From(HealthReading reading) => new(
        ApiTime.Text(reading.Time),
        reading.IsConnected,
        reading.Width,
        reading.Height,
        Math.Round(reading.VideoBitsPerSecond),
        Math.Round(reading.AudioBitsPerSecond),
        Math.Round(reading.FramesPerSecond, 2),
        Math.Round(reading.PicturesPerSecond, 2),
        Math.Round(Math.Max(reading.GopSeconds, reading.OpenGopSeconds), 3),
        Rounded(reading.SkewSeconds),
        Rounded(reading.LeadSeconds),
        Math.Round(reading.DiskDelaySeconds, 3),
        reading.Dropped,
        reading.Reconnects,
        RepairsOf(reading.RepairsByKind),
        reading.Audience.Viewers,
        reading.Audience.Bytes,
        reading.Audience.FromMemory,
        reading.Audience.FromDisk,
        reading.Waiting);

    /// <summary>0 is added to make 0 of the negative 0 that rounding may leave.</summary>
    private static double? Rounded(float? seconds) => seconds is { } some ? Math.Round(some, 3) + 0d : null;

    private static Dictionary<string, int> RepairsOf(int[]? byKind) => Enum.GetValues<Repair>()
        .Where(kind => byKind?[(int)kind] > 0)
        .ToDictionary(kind => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()), kind => byKind![(int)kind]);
}

/// <summary>One minute of the past.</summary>
public sealed record HealthMinuteResponse(
    string Start,
    Guid? RecordingId,
    int Readings,
    double VideoBitrate,
    double LowestVideoBitrate,
    double HighestVideoBitrate,
    double AudioBitrate,
    double PicturesReceived,
    double LowestPicturesReceived,
    double LongestKeyframeInterval,
    double? LargestAudioVideoSkew,
    double? LowestLead,
    double LongestDiskDelay,
    int Repairs,
    int Dropped,
    int Reconnects,
    IReadOnlyList<string> Issues)
{
    internal static HealthMinuteResponse From(HealthMinute minute) => new(
        ApiTime.Text(minute.Start),
        minute.RecordingId,
        minute.Readings,
        minute.VideoBitsPerSecond,
        minute.LowestVideoBitsPerSecond,
        minute.HighestVideoBitsPerSecond,
        minute.AudioBitsPerSecond,
        minute.FramesPerSecond,
        minute.LowestFramesPerSecond,
        minute.LongestGopSeconds,
        minute.LargestSkewSeconds,
        minute.LowestLeadSeconds,
        minute.LongestDiskDelaySeconds,
        minute.Repairs,
        minute.Dropped,
        minute.Reconnects,
        minute.Issues.Split(',', StringSplitOptions.RemoveEmptyEntries));
}
