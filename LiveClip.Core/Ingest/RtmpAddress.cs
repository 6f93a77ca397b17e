using System.Net;

namespace LiveClip.Core.Ingest;

/// <summary>Where the server really takes RTMP, which may be a port that the system chose.</summary>
public sealed class RtmpAddress
{
    private readonly TaskCompletionSource<IPEndPoint> _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null until the server listens.</summary>
    public int? Port => _bound.Task.IsCompletedSuccessfully ? _bound.Task.Result.Port : null;

    /// <summary>Completes when the server listens; an address of this machine that reaches it.</summary>
    public Task<IPEndPoint> WaitAsync(CancellationToken cancellationToken) => _bound.Task.WaitAsync(cancellationToken);

    public void Set(IPEndPoint bound) => _bound.TrySetResult(
        bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.Loopback, bound.Port) : bound);
}
