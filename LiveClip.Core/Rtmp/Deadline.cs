using System.IO.Pipelines;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// What a peer owes next, and by when. When the time is over it wakes the read or flush that waits on the transport, whose caller then
/// asks <see cref="ThrowIfPassed"/>. One timer a connection, re-armed only when it fires, so that extending costs next to nothing.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly IDuplexPipe _transport;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private string _owed = "";
    private TimeSpan _limit = Timeout.InfiniteTimeSpan;
    private long _since;
    private bool _isArmed;

    public Deadline(IDuplexPipe transport, TimeProvider time)
    {
        _transport = transport;
        _time = time;
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>From now on, <paramref name="owed"/> has to come within <paramref name="limit"/>; replaces what was owed before.</summary>
    public void Expect(string owed, TimeSpan limit)
    {
        lock (_lock)
        {
            // A later end may wait for the timer's next firing; an earlier one may not.
            var mustArm = !_isArmed || limit < _limit;
            _owed = owed;
            _limit = limit;
            _since = _time.GetTimestamp();
            if (mustArm)
            {
                _isArmed = true;
                _timer.Change(limit, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Stop()
    {
        lock (_lock)
        {
            _limit = Timeout.InfiniteTimeSpan;
            _isArmed = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <exception cref="RtmpProtocolException">What was owed has not come in time.</exception>
    public void ThrowIfPassed()
    {
        lock (_lock)
        {
            if (_limit != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(_since) >= _limit)
            {
                throw new RtmpProtocolException("connection", $"no {_owed} within {_limit.TotalSeconds} s");
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_limit == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            var left = _limit - _time.GetElapsedTime(_since);
            _isArmed = true;
            if (left > TimeSpan.Zero)
            {
                // A timer cuts its time to whole milliseconds and would fire before the end.
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }

            // Again later, should the wake-up be answered by progress at the same moment.
            _timer.Change(_limit, Timeout.InfiniteTimeSpan);
        }

        _transport.Input.CancelPendingRead();
        _transport.Output.CancelPendingFlush();
    }
}
