using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Support;

/// <summary>
/// An encoder that sends a whole file at once and then stays connected and silent: what the server has by then is known to the byte, and
/// the broadcast stays on air.
/// </summary>
public sealed class SilentPublisher : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RtmpClient _client = null!;

    private SilentPublisher()
    {
    }

    public static async Task<SilentPublisher> StartAsync(string file, Uri rtmpUrlWithKey)
    {
        var publisher = new SilentPublisher();
        var client = publisher._client = await RtmpClient.StartAsync(rtmpUrlWithKey, closed => publisher.TagsAsync(file, closed));
        await Eventually.EndsAsync(await Task.WhenAny(publisher._sent.Task, client.Publishing), Deadline, "sending the file");
        await Eventually.TrueAsync(() => client.WaitingBytes() == 0, Deadline, "the server's reading of all that was sent");
        return publisher;
    }

    /// <summary>Says goodbye.</summary>
    public async Task StopAsync()
    {
        _end.TrySetResult();
        await Eventually.EndsAsync(_client.Publishing, Deadline);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async IAsyncEnumerable<FlvTag> TagsAsync(string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var bytes = File.OpenRead(file);
        await foreach (var tag in FlvReader.ReadAsync(PipeReader.Create(bytes), cancellationToken))
        {
            yield return tag;
        }
        _sent.TrySetResult();
        await _end.Task.WaitAsync(cancellationToken);
    }
}
