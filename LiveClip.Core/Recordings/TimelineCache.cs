namespace LiveClip.Core.Recordings;

/// <summary>
/// Timelines of recordings that are over, those used last: reading the rows of twelve hours takes a tenth of a second, and they change
/// only when something is removed.
/// </summary>
internal sealed class TimelineCache
{
    /// <summary>Some 15 MiB: ten recordings of six hours. A longer one than that is kept alone.</summary>
    internal const int MostSegments = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, LinkedListNode<RecordingTimeline>> _nodes = [];
    private readonly LinkedList<RecordingTimeline> _lastUsedFirst = new();
    private long _changes;
    private int _segments;

    /// <summary>Counts what was forgotten: take it before a timeline is read.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    public RecordingTimeline? Find(Guid recordingId)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(recordingId, out var node))
            {
                return null;
            }

            _lastUsedFirst.Remove(node);
            _lastUsedFirst.AddFirst(node);
            return node.Value;
        }
    }

    /// <param name="changes">As counted before it was read: of what was removed meanwhile it may hold the rows.</param>
    public void Add(RecordingTimeline timeline, long changes)
    {
        lock (_gate)
        {
            if (changes != _changes || _nodes.ContainsKey(timeline.Recording.Id))
            {
                return;
            }

            _nodes[timeline.Recording.Id] = _lastUsedFirst.AddFirst(timeline);
            _segments += timeline.Segments.Count;
            while (_segments > MostSegments && _lastUsedFirst.Count > 1)
            {
                Remove(_lastUsedFirst.Last!);
            }
        }
    }

    public void Forget(Guid recordingId)
    {
        lock (_gate)
        {
            _changes++;
            if (_nodes.TryGetValue(recordingId, out var node))
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<RecordingTimeline> node)
    {
        _lastUsedFirst.Remove(node);
        _nodes.Remove(node.Value.Recording.Id);
        _segments -= node.Value.Segments.Count;
    }
}
