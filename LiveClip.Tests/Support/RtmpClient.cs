using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Support;

/// <summary>The connection of an encoder that a test leads by the hand: publishes what it is given, until that ends or it is closed.</summary>
internal sealed class RtmpClient : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly CancellationTokenSource _closed = new();

    private RtmpClient(TcpClient client, Uri address, Func<CancellationToken, IAsyncEnumerable<FlvTag>> tags)
    {
        _client = client;
        Publishing = PublishAsync(address, tags);
    }

    /// <summary>Ends with the publish; fails when the server closes.</summary>
    public Task Publishing { get; }

    public static async Task<RtmpClient> StartAsync(Uri rtmpUrlWithKey, Func<CancellationToken, IAsyncEnumerable<FlvTag>> tags)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(rtmpUrlWithKey.Host, rtmpUrlWithKey.Port);
        return new RtmpClient(client, rtmpUrlWithKey, tags);
    }

    /// <summary>What of it waits in the kernel, on either side.</summary>
    public long WaitingBytes()
    {
        var port = ((IPEndPoint)_client.Client.LocalEndPoint!).Port.ToString("':'X4", CultureInfo.InvariantCulture);
        return File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns[1..3].Any(address => address.EndsWith(port, StringComparison.Ordinal)))
            .SelectMany(columns => columns[4].Split(':'))
            .Sum(bytes => long.Parse(bytes, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    /// <summary>The connection is gone at once, without a goodbye of any kind.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    /// <summary>Closes the connection, if the server has not done that, whatever was about to be sent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await Eventually.EndsAsync(
            Publishing.ContinueWith(_ => { }, TaskScheduler.Default), Deadline, "the publisher after its connection was closed");
        _client.Dispose();
        _closed.Dispose();
    }

    private async Task PublishAsync(Uri address, Func<CancellationToken, IAsyncEnumerable<FlvTag>> tags)
    {
        var stream = _client.GetStream();
        using var publisher = new RtmpPublisher(new Transport(PipeReader.Create(stream), PipeWriter.Create(stream)));
        await publisher.PublishAsync(
            "live", $"rtmp://{address.Authority}/live", address.Segments[^1], tags(_closed.Token), _closed.Token);
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
