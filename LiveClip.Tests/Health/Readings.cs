using LiveClip.Core.Health;

namespace LiveClip.Tests.Health;

/// <summary>Readings of streams that are good but for what a test changes.</summary>
internal static class Readings
{
    public static readonly HealthContext Plain = new(MaxLines: 1080, RecentReconnects: 0);

    /// <summary>1080p30 with sound, a keyframe every 2 s, in real time.</summary>
    public static readonly HealthReading Good = new()
    {
        Time = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero),
        Publish = 1,
        IsConnected = true,
        VideoBitsPerSecond = 4.5e6f,
        AudioBitsPerSecond = 128e3f,
        PicturesPerSecond = 30,
        Width = 1920,
        Height = 1080,
        HasAudio = true,
        FramesPerSecond = 30,
        AnnouncedFramesPerSecond = 30,
        GopSeconds = 2,
        OpenGopSeconds = 1,
        LeadSeconds = 0,
        SkewSeconds = 0,
    };

    /// <summary>One a second; <paramref name="change"/> gets each with its number from 0.</summary>
    public static List<HealthReading> Of(int seconds, Func<HealthReading, int, HealthReading>? change = null) =>
    [
        .. Enumerable.Range(0, seconds).Select(second =>
        {
            var reading = Good with { Time = Good.Time.AddSeconds(second) };
            return change?.Invoke(reading, second) ?? reading;
        }),
    ];

    public static IEnumerable<HealthIssueType> Types(
        IReadOnlyList<HealthReading> minute, HealthContext? context = null) =>
        HealthDecider.Decide(minute, context ?? Plain).Select(issue => issue.Type);
}
