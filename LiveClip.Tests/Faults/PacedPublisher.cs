using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;

namespace LiveClip.Tests.Faults;

/// <summary>An encoder in real time that knows how many pictures it has handed to the network.</summary>
internal sealed class PacedPublisher : IAsyncDisposable
{
    private readonly Lock _gate = new();

    // Where each picture ends among the bytes sent.
    private readonly List<long> _ends = [];
    private readonly List<DateTimeOffset> _sentAt = [];
    private RtmpClient _client = null!;
    private long _sentBytes;

    private PacedPublisher()
    {
    }

    /// <summary>Pictures, in decode order from the file's first.</summary>
    public int Sent
    {
        get
        {
            lock (_gate)
            {
                return _ends.Count;
            }
        }
    }

    /// <summary>When that picture was handed to the network.</summary>
    public DateTimeOffset SentAt(int picture)
    {
        lock (_gate)
        {
            return _sentAt[picture];
        }
    }

    public static async Task<PacedPublisher> StartAsync(string file, Uri rtmpUrlWithKey)
    {
        var publisher = new PacedPublisher();
        publisher._client = await RtmpClient.StartAsync(rtmpUrlWithKey, closed => publisher.TagsAsync(file, closed));
        return publisher;
    }

    /// <summary>Those of them that a server which is halted has read: what waits in the kernel, on either side, it never had.</summary>
    public int Received()
    {
        lock (_gate)
        {
            var waiting = _client.WaitingBytes();
            return _ends.Count(end => end <= _sentBytes - waiting);
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async IAsyncEnumerable<FlvTag> TagsAsync(string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var bytes = File.OpenRead(file);
        var started = Stopwatch.GetTimestamp();
        await foreach (var tag in FlvReader.ReadAsync(PipeReader.Create(bytes), cancellationToken))
        {
            var ahead = TimeSpan.FromMilliseconds(tag.Timestamp) - Stopwatch.GetElapsedTime(started);
            if (ahead > TimeSpan.Zero)
            {
                await Task.Delay(ahead, cancellationToken);
            }

            yield return tag;
            // The next one is asked for when this one was sent.
            lock (_gate)
            {
                _sentBytes += tag.Body.Length;
                if (tag.Type == RtmpMessageType.Video && tag.Body.Span is [_, 1, ..])
                {
                    _ends.Add(_sentBytes);
                    _sentAt.Add(DateTimeOffset.UtcNow);
                }
            }
        }
    }
}
