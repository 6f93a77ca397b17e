using LiveClip.Core.Catalog;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Decides which recorded media may go: PURE. The oldest whole segments, never what a clip holds, and of a recording on air never what
/// its viewers may still ask for. Age is media's own time and the time since the recording ended, so that a broadcast ages by no clock.
/// </summary>
public static class Retention
{
    /// <summary>What stays of a recording on air, whatever the limits: playlists list a minute, 1/90,000 s.</summary>
    public const long LiveEdge = 60 * 90_000;

    /// <param name="missingBytes">What the disk needs beside all limits; it is taken from the oldest of all streams.</param>
    /// <returns>Recordings of which nothing goes are left out.</returns>
    public static IReadOnlyList<RetiredMedia> Decide(IReadOnlyList<RecordedMedia> recordings, long missingBytes)
    {
        var drafts = recordings.OrderBy(recording => recording.StartedAt).Select(recording => new Draft(recording)).ToList();
        drafts.ForEach(draft => draft.RetireByAge());
        foreach (var ofStream in drafts.GroupBy(draft => draft.Recording.StreamId))
        {
            RetireBySize([.. ofStream]);
        }

        RetireForDisk(drafts, missingBytes - drafts.Sum(draft => draft.RetiredBytes));
        return [.. drafts.Where(draft => draft.IsChanged).Select(draft => draft.Finish())];
    }

    /// <summary>What clips hold is kept beside the limit: else old clips would leave no room for what is new.</summary>
    private static void RetireBySize(List<Draft> ofStream)
    {
        if (ofStream[^1].Recording.MaxBytes is not { } limit)
        {
            return;
        }

        var excess = ofStream.Sum(draft => draft.UnheldBytes) - limit;
        foreach (var draft in ofStream)
        {
            while (excess > 0 && draft.RetireNext() is { } bytes)
            {
                excess -= bytes;
            }
        }
    }

    private static void RetireForDisk(List<Draft> drafts, long missing)
    {
        var oldest = new PriorityQueue<Draft, long>();
        drafts.ForEach(Enqueue);
        while (missing > 0 && oldest.TryDequeue(out var draft, out _))
        {
            missing -= draft.RetireNext() ?? 0;
            Enqueue(draft);
        }

        void Enqueue(Draft draft)
        {
            if (draft.NextAge is { } age)
            {
                oldest.Enqueue(draft, -age);
            }
        }
    }

    /// <summary>One recording while it is being decided on; its segments go in their order.</summary>
    private sealed class Draft
    {
        private readonly List<RecordedSegment> _retired = [];
        private readonly Queue<RecordedSegment> _free;

        public Draft(RecordedMedia recording)
        {
            Recording = recording;
            var keptEdge = recording.SinceEnd is null ? recording.End - LiveEdge : long.MaxValue;
            _free = new Queue<RecordedSegment>(recording.Segments.Where(segment => !IsHeld(segment) && segment.End <= keptEdge));
            UnheldBytes = recording.Segments.Where(segment => !IsHeld(segment)).Sum(segment => segment.Length);
        }

        public RecordedMedia Recording { get; }

        public long UnheldBytes { get; private set; }

        public long RetiredBytes { get; private set; }

        /// <summary>Of the next segment that could go, 1/90,000 s; null when none could.</summary>
        public long? NextAge => _free.TryPeek(out var next) ? AgeOf(next) : null;

        public bool IsChanged => _retired.Count > 0 || IsEmptyAndOld;

        /// <summary>A broadcast of which nothing could be stored leaves no recording for ever.</summary>
        private bool IsEmptyAndOld =>
            Recording is { Segments.Count: 0, SinceEnd: not null, MaxAge: { } longest } && AgeOf(Recording.End) > longest;

        public void RetireByAge()
        {
            // What a clip has let go of lies before all that is listed and goes whatever its age.
            while (_free.TryPeek(out var next) && (next.Number < Recording.KeptFrom || AgeOf(next) > Recording.MaxAge))
            {
                RetireNext();
            }
        }

        /// <summary>Its length; null when nothing more may go.</summary>
        public long? RetireNext()
        {
            if (!_free.TryDequeue(out var next))
            {
                return null;
            }

            _retired.Add(next);
            UnheldBytes -= next.Length;
            RetiredBytes += next.Length;
            return next.Length;
        }

        public RetiredMedia Finish()
        {
            var keptFrom = _retired.Count > 0 ? Math.Max(Recording.KeptFrom, _retired[^1].Number + 1) : Recording.KeptFrom;
            var left = Recording.Segments.Count - _retired.Count;
            return new RetiredMedia(
                Recording.Id, Recording.StreamId, _retired, keptFrom, IsRecordingOver: left == 0 && Recording.SinceEnd is not null);
        }

        private bool IsHeld(RecordedSegment segment) =>
            Recording.Held.Any(held => segment.End > held.Start && segment.Start < held.End);

        private long AgeOf(RecordedSegment segment) => AgeOf(segment.End);

        private long AgeOf(long end) => Recording.End - end + (Recording.SinceEnd ?? 0);
    }
}

/// <summary>A recording, what is there of it, and how long it may be. All times are in 1/90,000 s.</summary>
/// <param name="SinceEnd">How long ago it ended; null while it is on air.</param>
/// <param name="End">Where its newest segment ends on its timeline.</param>
/// <param name="KeptFrom">As in <see cref="Recording.KeptFrom"/>.</param>
/// <param name="MaxAge">Null when it is kept for ever.</param>
/// <param name="MaxBytes">For all recordings of its stream; null when there is no limit.</param>
public sealed record RecordedMedia(
    Guid Id,
    string StreamId,
    DateTimeOffset StartedAt,
    long? SinceEnd,
    long End,
    long KeptFrom,
    long? MaxAge,
    long? MaxBytes,
    IReadOnlyList<RecordedSegment> Segments,
    IReadOnlyList<HeldRange> Held);

/// <summary>What one clip holds of its recording's timeline, or somebody who plays a piece of it.</summary>
public readonly record struct HeldRange(long Start, long End)
{
    /// <summary>With handles before and after it, so that the clip can be trimmed and extended.</summary>
    public static HeldRange OfClip(long start, long end, int handleSeconds) =>
        new(start - (handleSeconds * (long)Run.TicksPerSecond), end + (handleSeconds * (long)Run.TicksPerSecond));
}

/// <summary>What goes of a recording.</summary>
/// <param name="KeptFrom">The first segment that is listed from now on.</param>
/// <param name="IsRecordingOver">Nothing is left of it.</param>
public sealed record RetiredMedia(
    Guid RecordingId, string StreamId, IReadOnlyList<RecordedSegment> Segments, long KeptFrom, bool IsRecordingOver)
{
    public long Bytes => Segments.Sum(segment => segment.Length);
}
