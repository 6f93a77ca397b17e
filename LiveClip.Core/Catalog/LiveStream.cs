using System.Security.Cryptography;
using System.Text;

namespace LiveClip.Core.Catalog;

/// <summary>The lasting object that has a key, playback ids and, over its life, many recordings.</summary>
public sealed class LiveStream
{
    public const int MaxRetentionDays = 3_650;
    public const int MaxRetentionGiB = 1_000_000;
    public const int DefaultClipHandleSeconds = 10;
    public const int MaxClipHandleSeconds = 600;

    /// <summary>32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    public string? Name { get; set; }

    /// <summary>SHA-256 of the stream key: what a publisher's key is looked up by.</summary>
    public required byte[] StreamKeyHash { get; set; }

    /// <summary>The stream key under Data Protection, so that it can be shown again.</summary>
    public required string StreamKeyCipher { get; set; }

    /// <summary>The SRT passphrase under Data Protection.</summary>
    public required string SrtSecretCipher { get; set; }

    public LiveStreamStatus Status { get; set; }

    /// <summary>"1080p", "720p" or "480p": a larger source is recorded untouched, with a warning.</summary>
    public required string MaxResolution { get; init; }

    public required AccessPolicy MediaPolicy { get; init; }

    public required int MaxDurationSeconds { get; init; }

    public required int ReconnectWindowSeconds { get; init; }

    public required int MaxClipSeconds { get; init; }

    /// <summary>What a clip holds of the recording before and after its range, so that it can be extended later.</summary>
    public int ClipHandleSeconds { get; init; } = DefaultClipHandleSeconds;

    /// <summary>A clip's link plays nothing until its file is there: segments hold a little more than was asked for.</summary>
    public bool ShareExactOnly { get; init; }

    public bool EnableRecording { get; init; } = true;

    public bool EnableDvrMode { get; init; }

    /// <summary>How long its recordings are kept; 0 is for ever, null what the server's options say.</summary>
    public int? RetentionDays { get; set; }

    /// <summary>How much of its recordings is kept, beside what clips hold; 0 is all of it, null what the server's options say.</summary>
    public int? RetentionGiB { get; set; }

    public Dictionary<string, string> Metadata { get; init; } = [];

    /// <summary>
    /// Media and discontinuity sequence numbers count through the life of the live stream, because those of its live playlist must
    /// not go back when the next broadcast begins (RFC 8216bis §6.2.2). Brought up to date when a recording ends.
    /// </summary>
    public long NextSegmentNumber { get; set; }

    public long NextDiscontinuity { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public List<PlaybackId> PlaybackIds { get; init; } = [];

    public static byte[] HashKey(string streamKey) => SHA256.HashData(Encoding.UTF8.GetBytes(streamKey));
}

/// <summary>What a live stream is doing now; the names are the API's.</summary>
public enum LiveStreamStatus
{
    Idle,

    /// <summary>An encoder is connected, no picture has come yet.</summary>
    Preparing,
    Active,

    /// <summary>The encoder is gone and may come back within the reconnect window.</summary>
    Disconnected,
    Disabled,
}

public enum AccessPolicy
{
    Public,

    /// <summary>Playback asks for a login.</summary>
    Private,
}
