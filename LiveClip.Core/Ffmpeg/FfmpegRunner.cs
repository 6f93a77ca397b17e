using System.Text;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Ffmpeg;

/// <summary>
/// Runs ffmpeg as a child process, without a shell and never unbounded: by its deadline or a cancellation it is asked to finish, and
/// killed when it has not 5 s later.
/// </summary>
public sealed partial class FfmpegRunner(ILogger<FfmpegRunner> logger, TimeProvider time)
{
    private const int KeptErrorBytes = 64 * 1024;
    private const int PumpBytes = 64 * 1024;

    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>Finds out once what ffmpeg can be kept from on this machine, before somebody waits for it, and says so.</summary>
    public void Prepare() => LogSandbox(FfmpegSandbox.Instance.Level);

    /// <summary>
    /// Completes when ffmpeg has ended well and all that it wrote to stdout is in <paramref name="standardOutput"/>, at whose pace it
    /// runs. The deadline is <see cref="Timeout.InfiniteTimeSpan"/> for a run that ends by cancellation only.
    /// </summary>
    /// <exception cref="FfmpegException">It ended with an error, or the deadline passed.</exception>
    public async Task RunAsync(
        FfmpegArguments arguments,
        TimeSpan deadline,
        Stream? standardInput,
        Stream? standardOutput,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = await FfmpegProcess.StartAsync(arguments, deadline);
        LogStarted(process.Id, arguments);
        using var late = new CancellationTokenSource(deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var feed = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        using var drain = new CancellationTokenSource();

        var feeding = StopWhenFailed(FeedAsync(standardInput ?? Stream.Null, process.StandardInput, feed.Token), stop);
        var draining = StopWhenFailed(DrainAsync(process.StandardOutput, standardOutput ?? Stream.Null, drain.Token), stop);
        var errors = ReadTailAsync(process.StandardError);
        var exitCode = await EndAsync(process, stop.Token);

        // Whoever feeds may be waiting for more to come; but what ffmpeg wrote before it ended is still to be handed on, at the pace of
        // whoever takes it, within the deadline.
        await feed.CancelAsync();
        await using (stop.Token.Register(drain.Cancel))
        {
            await Task.WhenAll(feeding, draining);
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (late.IsCancellationRequested)
        {
            throw new FfmpegException($"had not ended after {deadline} and was stopped", arguments, exitCode, await errors);
        }
        if (exitCode != 0)
        {
            throw new FfmpegException($"ended with exit code {exitCode}", arguments, exitCode, await errors);
        }
    }

    private static async Task StopWhenFailed(Task pump, CancellationTokenSource stop)
    {
        try
        {
            await pump;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private static async Task FeedAsync(Stream source, Stream standardInput, CancellationToken cancellationToken)
    {
        await using var input = standardInput; // closing it tells ffmpeg that there is no more
        var buffer = new byte[PumpBytes];
        try
        {
            while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                if (!await TryWriteAsync(input, buffer.AsMemory(0, count), cancellationToken))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    /// <summary>False when ffmpeg has closed its stdin: it has all it wants (<c>-t</c>, <c>-frames:v</c>), or its exit code tells.</summary>
    private static async Task<bool> TryWriteAsync(Stream input, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(bytes, cancellationToken);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task DrainAsync(Stream output, Stream target, CancellationToken cancellationToken)
    {
        try
        {
            await output.CopyToAsync(target, PumpBytes, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was stopped; the rest of its output is nobody's.
        }
    }

    private static async Task<IReadOnlyList<string>> ReadTailAsync(Stream standardError)
    {
        var tail = new byte[KeptErrorBytes];
        var buffer = new byte[4096];
        var kept = 0;
        while (await standardError.ReadAsync(buffer) is > 0 and var count)
        {
            var dropped = Math.Max(0, kept + count - tail.Length);
            tail.AsSpan(dropped, kept - dropped).CopyTo(tail);
            buffer.AsSpan(0, count).CopyTo(tail.AsSpan(kept - dropped));
            kept += count - dropped;
        }
        return Encoding.UTF8.GetString(tail, 0, kept).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Waits for its end, which it is helped to in two stages once <paramref name="stop"/> is cancelled.</summary>
    private async Task<int> EndAsync(FfmpegProcess process, CancellationToken stop)
    {
        try
        {
            return await process.Exited.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            process.Terminate();
        }
        try
        {
            return await process.Exited.WaitAsync(GracePeriod, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            LogKilled(process.Id, GracePeriod);
            process.Kill();
        }
        return await process.Exited;
    }

    [LoggerMessage(LogLevel.Information, "ffmpeg runs with {Level}")]
    private partial void LogSandbox(string level);

    [LoggerMessage(LogLevel.Debug, "ffmpeg {ProcessId} started: {Arguments}")]
    private partial void LogStarted(int processId, FfmpegArguments arguments);

    [LoggerMessage(LogLevel.Warning, "ffmpeg {ProcessId} was killed: asked to finish, it had not after {GracePeriod}")]
    private partial void LogKilled(int processId, TimeSpan gracePeriod);
}
