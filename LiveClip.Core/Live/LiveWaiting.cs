using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Live;

/// <summary>Holds requests for what the live edge does not have yet, without a thread each (RFC 8216bis §6.2.5.2).</summary>
public sealed class LiveWaiting(IOptions<LiveOptions> options, TimeProvider time)
{
    /// <summary>What is not there by then does not come soon.</summary>
    private const int TargetDurations = 3;

    private readonly ConcurrentDictionary<Guid, int> _waiting = new();

    /// <summary>How many requests wait for the live edge of a recording.</summary>
    public int CountOf(Guid recordingId) => _waiting.GetValueOrDefault(recordingId);

    /// <summary>Comes back when that is so, when it cannot become so any more, or when it takes too long.</summary>
    /// <param name="isThere">Null: never any more.</param>
    /// <returns>Whether it is so.</returns>
    public async Task<LiveWait> UntilAsync(LiveWindow window, Func<LiveSnapshot, bool?> isThere, CancellationToken cancellationToken)
    {
        if (Look(window, isThere) is { } now)
        {
            return now;
        }

        try
        {
            return _waiting.AddOrUpdate(window.Recording.Id, 1, (_, count) => count + 1) > options.Value.MaxWaiting
                ? LiveWait.TooMany
                : await WaitAsync(window, isThere, cancellationToken);
        }
        finally
        {
            if (_waiting.AddOrUpdate(window.Recording.Id, 0, (_, count) => count - 1) == 0)
            {
                _waiting.TryRemove(new KeyValuePair<Guid, int>(window.Recording.Id, 0));
            }
        }
    }

    private async Task<LiveWait> WaitAsync(LiveWindow window, Func<LiveSnapshot, bool?> isThere, CancellationToken cancellationToken)
    {
        var (patience, started) = (TimeSpan.FromSeconds(TargetDurations * (window.TargetDuration ?? 10)), time.GetTimestamp());
        while (true)
        {
            // Taken before it is looked: what comes in between is not missed.
            var changed = window.Changed;
            if (Look(window, isThere) is { } now)
            {
                return now;
            }

            var left = patience - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return LiveWait.TooLate;
            }

            await changed.WaitAsync(left, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static LiveWait? Look(LiveWindow window, Func<LiveSnapshot, bool?> isThere) =>
        isThere(window.Snapshot()) switch
        {
            true => LiveWait.There,
            null => LiveWait.Never,
            _ => window.IsClosed ? LiveWait.Never : null,
        };
}

public enum LiveWait
{
    There,

    /// <summary>It will not come: the encoder is away or the recording over.</summary>
    Never,

    TooLate,
    TooMany,
}
