using System.ComponentModel;
using System.Data.Common;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Ingest;
using LiveClip.Core.Rtmp;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Demo;

/// <summary>
/// Publishes a generated picture and sound to the Demo stream through the front door, for as long as the server runs. ffmpeg only
/// generates; the connection is our own, so that no key stands in an argument list.
/// </summary>
public sealed partial class DemoPublisher(
    DemoStream demo,
    RtmpAddress address,
    ReadPace pace,
    FfmpegRunner ffmpeg,
    IHostApplicationLifetime server,
    TimeProvider time,
    ILogger<DemoPublisher> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var endpoint = await address.WaitAsync(stoppingToken);
        // The front door closes before the services behind it are stopped.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, server.ApplicationStopping);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Asked for each time: the key may have been rotated.
                await PublishAsync(endpoint, await demo.FindOrCreateAsync(stopping.Token), stopping.Token);
            }
            catch (Exception error) when (error is FfmpegException or Win32Exception or RtmpProtocolException or IOException or DbException)
            {
                LogInterrupted(error.Message);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PublishAsync(IPEndPoint endpoint, string key, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, cancellationToken);
        await using var transport = new SocketTransport(socket, pace);
        using var publisher = new RtmpPublisher(transport);

        var media = new Pipe();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var generating = GenerateAsync(media.Writer, ended.Token);
        try
        {
            await publisher.PublishAsync(
                "live", $"rtmp://{endpoint}/live", key, FlvReader.ReadAsync(media.Reader, cancellationToken), cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await media.Reader.CompleteAsync();
            await generating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // The picture ended before the server did: ffmpeg says why.
        if (generating.IsFaulted)
        {
            await generating;
        }
    }

    private async Task GenerateAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await ffmpeg.RunAsync(FfmpegArguments.DemoSource(), Timeout.InfiniteTimeSpan, null, output.AsStream(), cancellationToken);
        }
        finally
        {
            await output.CompleteAsync();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The demo picture was interrupted and begins again: {Reason}")]
    private partial void LogInterrupted(string reason);
}
