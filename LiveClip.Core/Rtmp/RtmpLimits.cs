namespace LiveClip.Core.Rtmp;

/// <summary>What a peer may ask of one connection: time, memory and work. Whoever exceeds one is disconnected.</summary>
public sealed class RtmpLimits
{
    public static readonly RtmpLimits Default = new();

    /// <summary>From the accepted connection to the last byte of C2.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the handshake to the publish command; for a publisher, how long the server may take to accept it.</summary>
    public TimeSpan Publish { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the accepted publish to the first byte of sound or picture.</summary>
    public TimeSpan FirstMedia { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest silence on the wire after that, counted in bytes of sound and picture only.</summary>
    public TimeSpan IdleMedia { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the publisher's goodbye to its closing the connection.</summary>
    public TimeSpan Goodbye { get; init; } = TimeSpan.FromSeconds(2);

    public int CommandsBeforePublish { get; init; } = 32;

    /// <summary>Largest message of any type before publish, in bytes.</summary>
    public int MessageBytesBeforePublish { get; init; } = 64 * 1024;

    /// <summary>Largest audio, video or aggregate message after publish, in bytes.</summary>
    public int MediaMessageBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Largest data, command or control message after publish, in bytes.</summary>
    public int DataMessageBytes { get; init; } = 256 * 1024;

    /// <summary>Chunk streams that may hold an unfinished message at a time.</summary>
    public int PartialMessages { get; init; } = 16;

    /// <summary>Memory that unfinished messages may hold together, in bytes.</summary>
    public int PartialBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Different chunk stream ids that one connection may use; their numbers are free.</summary>
    public int ChunkStreams { get; init; } = 1024;

    /// <summary>Smallest chunk size that a peer may set, as RTMP 1.0 §5.4.1 asks: one-byte chunks cost more work than they carry.</summary>
    public int MinChunkSize { get; init; } = 128;

    /// <summary>Chunk size of what we send, in bytes.</summary>
    public int SentChunkSize { get; init; } = 4096;

    /// <summary>What we tell the peer to acknowledge, and what we acknowledge until the peer says otherwise, in bytes.</summary>
    public uint WindowAcknowledgementSize { get; init; } = 2_500_000;

    /// <summary>Objects and arrays inside each other in one AMF0 value.</summary>
    public int AmfDepth { get; init; } = 32;

    /// <summary>AMF0 values in one message, counting those inside objects and arrays.</summary>
    public int AmfNodes { get; init; } = 1024;

    /// <summary>Longest AMF0 string, in bytes of UTF-8.</summary>
    public int AmfStringBytes { get; init; } = 64 * 1024;
}
