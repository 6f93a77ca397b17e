using System.Diagnostics;

namespace LiveClip.Tests.Ffmpeg;

/// <summary>Takes a number of bytes, then fails as a target that has gone away does.</summary>
internal sealed class FailingTarget(int bytes) : MemoryStream
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>From the start to the failure.</summary>
    public TimeSpan Elapsed { get; private set; }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Length < bytes)
        {
            return base.WriteAsync(buffer, cancellationToken);
        }
        Elapsed = Stopwatch.GetElapsedTime(_started);
        throw new GoneException();
    }

    internal sealed class GoneException() : IOException("The target has gone away");
}

/// <summary>Takes nothing, until it is cancelled.</summary>
internal sealed class StuckTarget : MemoryStream
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
}

/// <summary>Has nothing to give and does not end, until it is cancelled.</summary>
internal sealed class SilentSource : MemoryStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        return 0;
    }
}
