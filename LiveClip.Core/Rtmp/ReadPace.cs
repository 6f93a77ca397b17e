namespace LiveClip.Core.Rtmp;

/// <summary>
/// Lets connections be read together, fifty times a second: to be woken for each message of each publisher costs several times what
/// reading it does. What comes meanwhile waits in the kernel.
/// </summary>
public sealed class ReadPace : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private TaskCompletionSource? _next;

    public ReadPace(TimeProvider time) =>
        _timer = time.CreateTimer(_ => Go(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Completes when it is time to read; all who wait go on one after the other, on one thread.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_next is null)
            {
                _next = new TaskCompletionSource();
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }

            return _next.Task;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Go()
    {
        TaskCompletionSource? now;
        lock (_gate)
        {
            (now, _next) = (_next, null);
        }

        now?.SetResult();
    }
}
