using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;

namespace LiveClip.Core.Health;

/// <summary>How one stream has been for the last hour, what is wrong with it now, and its minutes that are over.</summary>
public sealed class StreamHealth
{
    private const int ReconnectSeconds = 600;
    private const int JudgedSeconds = 60;

    private readonly Lock _gate = new();
    private readonly string _streamId;
    private readonly HealthHistory _history = new();
    private readonly IssueHysteresis _hysteresis = new();
    private readonly ReadingTaker _taker;
    private readonly List<HealthReading> _minute = [];
    private readonly SortedSet<string> _issuesOfMinute = new(StringComparer.Ordinal);
    private IReadOnlyList<HealthIssue> _issues = [];
    private Guid? _recordingId;
    private bool _onAir;

    internal StreamHealth(string streamId, TimeProvider time) => (_streamId, _taker) = (streamId, new ReadingTaker(time));

    /// <summary>What is known of the stream's settings; null before the catalog has said.</summary>
    internal int? MaxLines { get; set; }

    /// <summary>How it is now, with the newest readings, oldest first.</summary>
    public HealthReport Report(int seconds)
    {
        lock (_gate)
        {
            var minute = _onAir ? _history.Last(JudgedSeconds).ToList() : [];
            return new HealthReport(
                HealthDecider.StatusOf(minute, _issues), minute.Count > 0 ? minute[^1] : null, _issues, [.. _history.Last(seconds)]);
        }
    }

    /// <summary>A second is over.</summary>
    /// <returns>The minute that has ended with it.</returns>
    internal HealthMinute? Read(Broadcast broadcast, Guid? recordingId, AudienceReading audience, int waiting)
    {
        lock (_gate)
        {
            var reading = _taker.Take(broadcast) with { Audience = audience, Waiting = waiting };
            var ended = _minute.Count > 0 && !IsSameMinute(_minute[0].Time, reading.Time) ? CloseMinute() : null;
            _history.Add(reading);
            _onAir = true;
            var reconnects = _history.Last(ReconnectSeconds).Sum(earlier => earlier.Reconnects);
            var context = new HealthContext(MaxLines, reconnects, broadcast.TakeoversHeldOffUntil is not null);
            _issues = _hysteresis.Accept(HealthDecider.Decide([.. _history.Last(JudgedSeconds)], context));
            _minute.Add(reading);
            _issuesOfMinute.UnionWith(_issues.Select(issue => issue.Name));
            _recordingId = recordingId ?? _recordingId;
            return ended;
        }
    }

    /// <summary>The broadcast is over, or the server goes.</summary>
    internal HealthMinute? End()
    {
        lock (_gate)
        {
            _onAir = false;
            _issues = [];
            _hysteresis.Clear();
            var ended = CloseMinute();
            _recordingId = null;
            return ended;
        }
    }

    internal bool IsOlderThan(DateTimeOffset moment)
    {
        lock (_gate)
        {
            return !_onAir && _history.Last(1).All(newest => newest.Time < moment);
        }
    }

    private HealthMinute? CloseMinute()
    {
        var ended = _minute.Count > 0 ? MinuteSummary.Of(_streamId, _recordingId, _minute, _issuesOfMinute) : null;
        _minute.Clear();
        _issuesOfMinute.Clear();
        return ended;
    }

    private static bool IsSameMinute(DateTimeOffset a, DateTimeOffset b) =>
        a.Ticks / TimeSpan.TicksPerMinute == b.Ticks / TimeSpan.TicksPerMinute;
}

/// <summary>How a stream is.</summary>
/// <param name="Now">Null while it is not on air.</param>
/// <param name="Issues">The worst first.</param>
/// <param name="Readings">The last seconds, also those of a broadcast that is over; oldest first.</param>
public sealed record HealthReport(
    HealthStatus Status, HealthReading? Now, IReadOnlyList<HealthIssue> Issues, IReadOnlyList<HealthReading> Readings)
{
    public static HealthReport None { get; } = new(HealthStatus.NoData, null, [], []);
}
