using System.Runtime.CompilerServices;
using LiveClip.Core.Samples;

namespace LiveClip.Core.OnAir;

/// <summary>
/// One consumer's queue of a broadcast's samples, bounded by bytes, by wall-clock age and by number. When it is full it drops up to the
/// next sync sample and counts, so that a slow reader loses pictures and never holds up the publisher. Who waits for samples goes on on the
/// publisher's thread, up to its next wait: a consumer may compute there, and never block.
/// </summary>
public sealed class BroadcastReader(long maxBytes, TimeSpan maxAge, PublisherBrake brake, TimeProvider time) : IDisposable
{
    /// <summary>Samples of a few bytes cost memory, too.</summary>
    private const int MaxSamples = 20_000;

    private readonly Lock _gate = new();
    private readonly Queue<Sample?> _queue = new();
    private TaskCompletionSource? _waiting;
    private long _bytes;
    private bool _hasVideo;
    private bool _skipToSync;
    private bool _hole;
    private bool _publicationOver = true;
    private bool _completed;
    private long _dropped;

    /// <summary>How many samples the reader was too slow for.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Nobody reads it any more.</summary>
    internal bool IsGone { get; private set; }

    private bool IsHalfFull => _bytes > maxBytes / 2 || _queue.Count > MaxSamples / 2;

    /// <summary>
    /// All samples, in publishing order, until the broadcast ends; null where a publication is over: what follows is another one's. The
    /// first sample behind dropped ones says so.
    /// </summary>
    public async IAsyncEnumerable<Sample?> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            while (TryRead(out var sample))
            {
                yield return sample;
            }

            if (IsDrained())
            {
                yield break;
            }

            await WaitAsync().WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes nothing more and brakes nobody. The broadcast may still offer: its list of readers is its own.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            IsGone = true;
            _completed = true;
            _queue.Clear();
            _bytes = 0;
            brake.Release(this);
            WakeElsewhere();
        }
    }

    internal void Offer(Sample sample)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            _hasVideo |= sample.Track is VideoTrack;
            if (!HasRoomFor(sample))
            {
                _hole = true;
                Interlocked.Increment(ref _dropped);
                return;
            }

            _queue.Enqueue(_hole ? sample with { FollowsHole = true } : sample);
            (_hole, _publicationOver) = (false, false);
            _bytes += sample.Data.Length;
            if (IsHalfFull)
            {
                brake.Apply(this);
            }
        }
    }

    /// <summary>Whoever waits goes on here and now, if there is something for it; not to be called with a lock held.</summary>
    internal void Wake()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            if (_queue.Count == 0 && !_completed)
            {
                return;
            }

            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult();
    }

    /// <summary>Publications that brought no sample leave no mark: however many come and go, the queue does not grow.</summary>
    internal void EndPublication()
    {
        lock (_gate)
        {
            if (!_completed && !_publicationOver)
            {
                _queue.Enqueue(null);
                _publicationOver = true;
                WakeElsewhere();
            }
        }
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            WakeElsewhere();
        }
    }

    private bool HasRoomFor(Sample sample)
    {
        if (_skipToSync)
        {
            // Sound alone is decodable everywhere; beside pictures it waits for theirs.
            _skipToSync = !sample.IsSync || (_hasVideo && sample.Track is not VideoTrack);
        }

        if (_bytes + sample.Data.Length > maxBytes
            || _queue.Count >= MaxSamples
            || (_queue.TryPeek(out var oldest) && oldest is not null && time.GetElapsedTime(oldest.Arrival) > maxAge))
        {
            _skipToSync = true;
        }

        return !_skipToSync;
    }

    /// <summary>Completes when there is something to read, or never will be.</summary>
    private Task WaitAsync()
    {
        lock (_gate)
        {
            return _queue.Count > 0 || _completed ? Task.CompletedTask : (_waiting ??= new TaskCompletionSource()).Task;
        }
    }

    /// <summary>As <see cref="Wake"/>, from within a lock: whoever waits goes on elsewhere.</summary>
    private void WakeElsewhere() => ThreadPool.UnsafeQueueUserWorkItem(static reader => reader.Wake(), this, preferLocal: false);

    private bool TryRead(out Sample? sample)
    {
        lock (_gate)
        {
            if (!_queue.TryDequeue(out sample))
            {
                return false;
            }

            _bytes -= sample?.Data.Length ?? 0;
            if (!IsHalfFull)
            {
                brake.Release(this);
            }

            return true;
        }
    }

    private bool IsDrained()
    {
        lock (_gate)
        {
            return _completed && _queue.Count == 0;
        }
    }
}
