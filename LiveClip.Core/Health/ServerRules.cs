using static LiveClip.Core.Health.HealthWindow;

namespace LiveClip.Core.Health;

/// <summary>What is wrong with the server, whoever publishes.</summary>
internal static class ServerRules
{
    private const double DiskLimit = 1;
    private const int DropSeconds = 10;

    public static IEnumerable<HealthIssue?> Decide(HealthWindow window)
    {
        yield return window.Now.DiskDelaySeconds > DiskLimit
            ? new HealthIssue(
                HealthIssueType.DiskDelay, HealthSeverity.Error, "Disk slow",
                Text($"The disk took {window.Now.DiskDelaySeconds:0.0} s to take what was received; the live picture goes on."),
                "On the server: see whether the disk is full, failing or busy with something else.")
            : null;
        yield return window.Context.TakeoversHeldOff
            ? new HealthIssue(
                HealthIssueType.TakeoversRefused, HealthSeverity.Warning, "Two encoders",
                "Another encoder keeps trying with this stream's key and is refused.",
                "Stop one of the two, or give it a stream of its own.")
            : null;
        var dropped = window.Minute.Skip(window.Minute.Count - DropSeconds).Sum(reading => reading.Dropped);
        yield return dropped > 0
            ? new HealthIssue(
                HealthIssueType.SamplesDropped, HealthSeverity.Error, "Server too slow",
                Text($"{dropped} pictures and pieces of sound were left out in the last {DropSeconds} s: the recording has a hole."),
                "On the server: see what else uses its processor, memory and disk.")
            : null;
    }
}
