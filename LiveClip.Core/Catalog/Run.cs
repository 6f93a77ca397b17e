namespace LiveClip.Core.Catalog;

/// <summary>One continuous publish within a recording: one timestamp mapping, one codec configuration, one init segment.</summary>
public sealed class Run
{
    /// <summary>Unit of every time on a recording's timeline.</summary>
    public const int TicksPerSecond = 90_000;

    public required Guid RecordingId { get; init; }

    /// <summary>0, 1, 2 … within the recording.</summary>
    public required int Number { get; init; }

    /// <summary>Where on the recording's timeline the run's own time 0 lies, 1/90,000 s.</summary>
    public required long TimelineStart { get; init; }

    /// <summary>UTC of the run's time 0: the arrival of its first sample.</summary>
    public required DateTimeOffset WallClock { get; init; }

    /// <summary>The CMAF header, as it stands in <c>init.mp4</c>.</summary>
    public required byte[] Init { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    /// <summary>RFC 6381 codec names, as in EXT-X-STREAM-INF: "avc1.64001f,mp4a.40.2".</summary>
    public required string Codecs { get; init; }

    /// <summary>UTC at a place of the timeline inside this run.</summary>
    public DateTimeOffset WallClockAt(long timeline) => WallClock + TimeSpan.FromTicks((timeline - TimelineStart) * 1000 / 9);

    /// <summary>The place on the timeline of a UTC, as if this run had no end; any UTC may be asked for, also in year 9999.</summary>
    public long TimelineAt(DateTimeOffset wallClock) => TimelineStart + (long)((Int128)(wallClock - WallClock).Ticks * 9 / 1000);
}
