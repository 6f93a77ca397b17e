using System.IO.Pipelines;
using System.Net;
using LiveClip.Core.OnAir;
using LiveClip.Core.Rtmp;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Ingest;

/// <summary>Serves one RTMP connection: checks its key, then feeds the stream's broadcast until either side ends it.</summary>
public sealed partial class RtmpIngestHandler(
    StreamKeys keys,
    BroadcastRegistry broadcasts,
    ConnectionBudget budget,
    WarningLimit warnings,
    TimeProvider time,
    ILogger<RtmpIngestHandler> logger)
{
    /// <summary>A publisher may be this far ahead of real time before a half full queue makes it wait.</summary>
    private const long AllowedLead = 2_000;

    /// <summary>How long what an encoder has sent before the server stops may take to be read.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(1);

    private static int _breaks;

    /// <summary>Never fails; the transport is its owner's to close.</summary>
    /// <param name="closing">The server stops: nothing more comes in by the transport than what has come already.</param>
    public async Task ServeAsync(IDuplexPipe transport, IPAddress address, CancellationToken closing)
    {
        using var slot = budget.Enter(address);
        try
        {
            await ServeAsync(transport, address, slot, closing);
        }
        catch (RtmpProtocolException error)
        {
            if (warnings.Lets(nameof(LogBroken), $"{slot.From}", out var leftOut))
            {
                LogBroken(address, error.Message, leftOut);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            if (slot.Displaced.IsCancellationRequested && warnings.Lets(nameof(LogNoRoom), $"{slot.From}", out var leftOut))
            {
                LogNoRoom(address, leftOut);
            }

            LogClosed(address);
        }
#pragma warning disable CA1031 // One connection's failure must not take the others down, nor go unsaid.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(address, error);
        }
    }

    private async Task ServeAsync(IDuplexPipe transport, IPAddress address, ConnectionSlot slot, CancellationToken closing)
    {
        using var rtmp = new RtmpConnection(transport, RtmpLimits.Default, time);
        Publication? publication = null;
        try
        {
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(closing, slot.Displaced);
            var accepted = await rtmp.AcceptPublishAsync(
                async (publish, token) => (publication = await BeginAsync(publish, address, slot, token)) is not null, waiting.Token);
            if (accepted is null || publication is null)
            {
                if (warnings.Lets(nameof(LogRefused), $"{slot.From}", out var leftOut))
                {
                    LogRefused(address, leftOut);
                }

                return;
            }

            await FeedAsync(rtmp, publication, closing);
        }
        finally
        {
            if (publication is not null)
            {
                publication.Finish(rtmp.EndedByPublisher);
                LogLeft(publication.StreamId, address, rtmp.EndedByPublisher ? "said goodbye" : "was lost");
            }
        }

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(closing, publication.Cancelled);
        await rtmp.AwaitCloseAsync(leaving.Token);
    }

    /// <summary>Null when the key opens no stream, or the stream takes no publisher now.</summary>
    private async ValueTask<Publication?> BeginAsync(
        RtmpPublishRequest publish, IPAddress address, ConnectionSlot slot, CancellationToken cancellationToken)
    {
        if (await keys.FindAsync(publish.StreamName, cancellationToken) is not { } stream)
        {
            return null;
        }

        var before = broadcasts.Find(stream.Id);
        var wasHeldOff = before?.TakeoversHeldOffUntil is not null;
        if (!slot.TryPromote(replacesPublisher: before?.Publication is not null))
        {
            return null;
        }

        var window = TimeSpan.FromSeconds(stream.ReconnectWindowSeconds);
        if (broadcasts.TryBegin(stream.Id, window, address.ToString(), publish.EncoderName) is { } publication)
        {
            LogPublishing(stream.Id, address, publish.EncoderName);
            return publication;
        }

        if (!wasHeldOff)
        {
            LogHeldOff(stream.Id, address);
        }

        return null;
    }

    private async Task FeedAsync(RtmpConnection rtmp, Publication publication, CancellationToken closing)
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(publication.Cancelled);
        await using var drain = closing.UnsafeRegister(_ => cancelled.CancelAfter(LongestDrain), null);
        var samples = new FlvSamples(() => Interlocked.Increment(ref _breaks), time, publication.CountRepair);
        var started = time.GetTimestamp();
        string? unsupported = null;
        string? malformed = null;
        await foreach (var message in rtmp.ReadMediaAsync(cancelled.Token))
        {
            if (samples.Read(message) is { } sample)
            {
                publication.Publish(sample);
            }

            if (samples.UnsupportedCodec != unsupported)
            {
                unsupported = samples.UnsupportedCodec;
                WarnOfUnsupported(publication.StreamId, unsupported);
            }

            // Only the first: an encoder that breaks one message may break all of them. How many is counted.
            if (malformed is null && samples.Malformed is { } what)
            {
                malformed = what;
                WarnOfMalformed(publication.StreamId, what);
            }

            if (samples.MediaTime - time.GetElapsedTime(started).TotalMilliseconds > AllowedLead)
            {
                await publication.WaitForReadersAsync(cancelled.Token);
            }
        }
    }

    private void WarnOfUnsupported(string streamId, string? codec)
    {
        if (warnings.Lets(nameof(LogUnsupported), streamId, out var leftOut))
        {
            LogUnsupported(streamId, codec, leftOut);
        }
    }

    private void WarnOfMalformed(string streamId, string what)
    {
        if (warnings.Lets(nameof(LogMalformed), streamId, out var leftOut))
        {
            LogMalformed(streamId, what, leftOut);
        }
    }

    [LoggerMessage(LogLevel.Information, "Stream {StreamId} is published from {Address} by {Encoder}")]
    private partial void LogPublishing(string streamId, IPAddress address, string? encoder);

    [LoggerMessage(LogLevel.Information, "Stream {StreamId}: the publisher at {Address} {How}")]
    private partial void LogLeft(string streamId, IPAddress address, string how);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId}: two encoders fight for it; the publisher stays, and {Address} is refused")]
    private partial void LogHeldOff(string streamId, IPAddress address);

    // What strangers and broken encoders can cause ends with how many like it were left out since the last one.
    [LoggerMessage(
        LogLevel.Warning, "Stream {StreamId} sends {Codec}, which cannot be recorded: set the encoder to H.264 and AAC (+{LeftOut})")]
    private partial void LogUnsupported(string streamId, string? codec, int leftOut);

    [LoggerMessage(LogLevel.Warning, "Stream {StreamId} sent what is left out of its recording: {What} (+{LeftOut})")]
    private partial void LogMalformed(string streamId, string what, int leftOut);

    [LoggerMessage(
        LogLevel.Warning,
        "A connection from {Address} was refused: no such stream key, or no publisher can be taken now (+{LeftOut})")]
    private partial void LogRefused(IPAddress address, int leftOut);

    [LoggerMessage(
        LogLevel.Warning, "A connection from {Address} had to go: too many connections without a valid key (+{LeftOut})")]
    private partial void LogNoRoom(IPAddress address, int leftOut);

    [LoggerMessage(LogLevel.Warning, "A connection from {Address} broke RTMP: {Rule} (+{LeftOut})")]
    private partial void LogBroken(IPAddress address, string rule, int leftOut);

    [LoggerMessage(LogLevel.Debug, "A connection from {Address} closed")]
    private partial void LogClosed(IPAddress address);

    [LoggerMessage(LogLevel.Error, "A connection from {Address} could not be served")]
    private partial void LogFailed(IPAddress address, Exception error);
}
