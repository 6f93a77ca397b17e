using LiveClip.Core.Catalog;

namespace LiveClip.Core.Live;

/// <summary>
/// The live edge of a recording on air, in memory: all its runs and segments by name and time, the last ones with their bytes, which
/// serve viewers and clips whatever the disk does.
/// </summary>
public sealed class LiveWindow
{
    /// <summary>Segments keep their bytes for at least this many target durations, longer where the disk is late …</summary>
    public const int KeptTargetDurations = 6;

    /// <summary>… unless they are more than this: then the oldest go, first of those that the disk has.</summary>
    public const long MostBytes = 64 << 20;

    /// <summary>Half a minute or so: long enough to even out pictures of different size.</summary>
    private const int RateSegments = 15;

    private readonly Lock _gate = new();
    private readonly List<Run> _runs;
    private readonly GrowingList<RecordedSegment> _segments;
    private readonly HashSet<long> _lost = [];

    // Gone from memory before the disk had them.
    private readonly HashSet<long> _early = [];
    private readonly LinkedList<LiveSegment> _inMemory = new();
    private readonly TaskCompletionSource _playable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _released = -1;
    private long _bytes;
    private long? _gapEnd;
    private PartName? _nextPart;
    private bool _isIndependent;

    // Every viewer asks for it at every segment, and it changes twice a second.
    private LiveSnapshot? _snapshot;

    public LiveWindow(Recording recording, IEnumerable<RecordedSegment> segments)
    {
        Recording = recording;
        _runs = [.. recording.Runs];
        _segments = new GrowingList<RecordedSegment>(segments);
        _isIndependent = _segments.Items.All(segment => segment.StartsWithSync);
        TargetDuration = recording.TargetDuration;
        NewestPicture = _segments.Items is [.., var last] ? last.End : 0;
        MarkPlayable();
    }

    public Recording Recording { get; }

    /// <summary>Who watches it.</summary>
    public LiveAudience Audience { get; init; } = new(TimeProvider.System);

    /// <summary>EXT-X-TARGETDURATION in seconds; null while it is not fixed.</summary>
    public int? TargetDuration { get; private set; }

    /// <summary>Where, on the timeline, what can be clipped ends; 1/90,000 s.</summary>
    public long NewestPicture { get; private set; }

    /// <summary>No picture will come any more that is shown before this: it has been received, or no encoder was there.</summary>
    public long Settled
    {
        get
        {
            lock (_gate)
            {
                return Math.Max(NewestPicture, _gapEnd ?? 0);
            }
        }
    }

    /// <summary>What it adds to a disk by its own time, over its last segments; 0 while there is none.</summary>
    public double BytesPerSecond
    {
        get
        {
            lock (_gate)
            {
                var last = _segments.Items.TakeLast(RateSegments).ToList();

                // Publishes that broke off after a picture last next to nothing: they must not look like gigabytes a second.
                return last.Sum(segment => segment.Length) * 90_000d / Math.Max(90_000, last.Sum(segment => segment.Duration));
            }
        }
    }

    /// <summary>Completes when there is a first segment to list and the target duration is known.</summary>
    public Task Playable => _playable.Task;

    /// <summary>Completes when something is added, and for good when the recording leaves the air. Take it before looking.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>The recording has left the air: nothing will be added.</summary>
    public bool IsClosed { get; private set; }

    public void Accept(PackagerOutput output)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            switch (output)
            {
                case RunStarted started:
                    _runs.Add(started.Run);
                    _nextPart = new PartName(started.Run.Number, 1);
                    break;
                case TargetDurationFixed target:
                    TargetDuration = target.Seconds;
                    break;
                case GapListed gap:
                    _gapEnd = gap.End;
                    _nextPart = null;
                    break;
                case FragmentFinished fragment:
                    Add(fragment);
                    break;
                case SegmentClosed closed:
                    Close(closed.Segment);
                    break;
            }

