using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace LiveClip.Core.Rtmp;

/// <summary>
/// The opening exchange of C0 C1 C2 and S0 S1 S2 (RTMP 1.0 §5.2), in its simple form: the peer's echo is not compared, because
/// encoders in the field do not send it faithfully.
/// </summary>
internal static class RtmpHandshake
{
    /// <summary>What each side reads: C0 (1) + C1 (1,536) + C2 (1,536), or the same of S.</summary>
    public const int BytesRead = 1 + 2 * BlockBytes;

    private const int BlockBytes = 1536;
    private const int RandomOffset = 8;
    private const byte Version = 3;

    /// <summary>The server's side; false when the peer closed the connection instead.</summary>
    /// <exception cref="RtmpProtocolException">The peer speaks another version, or is too slow.</exception>
    public static async Task<bool> AcceptAsync(IDuplexPipe transport, Deadline deadline, CancellationToken cancellationToken)
    {
        if (!await ReadVersionAsync(transport.Input, deadline, cancellationToken)
            || await ReadBlockAsync(transport.Input, deadline, cancellationToken) is not { } clientBlock)
        {
            return false;
        }

        WriteVersionAndBlock(transport.Output);
        transport.Output.Write(clientBlock); // S2 echoes C1.
        await FlushAsync(transport.Output, deadline, cancellationToken);
        return await ReadBlockAsync(transport.Input, deadline, cancellationToken) is not null;
    }

    /// <summary>The client's side; false when the server closed the connection instead.</summary>
    /// <exception cref="RtmpProtocolException">The server speaks another version, or is too slow.</exception>
    public static async Task<bool> RequestAsync(IDuplexPipe transport, Deadline deadline, CancellationToken cancellationToken)
    {
        WriteVersionAndBlock(transport.Output);
        await FlushAsync(transport.Output, deadline, cancellationToken);
        if (!await ReadVersionAsync(transport.Input, deadline, cancellationToken)
            || await ReadBlockAsync(transport.Input, deadline, cancellationToken) is not { } serverBlock)
        {
            return false;
        }

        transport.Output.Write(serverBlock); // C2 echoes S1.
        await FlushAsync(transport.Output, deadline, cancellationToken);
        return await ReadBlockAsync(transport.Input, deadline, cancellationToken) is not null;
    }

    private static void WriteVersionAndBlock(PipeWriter output)
    {
        // §5.2.2, §5.2.3:  version(8) | time(32)=0 | zero(32) | random(1528 bytes). A zero field that is not 0 would announce the digest
        // handshake of later Flash servers.
        var bytes = output.GetSpan(1 + BlockBytes)[..(1 + BlockBytes)];
        bytes[0] = Version;
        bytes.Slice(1, RandomOffset).Clear();
        RandomNumberGenerator.Fill(bytes[(1 + RandomOffset)..]);
        output.Advance(bytes.Length);
    }

    private static async Task<bool> ReadVersionAsync(PipeReader input, Deadline deadline, CancellationToken cancellationToken)
    {
        if (await ReadAsync(input, 1, deadline, cancellationToken) is not { } version)
        {
            return false;
        }

        // Said at once and not after 1,536 bytes: a browser or a scanner on this port would wait for ever.
        return version[0] == Version
            ? true
            : throw new RtmpProtocolException("handshake byte 0", $"version {version[0]}, not {Version}");
    }

    private static Task<byte[]?> ReadBlockAsync(PipeReader input, Deadline deadline, CancellationToken cancellationToken) =>
        ReadAsync(input, BlockBytes, deadline, cancellationToken);

    private static async Task<byte[]?> ReadAsync(PipeReader input, int count, Deadline deadline, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAtLeastAsync(count, cancellationToken);
            if (result.IsCanceled)
            {
                deadline.ThrowIfPassed();
            }

            if (result.Buffer.Length >= count)
            {
                var bytes = result.Buffer.Slice(0, count);
                var copy = bytes.ToArray();
                input.AdvanceTo(bytes.End);
                return copy;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    private static async Task FlushAsync(PipeWriter output, Deadline deadline, CancellationToken cancellationToken)
    {
        if ((await output.FlushAsync(cancellationToken)).IsCanceled)
        {
            deadline.ThrowIfPassed();
        }
    }
}
