using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Support;

/// <summary>An encoder that sends a file over and over, its time stamps going on, as far as it is let.</summary>
internal sealed class LoopPublisher : IAsyncDisposable
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RtmpClient _client = null!;

    private LoopPublisher()
    {
    }

    /// <summary>Ends when all of it has been handed to the network; fails when the server closes before.</summary>
    public Task Sent => Task.WhenAny(_sent.Task, _client.Publishing).Unwrap();

    /// <param name="loop">How long the file is.</param>
    /// <param name="mayGoOn">Asked with the time of each picture, from the publish's beginning on: comes back when it may be sent.</param>
    public static async Task<LoopPublisher> StartAsync(
        string file, Uri rtmpUrlWithKey, TimeSpan loop, TimeSpan length, Func<TimeSpan, CancellationToken, Task> mayGoOn)
    {
        var tags = new List<FlvTag>();
        await using (var bytes = File.OpenRead(file))
        {
            await foreach (var tag in FlvReader.ReadAsync(PipeReader.Create(bytes), CancellationToken.None))
            {
                tags.Add(tag);
            }
        }

        var publisher = new LoopPublisher();
        publisher._client = await RtmpClient.StartAsync(rtmpUrlWithKey, closed => publisher.TagsAsync(tags, loop, length, mayGoOn, closed));
        return publisher;
    }

    /// <summary>Says goodbye.</summary>
    public async Task StopAsync()
    {
        _end.TrySetResult();
        await _client.Publishing;
    }

    /// <summary>The connection is gone at once, without a goodbye of any kind.</summary>
    public void Reset() => _client.Reset();

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async IAsyncEnumerable<FlvTag> TagsAsync(
        List<FlvTag> tags, TimeSpan loop, TimeSpan length, Func<TimeSpan, CancellationToken, Task> mayGoOn,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var passed = TimeSpan.Zero; passed < length; passed += loop)
        {
            foreach (var tag in tags)
            {
                var time = passed + TimeSpan.FromMilliseconds(tag.Timestamp);
                if (time >= length || tag.Timestamp >= loop.TotalMilliseconds)
                {
                    continue;
                }

                var isPicture = tag.Type == RtmpMessageType.Video && FlvVideoTag.Parse(tag.Body).Kind == FlvVideoKind.Nalus;
                if (isPicture)
                {
                    await mayGoOn(time, cancellationToken);
                }

                yield return tag with { Timestamp = (uint)time.TotalMilliseconds };
            }
        }

        _sent.TrySetResult();
        await _end.Task.WaitAsync(cancellationToken);
    }
}
