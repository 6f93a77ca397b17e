using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Support;

/// <summary>An encoder that sends so many pictures of a file as a test says, knows which it has sent, and can vanish with a reset.</summary>
public sealed class SteppedPublisher : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _allowed = new(0);
    private RtmpClient _client = null!;
    private int _asked;
    private int _pictures;

    private SteppedPublisher()
    {
    }

    /// <summary>How many pictures have been handed to the network.</summary>
    public int Pictures => Volatile.Read(ref _pictures);

    public static async Task<SteppedPublisher> StartAsync(string file, Uri rtmpUrlWithKey)
    {
        var publisher = new SteppedPublisher();
        publisher._client = await RtmpClient.StartAsync(rtmpUrlWithKey, closed => publisher.TagsAsync(file, closed));
        return publisher;
    }

    /// <summary>Sends so many pictures more, and the sound between them; fails when the server closes or the file ends.</summary>
    public async Task SendAsync(int pictures)
    {
        _asked += pictures;
        _allowed.Release(pictures);
        var asked = _asked;
        await Eventually.TrueAsync(() => Pictures >= asked || _client.Publishing.IsCompleted, Deadline);
        if (Pictures < asked)
        {
            await _client.Publishing;
            throw new EndOfStreamException("the file has no more pictures");
        }
    }

    /// <summary>The connection is gone at once, without a goodbye of any kind.</summary>
    public void Reset() => _client.Reset();

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _allowed.Dispose();
    }

    private async IAsyncEnumerable<FlvTag> TagsAsync(string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var bytes = File.OpenRead(file);
        await foreach (var tag in FlvReader.ReadAsync(PipeReader.Create(bytes), cancellationToken))
        {
            var isPicture = tag.Type == RtmpMessageType.Video && FlvVideoTag.Parse(tag.Body).Kind == FlvVideoKind.Nalus;
            if (isPicture)
            {
                await _allowed.WaitAsync(cancellationToken);
            }

            yield return tag;
            // Asked for the next one, so that one is sent.
            if (isPicture)
            {
                Interlocked.Increment(ref _pictures);
            }
        }
    }
}
