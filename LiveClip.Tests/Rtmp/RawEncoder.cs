using System.IO.Pipelines;
using LiveClip.Core.Rtmp;

namespace LiveClip.Tests.Rtmp;

/// <summary>An encoder that says exactly what a test wants, rules broken included, and hears everything that the server says.</summary>
internal sealed class RawEncoder(IDuplexPipe transport)
{
    private readonly ChunkReader _chunks = new(RtmpLimits.Default);
    private readonly ChunkWriter _writer = new(transport.Output);

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(transport, TimeProvider.System);
        await RtmpHandshake.RequestAsync(transport, deadline, cancellationToken);
        await SendAsync(
            new RtmpCommand("connect", 1, new OrderedDictionary<string, object?> { ["app"] = "live", ["flashVer"] = "raw" }).ToMessage(),
            cancellationToken);
        await ReadCommandAsync("_result", cancellationToken);
    }

    /// <summary>Up to the server's answer, whose code it returns.</summary>
    public async Task<string> PublishAsync(string key, CancellationToken cancellationToken)
    {
        await SendAsync(new RtmpCommand("publish", 5, null, key, "live").ToMessage(1), cancellationToken);
        var status = await ReadCommandAsync("onStatus", cancellationToken);
        return (string)status.ObjectAt(1)!["code"]!;
    }

    public async Task SendAsync(RtmpMessage message, CancellationToken cancellationToken)
    {
        _writer.Write(message);
        await transport.Output.FlushAsync(cancellationToken);
    }

    /// <summary>Larger chunks than the 128 bytes of the protocol's beginning: thousands of messages are sent at once.</summary>
    public void SetChunkSize(int size) => _writer.SetChunkSize(size);

    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await transport.Output.WriteAsync(bytes, cancellationToken);

    public async Task<RtmpCommand> ReadCommandAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await ReadAsync(RtmpMessageType.CommandAmf0, cancellationToken);
            if (RtmpCommand.Parse(message, RtmpLimits.Default) is { } command && command.Name == name)
            {
                return command;
            }
        }
    }

    public async Task<RtmpMessage> ReadAsync(RtmpMessageType type, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await transport.Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            RtmpMessage? message = null;
            while (message?.Type != type && _chunks.TryRead(ref buffer, out message))
            {
            }

            transport.Input.AdvanceTo(buffer.Start, message is null ? buffer.End : buffer.Start);
            if (message is not null)
            {
                return message;
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException($"the server closed before a message of type {type}");
            }
        }
    }

    public static RtmpMessage Media(RtmpMessageType type, uint timestamp, params byte[] payload) =>
        new() { Type = type, Timestamp = timestamp, MessageStreamId = 1, Payload = payload };
}
