using System.Net;
using LiveClip.Core.Catalog;
using LiveClip.Core.OnAir;
using LiveClip.Core.Rtmp;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Ingest;

/// <summary>Serves one RTMP connection: checks its key, then feeds the stream's broadcast until either side ends it.</summary>
public sealed partial class RtmpIngestHandler(
    StreamKeys keys,
    BroadcastRegistry broadcasts,
    ConnectionBudget budget,
    TimeProvider time,
    ILogger<RtmpIngestHandler> logger) : ConnectionHandler
{
    /// <summary>A publisher may be this far ahead of real time before a half full queue makes it wait.</summary>
    private const long AllowedLead = 2_000;

    private static int _breaks;

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        using var slot = budget.TryEnter(address);
        if (slot is null)
        {
            LogNoRoom(connection.ConnectionId, address);
            return;
        }

        // Only the server's own end cuts a connection short. ConnectionClosed does not: it fires while the encoder's last pictures, and its
        // goodbye, still wait to be read.
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        try
        {
            await ServeAsync(connection, address, slot, closing);
        }
        catch (RtmpProtocolException error)
        {
            LogBroken(connection.ConnectionId, address, error.Message);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            LogClosed(connection.ConnectionId, address);
        }
    }

    private async Task ServeAsync(ConnectionContext connection, IPAddress address, ConnectionSlot slot, CancellationToken ended)
    {
        using var rtmp = new RtmpConnection(connection.Transport, RtmpLimits.Default, time);
        LiveStream? stream = null;
        var accepted = await rtmp.AcceptPublishAsync(
            async (publish, token) => (stream = await keys.FindAsync(publish.StreamName, token)) is not null && slot.TryPromote(), ended);
        if (accepted is null || stream is null)
        {
            LogRefused(connection.ConnectionId, address);
            return;
        }

        var publication = broadcasts.Begin(
            stream.Id, TimeSpan.FromSeconds(stream.ReconnectWindowSeconds), address.ToString(), accepted.EncoderName);
        LogPublishing(stream.Id, address, accepted.EncoderName);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(ended, publication.Cancelled);
        try
        {
            await FeedAsync(rtmp, stream.Id, publication, cancelled.Token);
        }
        finally
        {
            publication.Finish(rtmp.EndedByPublisher);
            LogLeft(stream.Id, address, rtmp.EndedByPublisher ? "said goodbye" : "was lost");
        }

        await rtmp.AwaitCloseAsync(cancelled.Token);
    }

    private async Task FeedAsync(RtmpConnection rtmp, string streamId, Publication publication, CancellationToken cancellationToken)
    {
        var samples = new FlvSamples(() => Interlocked.Increment(ref _breaks), time, publication.CountRepair);
        var started = time.GetTimestamp();
        string? unsupported = null;
        string? malformed = null;
        await foreach (var message in rtmp.ReadMediaAsync(cancellationToken))
        {
            if (samples.Read(message) is { } sample)
            {
                publication.Publish(sample);
            }

            if (samples.UnsupportedCodec != unsupported)
            {
                unsupported = samples.UnsupportedCodec;
                LogUnsupported(streamId, unsupported);
            }

            // Only the first: an encoder that breaks one message may break all of them. How many is counted.
            if (malformed is null && samples.Malformed is { } what)
            {
                malformed = what;
                LogMalformed(streamId, what);
            }

            if (samples.MediaTime - time.GetElapsedTime(started).TotalMilliseconds > AllowedLead)
            {
                await publication.WaitForReadersAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} is published from {Address} by {Encoder}")]
    private partial void LogPublishing(string streamId, IPAddress address, string? encoder);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId}: the publisher at {Address} {How}")]
    private partial void LogLeft(string streamId, IPAddress address, string how);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId} sends {Codec}, which cannot be recorded: set the encoder to H.264 and AAC")]
    private partial void LogUnsupported(string streamId, string? codec);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId} sent what is left out of its recording: {What}")]
    private partial void LogMalformed(string streamId, string what);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId} from {Address} was refused: no such stream key, or too many publishers")]
    private partial void LogRefused(string connectionId, IPAddress address);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId} from {Address} was refused: too many connections without a valid key")]
    private partial void LogNoRoom(string connectionId, IPAddress address);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId} from {Address} broke RTMP: {Rule}")]
    private partial void LogBroken(string connectionId, IPAddress address, string rule);

    [LoggerMessage(LogLevel.Debug, "Connection {ConnectionId} from {Address} closed")]
    private partial void LogClosed(string connectionId, IPAddress address);
}
