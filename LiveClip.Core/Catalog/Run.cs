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

    /// <summary>
    /// Where the encoder's clock was found to have drifted, in order, each step less than 100 ms; null while there is none. The list is
    /// never changed but replaced, so that whoever reads it meanwhile may go on.
    /// </summary>
    public IReadOnlyList<WallClockAnchor>? Anchors { get; private set; }

    private WallClockAnchor Beginning => new(TimelineStart, WallClock);

    /// <summary>From that place on, which lies behind those of all others, this mapping counts.</summary>
    public void Add(WallClockAnchor anchor) => Anchors = [.. Anchors ?? [], anchor];

    /// <summary>UTC at a place of the timeline inside this run.</summary>
    public DateTimeOffset WallClockAt(long timeline) => LastAnchor(anchor => anchor.Timeline <= timeline).Anchor.WallClockAt(timeline);

    /// <summary>The place on the timeline of a UTC, as if this run had no end; where anchors overlap, the later one.</summary>
    public long TimelineAt(DateTimeOffset wallClock)
    {
        // Steps are so much smaller than the distances between them that the anchors' UTC rises, too.
        var (anchor, next) = LastAnchor(anchor => anchor.WallClock <= wallClock);
        return Math.Min(anchor.TimelineAt(wallClock), next?.Timeline ?? long.MaxValue);
    }

    private (WallClockAnchor Anchor, WallClockAnchor? Next) LastAnchor(Predicate<WallClockAnchor> isBefore)
    {
        var anchors = Anchors ?? [];
        var (low, high) = (0, anchors.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isBefore(anchors[middle]) ? (middle + 1, high) : (low, middle);
        }

        return (low > 0 ? anchors[low - 1] : Beginning, low < anchors.Count ? anchors[low] : null);
    }
}
