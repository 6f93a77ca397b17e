using System.Runtime.CompilerServices;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Recordings;

/// <summary>A recording's runs and segments at one moment, on air or over. All times are on its timeline, 1/90,000 s.</summary>
public sealed record RecordingTimeline(
    Recording Recording,
    IReadOnlyList<Run> Runs,
    IReadOnlyList<RecordedSegment> Segments,
    LiveSegment? Open,
    IReadOnlySet<long> Lost,
    int? TargetDuration,
    long NewestPicture,
    bool OnAir)
{
    /// <summary>Where the gap ends that is listed behind the last segment while the encoder is away; null while there is none.</summary>
    public long? GapEnd { get; init; }

    /// <summary>The newest segments, with their parts; the last one may be <see cref="Open"/>.</summary>
    public IReadOnlyList<LiveSegment> InMemory { get; init; } = [];

    /// <summary>The part that is being filled; null while no encoder is there.</summary>
    public PartName? NextPart { get; init; }

    /// <summary>No segment begins with anything else than a sync sample, nor has one while it was on air.</summary>
    public bool IsIndependent { get; init; } = true;

    /// <summary>What playlists list: without what retention has left behind for clips only.</summary>
    public IEnumerable<RecordedSegment> Listed => Segments.Skip(FirstListed);

    /// <summary>Where the material that is still there begins; at its end where only clips hold any.</summary>
    public long Start => FirstListed < Segments.Count ? Segments[FirstListed].Start : Open?.Start ?? NewestPicture;

    /// <summary>No picture will come any more that is shown before this: it has been received, or no encoder was there.</summary>
    public long Settled => OnAir ? Math.Max(NewestPicture, GapEnd ?? 0) : long.MaxValue;

    private int FirstListed => FirstSegment(segment => segment.Number >= Recording.KeptFrom);

    /// <summary>Where a run's material ends.</summary>
    public long EndOf(Run run)
    {
        var last = FirstSegment(segment => segment.Run > run.Number) - 1;
        return Math.Max(
            last >= 0 && Segments[last].Run == run.Number ? Segments[last].End : run.TimelineStart,
            Open is { } open && open.Run == run.Number ? Math.Min(open.End, NewestPicture) : run.TimelineStart);
    }

    /// <summary>The closed segments that lie, at least in part, in the range.</summary>
    public IEnumerable<RecordedSegment> Within(long start, long end)
    {
        for (var i = FirstSegment(segment => segment.End > start); i < Segments.Count && Segments[i].Start < end; i++)
        {
            yield return Segments[i];
        }
    }

    public Run? FindRun(int number) => Runs.FirstOrDefault(run => run.Number == number);

    /// <summary>Whether that media sequence number is listed as a gap.</summary>
    public bool IsGap(long number)
    {
        var (kept, next) = (Recording.KeptFrom, FirstSegment(segment => segment.Number >= number));
        if (next == Segments.Count)
        {
            return Segments is [.., var last] && number <= last.Number + Gap.Count((GapEnd ?? 0) - last.End, TargetDuration ?? 10);
        }

        return Segments[next].Number == number ? number >= kept && Lost.Contains(number) : next > 0 && Segments[next - 1].Number >= kept;
    }

    /// <summary>Whether that segment lies, at least in part, in the range.</summary>
    public bool Covers(long start, long end, int run, long number) =>
        Within(start, end).Any(segment => segment.Number == number && segment.Run == run)
        || (Open is { } open && open.Number == number && open.Run == run && open.End > start && open.Start < end);

    /// <summary>Whether the range is there from end to end though it lies before <see cref="Start"/>, because clips hold it.</summary>
    public bool HoldsBehind(long start, long end)
    {
        var inside = Within(start, end).ToList();
        return inside.Count > 0 && inside[0].Start <= start && inside[^1].End >= end
            // Between two runs the encoder was away.
            && inside.Zip(inside.Skip(1)).All(pair => pair.First.Run != pair.Second.Run || pair.First.Number + 1 == pair.Second.Number);
    }

    /// <summary>How many bytes the segments of a range have.</summary>
    public long LengthOf(long start, long end) =>
        Within(start, end).Sum(segment => segment.Length)
        + (Open is { } open && open.Start < end ? open.Length : 0);

    /// <summary>
    /// Where, inside a range that is settled, there are no pictures: the encoder was away, or segments were lost. Where one run follows
    /// right behind another that is a gap of no length.
    /// </summary>
    public IReadOnlyList<ClipGap> GapsWithin(long start, long end)
    {
        var gaps = new List<ClipGap>();
        var (covered, before) = (start, (int?)null);
        foreach (var (run, from, to) in Covered(start, end))
        {
            if (from - covered >= Gap.Shortest || (before is not null && before != run))
            {
                gaps.Add(new ClipGap(covered, Math.Max(from, covered)));
            }

            (covered, before) = (Math.Max(covered, to), run);
        }

        if (end - covered >= Gap.Shortest)
        {
            gaps.Add(new ClipGap(covered, end));
        }

        return gaps;
    }

    /// <summary>What a range plays for: its length less the gaps in which no encoder was there.</summary>
    public long PlayingTime(long start, long end) =>
        Runs.Sum(run => Math.Max(0, Math.Min(end, EndOf(run)) - Math.Max(start, run.TimelineStart)));

    /// <summary>Where a range that begins at <paramref name="start"/> has played for that long.</summary>
    public long After(long start, long playingTime)
    {
        foreach (var run in Runs)
        {
            var from = Math.Max(start, run.TimelineStart);
            var there = Math.Max(0, EndOf(run) - from);
            if (playingTime <= there)
            {
                return from + playingTime;
            }

            playingTime -= there;
        }

        return Runs.Count > 0 ? EndOf(Runs[^1]) : start;
    }

    /// <summary>Where a range that ends at <paramref name="end"/> and plays for that long begins.</summary>
    public long Before(long end, long playingTime)
    {
        foreach (var run in Runs.Reverse())
        {
            var to = Math.Min(end, EndOf(run));
            var there = Math.Max(0, to - Math.Max(Start, run.TimelineStart));
            if (playingTime <= there)
            {
                return to - playingTime;
            }

            playingTime -= there;
        }

        return Start;
    }

    /// <summary>
    /// The place of a UTC. Where clocks overlap the later place counts; inside a gap it is the next picture for an in point, the end of
    /// the one before for an out point.
    /// </summary>
    public long At(DateTimeOffset moment, bool isInPoint)
    {
        var begun = Runs.Where(run => moment >= run.WallClock).ToList();
        if (begun.FindLast(run => run.TimelineAt(moment) < EndOf(run)) is { } inside)
        {
            return inside.TimelineAt(moment);
        }

        if (begun.Count == 0)
        {
            return Runs.Count > 0 ? Runs[0].TimelineAt(moment) : -1;
        }

        var before = begun[^1];
        var next = Runs.FirstOrDefault(run => run.Number > before.Number);
        return next is null ? before.TimelineAt(moment) : isInPoint ? next.TimelineStart : EndOf(before);
    }

    private IEnumerable<(int Run, long Start, long End)> Covered(long start, long end)
    {
        foreach (var segment in Within(start, end).Where(segment => !Lost.Contains(segment.Number)))
        {
            yield return (segment.Run, segment.Start, segment.End);
        }

        if (Open is { } open && open.End > start && open.Start < end)
        {
            yield return (open.Run, open.Start, open.End);
        }
    }

    /// <summary>Index of the first segment from which on that is so; a broadcast of a day has forty thousand, in order.</summary>
    private int FirstSegment(Predicate<RecordedSegment> isSo)
    {
        var (low, high) = (0, Segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isSo(Segments[middle]) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}

/// <summary>Reads timelines: of recordings on air from memory, of others from the catalog, once.</summary>
public sealed class RecordingTimelines(IDbContextFactory<CatalogDbContext> contexts, LiveWindows live)
{
    private static readonly ConditionalWeakTable<LiveSnapshot, RecordingTimeline> OnAir = [];

    private readonly TimelineCache _over = new();

    /// <summary>The recording on air, else the newest with something to play; null when there is none.</summary>
    public async Task<RecordingTimeline?> FindNewestAsync(string streamId, CancellationToken cancellationToken)
    {
        if (live.FindByStream(streamId) is { } window)
        {
            return Of(window);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var newest = await context.Recordings.AsNoTracking()
            .Where(recording => recording.StreamId == streamId)
            .Where(recording => recording.EndedAt == null
                || context.Segments.Any(segment => segment.RecordingId == recording.Id && segment.Number >= recording.KeptFrom))
            .OrderByDescending(recording => recording.StartedAt)
            .Select(recording => (Guid?)recording.Id).FirstOrDefaultAsync(cancellationToken);
        return newest is { } id ? await FindAsync(id, cancellationToken) : null;
    }

    public async Task<RecordingTimeline?> FindAsync(Guid recordingId, CancellationToken cancellationToken)
    {
        if (live.Find(recordingId) is { } window)
        {
            return Of(window);
        }

        if (_over.Find(recordingId) is { } known)
        {
            return known;
        }

        var changes = _over.Changes;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var recording = await context.Recordings.AsNoTracking()
            .Include(recording => recording.Runs.OrderBy(run => run.Number))
            .SingleOrDefaultAsync(recording => recording.Id == recordingId, cancellationToken);
        if (recording is null)
        {
            return null;
        }

        var segments = await context.SegmentsOf(recordingId).ToListAsync(cancellationToken);
        // Without a live window and yet not over: the server is just starting or stopping, and no player may be told that this is the end.
        var timeline = new RecordingTimeline(
            recording, recording.Runs, segments, null, new HashSet<long>(), recording.TargetDuration,
            segments.Count > 0 ? segments[^1].End : 0, OnAir: recording.EndedAt is null);
        if (!timeline.OnAir)
        {
            _over.Add(timeline, changes);
        }

        return timeline;
    }

    /// <summary>Something of a recording that is over has been removed.</summary>
    public void Forget(Guid recordingId) => _over.Forget(recordingId);

    /// <summary>The same one as long as nothing changes: hundreds of viewers ask for it at each part.</summary>
    internal static RecordingTimeline Of(LiveWindow window) => OnAir.GetValue(window.Snapshot(), Of);

    private static RecordingTimeline Of(LiveSnapshot now) =>
        new(
            now.Recording, now.Runs, now.Segments, now.Open, now.Lost, now.TargetDuration,
            now.NewestPicture, OnAir: true)
        {
            GapEnd = now.GapEnd,
            InMemory = now.InMemory,
            NextPart = now.NextPart,
            IsIndependent = now.IsIndependent,
        };
}
