using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;

namespace LiveClip.Tests.Faults;

/// <summary>An encoder in real time that knows how many pictures it has handed to the network.</summary>
internal sealed class PacedPublisher : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _publishing;
    private readonly Lock _gate = new();

    // Where each picture ends among the bytes sent.
    private readonly List<long> _ends = [];
    private long _sentBytes;

    private PacedPublisher(TcpClient client, string file, Uri address)
    {
        _client = client;
        _publishing = PublishAsync(file, address);
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

    public static async Task<PacedPublisher> StartAsync(string file, Uri rtmpUrlWithKey)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(rtmpUrlWithKey.Host, rtmpUrlWithKey.Port);
        return new PacedPublisher(client, file, rtmpUrlWithKey);
    }

    /// <summary>Those of them that a server which is halted has read: what waits in the kernel, on either side, it never had.</summary>
    public int Received()
    {
        lock (_gate)
        {
            var waiting = WaitingBytes(((IPEndPoint)_client.Client.LocalEndPoint!).Port);
            return _ends.Count(end => end <= _sentBytes - waiting);
        }
    }

    /// <summary>Its connection is closed, if the server has not done that, whatever it was about to send.</summary>
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
                }
            }
        }
    }

    /// <summary>Of both ends of the connection from that port.</summary>
    private static long WaitingBytes(int port) => File.ReadLines("/proc/net/tcp").Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(columns => columns[1..3].Any(
            address => address.EndsWith(port.ToString("':'X4", CultureInfo.InvariantCulture), StringComparison.Ordinal)))
        .SelectMany(columns => columns[4].Split(':'))
        .Sum(bytes => long.Parse(bytes, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
