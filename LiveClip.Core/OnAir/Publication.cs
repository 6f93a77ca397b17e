using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>One connection's right to feed a broadcast, until it ends or another connection takes over.</summary>
#pragma warning disable CA1001 // A source without timer or linked token holds nothing to dispose, and Cancel may come at any time.
public sealed class Publication
#pragma warning restore CA1001
{
    private readonly Broadcast _broadcast;
    private readonly CancellationTokenSource _cancelled = new();

    internal Publication(Broadcast broadcast, string remoteAddress, string? encoder, DateTimeOffset startedAt) =>
        (_broadcast, RemoteAddress, Encoder, StartedAt) = (broadcast, remoteAddress, encoder, startedAt);

    public string StreamId => _broadcast.StreamId;

    public string RemoteAddress { get; }

    /// <summary>How the encoder names itself: "FMLE/3.0 (compatible; OBS)".</summary>
    public string? Encoder { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>Cancelled when the connection is to be closed: taken over, key rotated, broadcast over, server stopping.</summary>
    public CancellationToken Cancelled => _cancelled.Token;

    public void Publish(Sample sample) => _broadcast.Publish(this, sample);

    /// <summary>For a publisher that runs ahead of real time: waits while a queue behind it is half full.</summary>
    public Task WaitForReadersAsync(CancellationToken cancellationToken) => _broadcast.Brake.WaitAsync(cancellationToken);

    public void CountRepair(Repair kind) => _broadcast.Repairs.Count(kind);

    /// <param name="endedByPublisher">It said so (deleteStream, FCUnpublish); else the connection was lost and may come back.</param>
    public void Finish(bool endedByPublisher) => _broadcast.Finish(this, endedByPublisher);

    internal void Cancel() => _cancelled.Cancel();
}
