using System.Text;
using LiveClip.Core.Hls;

namespace LiveClip.Core.Recordings;

/// <summary>
/// The text of a growing playlist's older segments, which does not change any more: written once, however often the playlist is, for a
/// broadcast of twelve hours has twenty thousand of them.
/// </summary>
public sealed class OlderSegments
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private long _first;
    private long _next;
    private string? _map;
    private bool _isIndependent;
    private WrittenSegments? _written;
    private IReadOnlySet<long> _lost = new HashSet<long>();

    /// <summary>From the first segment that is listed up to the one in front of <paramref name="next"/>; null when it has gone further.</summary>
    /// <param name="lost">What cannot be had, of all segments.</param>
    /// <param name="segmentsFrom">Those from a number on, up to the same one, and whether each begins with a sync sample.</param>
    internal WrittenSegments? Write(
        long first, long next, IReadOnlySet<long> lost, Func<long, IEnumerable<(MediaSegment Segment, bool IsIndependent)>> segmentsFrom)
    {
        lock (_gate)
        {
            if (_text.Length == 0 || first != _first || !lost.SetEquals(_lost))
            {
                _text.Clear();
                (_first, _next, _map, _isIndependent, _lost, _written) = (first, first, null, true, lost, null);
            }

            if (next < _next)
            {
                return null;
            }

            foreach (var (segment, isIndependent) in segmentsFrom(_next))
            {
                segment.AppendTo(_text, withMap: segment.Map != _map, isWhole: true);
                (_map, _isIndependent) = (segment.Map, _isIndependent && isIndependent);
            }

            // Of seven parts one begins a segment: the others find all of it written.
            if (_written is null || next > _next)
            {
                (_written, _next) = (new WrittenSegments(_text.ToString(), _map) { AreIndependent = _isIndependent }, next);
            }

            return _written;
        }
    }
}
