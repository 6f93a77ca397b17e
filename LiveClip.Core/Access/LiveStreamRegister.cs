using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Access;

/// <summary>Makes live streams with their secrets, shows a key to who may see it, and gives a stream another key.</summary>
public sealed class LiveStreamRegister(
    IDbContextFactory<CatalogDbContext> contexts,
    CatalogWriter catalog,
    ChangeFeed changes,
    IDataProtectionProvider protection,
    TimeProvider time)
{
    private readonly IDataProtector _protector = protection.CreateProtector("LiveClip.StreamKeys");

    public async Task<LiveStream> CreateAsync(LiveStreamSettings settings, CancellationToken cancellationToken)
    {
        var id = Secrets.Hex(32);
        var key = NewKey(id);
        var stream = new LiveStream
        {
            Id = id,
            Name = settings.Name,
            StreamKeyHash = LiveStream.HashKey(key),
            StreamKeyCipher = _protector.Protect(key),
            SrtSecretCipher = _protector.Protect(NewKey(id)),
            MaxResolution = settings.MaxResolution,
            MaxDurationSeconds = settings.MaxDurationSeconds,
            ReconnectWindowSeconds = settings.ReconnectWindowSeconds,
            MaxClipSeconds = settings.MaxClipSeconds,
            EnableRecording = settings.EnableRecording,
            EnableDvrMode = settings.EnableDvrMode,
            ClipHandleSeconds = settings.ClipHandleSeconds,
            ShareExactOnly = settings.ShareExactOnly,
            RetentionDays = settings.RetentionDays,
            RetentionGiB = settings.RetentionGiB,
            MediaPolicy = settings.MediaPolicy,
            Metadata = settings.Metadata,
            CreatedAt = time.GetUtcNow(),
            PlaybackIds = [new PlaybackId { Id = Guid.NewGuid(), StreamId = id, AccessPolicy = settings.PlaybackPolicy }],
        };
        await catalog.WriteAsync(
            context =>
            {
                context.LiveStreams.Add(stream);
                return Task.CompletedTask;
            },
            cancellationToken);
        changes.Publish(new StreamChanged(id));
        return stream;
    }

    /// <summary>The key in clear; null when there is no such stream.</summary>
    public async Task<string?> RevealKeyAsync(string streamId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var cipher = await context.LiveStreams.AsNoTracking()
            .Where(stream => stream.Id == streamId).Select(stream => stream.StreamKeyCipher).SingleOrDefaultAsync(cancellationToken);
        return cipher is null ? null : _protector.Unprotect(cipher);
    }

    public string RevealKey(LiveStream stream) => _protector.Unprotect(stream.StreamKeyCipher);

    public string RevealSrtSecret(LiveStream stream) => _protector.Unprotect(stream.SrtSecretCipher);

    /// <summary>Gives the stream a new key; the old one is refused from now on. Drop its publisher afterwards.</summary>
    public async Task RotateKeyAsync(string streamId, CancellationToken cancellationToken)
    {
        var key = NewKey(streamId);
        await catalog.WriteAsync(
            async context =>
            {
                var stream = await context.LiveStreams.SingleAsync(stream => stream.Id == streamId, cancellationToken);
                (stream.StreamKeyHash, stream.StreamKeyCipher) = (LiveStream.HashKey(key), _protector.Protect(key));
            },
            cancellationToken);
        changes.Publish(new StreamChanged(streamId));
    }

    /// <summary>How long and how much of the stream's recordings is kept from now on; null is what the server's options say.</summary>
    public async Task SetRetentionAsync(string streamId, int? days, int? giB, CancellationToken cancellationToken)
    {
        await catalog.WriteAsync(
            async context =>
            {
                var stream = await context.LiveStreams.SingleAsync(stream => stream.Id == streamId, cancellationToken);
                (stream.RetentionDays, stream.RetentionGiB) = (days, giB);
            },
            cancellationToken);
        changes.Publish(new StreamChanged(streamId));
    }

    private static string NewKey(string streamId) => $"{Secrets.Hex(32)}k{streamId}";
}

/// <summary>What a live stream is made with; the defaults are the API's.</summary>
public sealed record LiveStreamSettings
{
    public const int DefaultMaxDuration = 43_200;

    /// <summary>Length cap of clips on streams made by people, in seconds; by API it is <c>LiveClip:Clips:MaxSeconds</c>.</summary>
    public const int DashboardMaxClip = 1_200;

    public string? Name { get; init; }

    public AccessPolicy PlaybackPolicy { get; init; }

    public AccessPolicy MediaPolicy { get; init; }

    public string MaxResolution { get; init; } = "1080p";

    public int MaxDurationSeconds { get; init; } = DefaultMaxDuration;

    public int ReconnectWindowSeconds { get; init; } = 60;

    public required int MaxClipSeconds { get; init; }

    public bool EnableRecording { get; init; } = true;

    public bool EnableDvrMode { get; init; }

    public int ClipHandleSeconds { get; init; } = LiveStream.DefaultClipHandleSeconds;

    public bool ShareExactOnly { get; init; }

    /// <summary>0 is for ever; null is what the server's options say.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>0 is no limit; null is what the server's options say.</summary>
    public int? RetentionGiB { get; init; }

    public Dictionary<string, string> Metadata { get; init; } = [];
}
