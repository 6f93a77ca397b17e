using LiveClip.Core.OnAir;
using static LiveClip.Core.Health.HealthWindow;

namespace LiveClip.Core.Health;

/// <summary>What is wrong with the way from the encoder to the server, and with its clocks.</summary>
internal static class ArrivalRules
{
    private const int SilentLimit = 3;
    private const double BehindLimit = 1.5;
    private const int BehindSeconds = 30;
    private const double AheadLimit = 2;

    /// <summary>A relay hands its last seconds over at once as it connects: that is no pace yet.</summary>
    private const int SettledAfter = 10;

    private const double SkewLimit = 0.25;
    private const int RepairLimit = 30;
    private const int JumpLimit = 3;
    private const int ReconnectLimit = 3;

    public static IEnumerable<HealthIssue?> Decide(HealthWindow window) =>
        [Starved(window), FasterThanRealtime(window), Unstable(window), Skewed(window), Repaired(window)];

    private static HealthIssue? Starved(HealthWindow window)
    {
        if (window.SilentSeconds is >= SilentLimit and var silent)
        {
            return Issue(
                HealthIssueType.VideoIngestionStarved, HealthSeverity.Error, "Nothing arrives",
                $"The encoder is connected and has sent nothing for {silent} s.",
                $"See whether the encoder still runs and whether its network does; stop and start its stream if both look well.");
        }

        var best = window.Last(BehindSeconds).Max(reading => reading.LeadSeconds);
        if (best - window.Now.LeadSeconds is not { } behind || behind < BehindLimit)
        {
            return null;
        }

        var rate = window.Average(4, reading => reading.VideoBitsPerSecond + reading.AudioBitsPerSecond) / 1e6;
        return Issue(
            HealthIssueType.VideoIngestionStarved, HealthSeverity.Error, "Falling behind",
            $"What arrives is {behind:0.0} s further behind than half a minute ago; {rate:0.0} Mb/s come through.",
            $"Lower the video bit rate (OBS: Settings → Output → Bitrate) to below what the network carries, or send by cable.");
    }

    private static HealthIssue? FasterThanRealtime(HealthWindow window)
    {
        var earlier = window.Publish.Take(window.Publish.Count - SettledAfter).Max(reading => reading.LeadSeconds);
        return window.Now.LeadSeconds - earlier is { } ahead && ahead >= AheadLimit
            ? Issue(
                HealthIssueType.VideoIngestionFasterThanRealtime, HealthSeverity.Warning, "Faster than real time",
                $"Within a minute the stream has run {ahead:0.0} s ahead of real time.",
                $"Send at the pace of the picture (ffmpeg: -re before -i); an encoder of a camera should have its clock checked.")
            : null;
    }

    private static HealthIssue? Unstable(HealthWindow window) => window.Context.RecentReconnects >= ReconnectLimit
        ? Issue(
            HealthIssueType.ConnectionUnstable, HealthSeverity.Warning, "Connection unstable",
            $"The encoder began anew {window.Context.RecentReconnects} times in the last ten minutes.",
            $"Send by cable or lower the bit rate; if two encoders use this key, give one of them a stream of its own.")
        : null;

    private static HealthIssue? Skewed(HealthWindow window)
    {
        var skews = window.Last(5).Select(reading => reading.SkewSeconds).OfType<float>().Order().ToList();
        if (skews.Count < 3 || Math.Abs(skews[skews.Count / 2]) <= SkewLimit)
        {
            return null;
        }

        var skew = skews[skews.Count / 2];
        return Issue(
            HealthIssueType.AudioVideoSkew, HealthSeverity.Warning, "Sound and picture apart",
            $"Sound arrives {Math.Abs(skew):0.00} s {(skew > 0 ? "before" : "after")} the picture that it belongs to.",
            $"Set the sync offset of the sound to 0 (OBS: Advanced Audio Properties) and take sound and picture from one device.");
    }

    /// <summary>Of the kind that there is most of; codecs that cannot be recorded have an issue of their own.</summary>
    private static HealthIssue? Repaired(HealthWindow window)
    {
        var worst = Enum.GetValues<Repair>()
            .Where(kind => kind != Repair.UnsupportedDropped)
            .Select(kind => (Kind: kind, Count: window.Publish.Sum(reading => reading.RepairsByKind?[(int)kind] ?? 0)))
            .Where(repair => repair.Count >= (repair.Kind == Repair.ClockJumped ? JumpLimit : RepairLimit))
            .OrderByDescending(repair => repair.Count).FirstOrDefault();
        return worst.Count == 0
            ? null
            : Issue(
                HealthIssueType.TimestampsRepaired, HealthSeverity.Warning, "Time stamps mended",
                $"{worst.Count} times in the last minute {Words(worst.Kind)}.",
                $"Set the encoder to a constant frame rate and one clock for sound and picture; restart it if that does not help.");
    }

    private static string Words(Repair kind) => kind switch
    {
        Repair.DecodeTimeRaised => "a picture came with a time not after the one before it",
        Repair.CompositionTimeReplaced => "a picture was to be shown at a time that cannot be meant",
        Repair.SoundMoved => "sound was missing between two pieces",
        Repair.SoundDropped => "sound lay over earlier sound and was left out",
        Repair.ClockJumped => "the encoder's clock jumped",
        Repair.ClocksAligned => "sound and picture ran on clocks of their own",
        Repair.EmptyUnitsRemoved => "a picture held parts without content",
        Repair.MalformedDropped => "something broke the rules of its format and was left out",
        _ => "something had to be mended",
    };

    private static HealthIssue Issue(
        HealthIssueType type, HealthSeverity severity, string title, FormattableString fault, FormattableString advice) =>
        new(type, severity, title, Text(fault), Text(advice));
}
