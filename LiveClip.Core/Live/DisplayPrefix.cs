namespace LiveClip.Core.Live;

/// <summary>
/// Tells how far pictures that come in decode order fill the screen without a hole. A picture that is shown before others that were
/// decoded earlier comes at most the reorder depth behind them (H.264 §E.2.1, max_num_reorder_frames), whatever the time stamps'
/// spacing; all times are of one clock, on which the first picture is decoded when it is shown.
/// </summary>
/// <param name="reorderDepth">0 for sound.</param>
public sealed class DisplayPrefix(int reorderDepth)
{
    private readonly Queue<long> _ahead = new();
    private long? _first;
    private long _shown = long.MinValue;
    private long _newest = long.MinValue;
    private long? _fitting;
    private long _newestFitting = long.MinValue;
    private long _decodeEnd;

    /// <summary>Presentation time of the first picture that is not surely preceded by all others; null while there is none.</summary>
    public long? End { get; private set; }

    /// <param name="decodeEnd">Its decode time and its duration.</param>
    public void Add(long presentationTime, long decodeEnd, long duration)
    {
        _decodeEnd = decodeEnd;
        _first ??= presentationTime;
        // Leading pictures of an open GOP are not shown where decoding begins with it.
        if (presentationTime < _first)
        {
            return;
        }

        _newest = Math.Max(_newest, presentationTime);
        _fitting = presentationTime > _newestFitting ? _fitting : null;
        // n pictures fill the first n places when none is shown later than the place of the last one decoded.
        if (_newest < decodeEnd - (duration / 2))
        {
            (_fitting, _newestFitting) = (decodeEnd, _newest);
        }

        _ahead.Enqueue(presentationTime);
        if (_ahead.Count > reorderDepth + 1)
        {
            _shown = Math.Max(_shown, _ahead.Dequeue());
            var next = _ahead.Min();
            End = next > _shown ? next : End;
        }
    }

    /// <summary>
    /// No more will come: where the pictures end. Where an encoder was cut off, a picture is there without those that are shown before
    /// it; what is behind such a hole does not count.
    /// </summary>
    public long Close() => _fitting ?? End ?? _decodeEnd;
}
