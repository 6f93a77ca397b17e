using System.IO.Pipelines;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// What a peer owes next, and by when. When the time is over it wakes the read or flush that waits on the transport, whose caller then
/// asks <see cref="ThrowIfPassed"/>. One timer a connection, re-armed only when it fires, so that extending costs next to nothing. While
/// this process itself was stopped, what came could not be read: that time passes no deadline.
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
    private bool _isLastChance;

    /// <summary>The end of the limit, all of which this process has to have run for.</summary>
    private TimeSpan LastChance => _limit / 10;

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
            _isLastChance = false;
            if (mustArm)
            {
                _isArmed = true;
                Fire(limit - LastChance);
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
            if (!_isLastChance && left > LastChance)
            {
                Fire(left - LastChance);
                return;
            }

            // Late, it fires after a stop of the process: what waits to be read then gets the same time as if there had been none.
            if (!_isLastChance || left < -LastChance)
            {
                _isLastChance = true;
                _since = _time.GetTimestamp() - (long)((_limit - LastChance).TotalSeconds * _time.TimestampFrequency);
                left = LastChance;
            }

            if (left > TimeSpan.Zero)
            {
                Fire(left);
                return;
            }

            // Again later, should the wake-up be answered by progress at the same moment.
            Fire(_limit);
        }

        _transport.Input.CancelPendingRead();
        _transport.Output.CancelPendingFlush();
    }

    /// <summary>A timer cuts its time to whole milliseconds and would fire before the end.</summary>
    private void Fire(TimeSpan after) =>
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
}
