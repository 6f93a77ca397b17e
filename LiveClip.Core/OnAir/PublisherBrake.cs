namespace LiveClip.Core.OnAir;

/// <summary>
/// The one exception to "the publisher never waits": a publisher that sends faster than real time is not read for a while when a
/// queue behind it is half full. Nothing is lost, and a publisher in real time never feels it.
/// </summary>
public sealed class PublisherBrake
{
    private readonly Lock _gate = new();
    private readonly HashSet<object> _holders = [];
    private TaskCompletionSource _released = new();

    public void Apply(object holder)
    {
        lock (_gate)
        {
            if (_holders.Add(holder) && _holders.Count == 1)
            {
                _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public void Release(object holder)
    {
        lock (_gate)
        {
            if (_holders.Remove(holder) && _holders.Count == 0)
            {
                _released.SetResult();
            }
        }
    }

    /// <summary>Completes at once unless somebody brakes.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _holders.Count == 0 ? Task.CompletedTask : _released.Task.WaitAsync(cancellationToken);
        }
    }
}
