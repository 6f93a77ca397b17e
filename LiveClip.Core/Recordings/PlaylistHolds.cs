namespace LiveClip.Core.Recordings;

/// <summary>
/// What was asked for as an instant playlist stays for ten minutes, so that it can be played to its end. In memory only, and nothing
/// that anybody could fill a disk with: when room is short it does not count.
/// </summary>
public sealed class PlaylistHolds(TimeProvider time)
{
    internal static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    /// <summary>Of more than so many different ranges the oldest are let go.</summary>
    internal const int MostRanges = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid RecordingId, HeldRange Range), LinkedListNode<Held>> _byRange = [];
    private readonly LinkedList<Held> _oldestFirst = new();

    public void Hold(Guid recordingId, long start, long end)
    {
        var key = (recordingId, new HeldRange(start, end));
        lock (_gate)
        {
            if (_byRange.Remove(key, out var again))
            {
                _oldestFirst.Remove(again);
            }

            _byRange[key] = _oldestFirst.AddLast(new Held(recordingId, key.Item2, time.GetTimestamp()));
            LetGo();
        }
    }

    /// <summary>What is held of a recording now.</summary>
    public IReadOnlyList<HeldRange> Of(Guid recordingId)
    {
        lock (_gate)
        {
            LetGo();
            return [.. _oldestFirst.Where(hold => hold.RecordingId == recordingId).Select(hold => hold.Range)];
        }
    }

    private void LetGo()
    {
        while (_oldestFirst.First is { Value: var oldest }
            && (_oldestFirst.Count > MostRanges || time.GetElapsedTime(oldest.Since) >= Length))
        {
            _oldestFirst.RemoveFirst();
            _byRange.Remove((oldest.RecordingId, oldest.Range));
        }
    }

    private sealed record Held(Guid RecordingId, HeldRange Range, long Since);
}
