using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
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

    private readonly TcpClient _client;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _publishing;

    private SilentPublisher(TcpClient client, string file, Uri address)
    {
        _client = client;
        _publishing = PublishAsync(file, address);
    }

    public static async Task<SilentPublisher> StartAsync(string file, Uri rtmpUrlWithKey)
    {
        var client = new TcpClient();
        await client.ConnectAsync(rtmpUrlWithKey.Host, rtmpUrlWithKey.Port);
        var publisher = new SilentPublisher(client, file, rtmpUrlWithKey);
        await Eventually.EndsAsync(await Task.WhenAny(publisher._sent.Task, publisher._publishing), Deadline, "sending the file");
        await Eventually.TrueAsync(() => HasDrained(rtmpUrlWithKey.Port), Deadline, "the server's reading of all that was sent");
        return publisher;
    }

    /// <summary>Says goodbye.</summary>
    public async Task StopAsync()
    {
        _end.TrySetResult();
        await Eventually.EndsAsync(_publishing, Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await Eventually.EndsAsync(
            _publishing.ContinueWith(_ => { }, TaskScheduler.Default), Deadline, "the publisher after its connection was closed");
        _client.Dispose();
        _closed.Dispose();
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
            yield return tag;
        }
        _sent.TrySetResult();
        await _end.Task.WaitAsync(cancellationToken);
    }

    /// <summary>No byte of a connection of this port waits in the kernel, on either side.</summary>
    private static bool HasDrained(int port) => File.ReadLines("/proc/net/tcp").Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(columns => columns[1..3].Any(address => address.EndsWith(Hex(port), StringComparison.Ordinal)))
        .Where(columns => columns[3] == "01") // established
        .All(columns => columns[4] == "00000000:00000000");

    private static string Hex(int port) => port.ToString("':'X4", CultureInfo.InvariantCulture);

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
