using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Support;

/// <summary>An encoder that sends so many pictures of a file as a test says, knows which it has sent, and can vanish with a reset.</summary>
public sealed class SteppedPublisher : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly CancellationTokenSource _closed = new();
    private readonly SemaphoreSlim _allowed = new(0);
    private readonly Task _publishing;
    private int _asked;
    private int _pictures;

    private SteppedPublisher(TcpClient client, string file, Uri address)
    {
        _client = client;
        _publishing = PublishAsync(file, address);
    }

    /// <summary>How many pictures have been handed to the network.</summary>
    public int Pictures => Volatile.Read(ref _pictures);

    public static async Task<SteppedPublisher> StartAsync(string file, Uri rtmpUrlWithKey)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(rtmpUrlWithKey.Host, rtmpUrlWithKey.Port);
        return new SteppedPublisher(client, file, rtmpUrlWithKey);
    }

    /// <summary>Sends so many pictures more, and the sound between them; fails when the server closes or the file ends.</summary>
    public async Task SendAsync(int pictures)
    {
        _asked += pictures;
        _allowed.Release(pictures);
        var asked = _asked;
        await Eventually.TrueAsync(() => Pictures >= asked || _publishing.IsCompleted, Deadline);
        if (Pictures < asked)
        {
            await _publishing;
            throw new EndOfStreamException("the file has no more pictures");
        }
    }

    /// <summary>The connection is gone at once, without a goodbye of any kind.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await Eventually.EndsAsync(
            _publishing.ContinueWith(_ => { }, TaskScheduler.Default), Deadline, "the publisher after its connection was closed");
        _client.Dispose();
        _closed.Dispose();
        _allowed.Dispose();
    }

    private async Task PublishAsync(string file, Uri address)
    {
        var stream = _client.GetStream();
        using var publisher = new RtmpPublisher(new Transport(PipeReader.Create(stream), PipeWriter.Create(stream)));
        await publisher.PublishAsync(
            "live", $"rtmp://{address.Authority}/live", address.Segments[^1], TagsAsync(file, _closed.Token), _closed.Token);
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

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
