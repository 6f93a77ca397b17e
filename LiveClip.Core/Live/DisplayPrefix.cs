namespace LiveClip.Core.Live;

/// <summary>
/// Tells how far pictures that come in decode order fill the screen without a hole. A picture that is shown before others that were
/// decoded earlier comes at most the reorder depth behind them (H.264 §E.2.1, max_num_reorder_frames), whatever the time stamps'
/// spacing; all times are of one clock.
/// </summary>
/// <param name="reorderDepth">0 for sound.</param>
public sealed class DisplayPrefix(int reorderDepth)
{
    private readonly Queue<long> _ahead = new();
    private long? _first;
    private long _shown = long.MinValue;
    private long _newest = long.MinValue;

    /// <summary>Presentation time of the first picture that is not surely preceded by all others; null while there is none.</summary>
    public long? End { get; private set; }

    public void Add(long presentationTime)
    {
        _first ??= presentationTime;
        // Leading pictures of an open GOP are not shown where decoding begins with it.
        if (presentationTime < _first)
        {
            return;
        }

        _newest = Math.Max(_newest, presentationTime);
        _ahead.Enqueue(presentationTime);
        if (_ahead.Count > reorderDepth + 1)
        {
            _shown = Math.Max(_shown, _ahead.Dequeue());
            var next = _ahead.Min();
            End = next > _shown ? next : End;
        }
    }

    /// <summary>
    /// No more will come: where the pictures end. n pictures fill the first n places when none is shown later than its place, which
    /// the last one's decode time tells; where some were lost on the way, what is behind the hole does not count.
    /// </summary>
    /// <param name="decodeEnd">Decode time of the last picture and its duration, on the clock of the presentation times.</param>
    /// <param name="duration">Of one picture.</param>
    public long Close(long decodeEnd, long duration) => _newest < decodeEnd - (duration / 2) ? decodeEnd : End ?? decodeEnd;
}