            _snapshot = null;
            MarkPlayable();
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        // Hundreds of viewers may wait for it: whoever looks meanwhile does not wait for them.
        changed.TrySetResult();
    }

    /// <summary>Whoever waits for more is told that there is none.</summary>
    public void Close()
    {
        lock (_gate)
        {
            IsClosed = true;
            _changed.TrySetResult();
        }
    }

    /// <summary>The recorder has written or lost all segments up to that one: until then only memory has their bytes.</summary>
    public void Release(long number)
    {
        lock (_gate)
        {
            _released = number;
            _early.RemoveWhere(early => early <= number);
            _snapshot = null;
            DropOldBytes();
        }
    }

    /// <summary>The disk did not take a segment: it is played from memory, and is a hole once it is gone from there.</summary>
    public void MarkLost(long number)
    {
        lock (_gate)
        {
            _lost.Add(number);
            _snapshot = null;
        }
    }

    /// <summary>Lists only from that segment on and forgets those before it, but for the ones that clips hold.</summary>
    public void Forget(long before, IReadOnlySet<long> held)
    {
        lock (_gate)
        {
            Recording.KeptFrom = before;
            _segments.RemoveAll(segment => segment.Number < before && !held.Contains(segment.Number));
            _lost.RemoveWhere(number => number < before);
            _early.RemoveWhere(number => number < before);
            _snapshot = null;
        }
    }

    public LiveSnapshot Snapshot()
    {
        lock (_gate)
        {
            return _snapshot ??= TakeSnapshot();
        }
    }

    /// <summary>A segment's finished fragments; null when it is not in memory.</summary>
    public LiveSegment? Find(long number)
    {
        lock (_gate)
        {
            for (var node = _inMemory.Last; node is not null && node.Value.Number >= number; node = node.Previous)
            {
                if (node.Value.Number == number)
                {
                    return node.Value;
                }
            }

            return null;
        }
    }

    private void Add(FragmentFinished fragment)
    {
        _nextPart = new PartName(fragment.Run, fragment.Part + 1);
        if (fragment.Index == 0)
        {
            _inMemory.AddLast(new LiveSegment(fragment.Number, fragment.Run, fragment.Start, [fragment], null));
            _isIndependent &= fragment.StartsWithSync;
        }
        else
        {
            var open = _inMemory.Last!;
            open.Value = open.Value with { Fragments = [.. open.Value.Fragments, fragment] };
        }

        _bytes += fragment.Bytes.Length;
        NewestPicture = Math.Max(NewestPicture, fragment.NewestPicture);
        DropExcessBytes();
    }

    private void Close(RecordedSegment segment)
    {
        _segments.Add(segment);
        // The gap in front of it is known by the numbers between two segments from now on.
        _gapEnd = null;
        _inMemory.Last!.Value = _inMemory.Last.Value with { Closed = segment };
        DropOldBytes();
    }

    private void DropOldBytes()
    {
        if (_segments.Items is not [.., var last])
        {
            return;
        }

        var oldest = last.End - (KeptTargetDurations * (TargetDuration ?? 10) * 90_000L);
        while (_inMemory.First is { Value: var first } && first.End <= oldest && first.Number <= _released)
        {
            Drop(_inMemory.First);
        }
    }

    private void DropExcessBytes()
    {
        while (_bytes > MostBytes && _inMemory.First is { Value.Closed: not null } first)
        {
            var written = first;
            while (written is not null && written.Value.Number > _released)
            {
                written = written.Next;
            }

            Drop(written is { Value.Closed: not null } ? written : first);
        }
    }

    private void Drop(LinkedListNode<LiveSegment> node)
    {
        _inMemory.Remove(node);
        _bytes -= node.Value.Length;
        if (node.Value.Number > _released)
        {
            _early.Add(node.Value.Number);
        }
    }

    private LiveSnapshot TakeSnapshot()
    {
        var inMemory = _inMemory.Select(segment => segment.Number).ToHashSet();
        return new LiveSnapshot(
            Recording,
            [.. _runs],
            _segments.Items,
            [.. _inMemory],
            _early.Concat(_lost.Where(number => !inMemory.Contains(number))).ToHashSet(),
            TargetDuration,
            NewestPicture)
        {
            GapEnd = _gapEnd,
            NextPart = _nextPart,
            IsIndependent = _isIndependent,
        };
    }

    private void MarkPlayable()
    {
        if (_segments.Items.Count > 0 && TargetDuration is not null)
        {
            _playable.TrySetResult();
        }
    }
}
