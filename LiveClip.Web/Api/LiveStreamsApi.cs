using System.Text.Json.Serialization;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LiveClip.Web.Api;

/// <summary>Live streams, shaped like FastPix's live API: the same paths with and without <c>/v1</c>.</summary>
public static class LiveStreamsApi
{
    private static readonly string[] Resolutions = ["1080p", "720p", "480p"];
    private static readonly string[] Policies = ["public", "private"];

    public static IEndpointRouteBuilder MapLiveStreams(this IEndpointRouteBuilder routes)
    {
        foreach (var root in (string[])["/v1", ""])
        {
            var streams = routes.MapGroup($"{root}/live/streams").RequireAuthorization(Core.Access.Policies.Api).DisableAntiforgery();
            streams.MapPost("", CreateAsync);
            streams.MapGet("", ListAsync);
            streams.MapGet("/{streamId}", GetAsync);
        }

        return routes;
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest request, LiveStreamRegister register, IOptions<ClipOptions> clips, CancellationToken cancellationToken)
    {
        var (body, error) = await ApiBody.ReadAsync<CreateLiveStreamRequest>(request, cancellationToken);
        if (body is null)
        {
            return error!;
        }

        var faults = Validate(body).ToList();
        if (faults.Count > 0)
        {
            return ApiResults.Invalid(faults);
        }

        var input = body.InputMediaSettings!;
        var stream = await register.CreateAsync(
            new LiveStreamSettings
            {
                Name = input.Metadata?.GetValueOrDefault("livestream_name"),
                PlaybackPolicy = PolicyOf(body.PlaybackSettings!.AccessPolicy),
                MediaPolicy = PolicyOf(input.MediaPolicy),
                MaxResolution = input.MaxResolution ?? "1080p",
                ReconnectWindowSeconds = input.ReconnectWindow ?? 60,
                EnableRecording = input.EnableRecording ?? true,
                EnableDvrMode = input.EnableDvrMode ?? false,
                RetentionDays = input.RetentionDays,
                RetentionGiB = input.RetentionGiB,
                ClipHandleSeconds = input.ClipHandleSeconds ?? LiveStream.DefaultClipHandleSeconds,
                ShareExactOnly = input.ShareExactOnly ?? false,
                Metadata = input.Metadata ?? [],
                MaxClipSeconds = clips.Value.MaxSeconds,
            },
            cancellationToken);
        return ApiResults.Created(LiveStreamResponse.From(stream, register, stream.Status));
    }

    private static async Task<IResult> ListAsync(
        string? limit, string? offset, string? orderBy, IDbContextFactory<CatalogDbContext> catalog, LiveStreamRegister register,
        BroadcastRegistry broadcasts, DiskWatch disk, CancellationToken cancellationToken)
    {
        if (ApiPage.Parse(limit, offset, orderBy, out var page) is { } invalid)
        {
            return invalid;
        }

        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        var total = await context.LiveStreams.CountAsync(cancellationToken);
        var ordered = page.Descending
            ? context.LiveStreams.OrderByDescending(stream => stream.CreatedAt)
            : context.LiveStreams.OrderBy(stream => stream.CreatedAt);
        var streams = await ordered.AsNoTracking().Include(stream => stream.PlaybackIds)
            .Skip(page.Skip).Take(page.Limit).ToListAsync(cancellationToken);
        var recordings = await RecordingsOfAsync(context, [.. streams.Select(stream => stream.Id)], cancellationToken);
        return ApiResults.Ok(
            streams.Select(stream => Response(stream, register, broadcasts, disk, recordings[stream.Id])).ToList(),
            new ApiPagination(total, page.Offset, streams.Count));
    }

    private static async Task<IResult> GetAsync(
        string streamId, IDbContextFactory<CatalogDbContext> catalog, LiveStreamRegister register, BroadcastRegistry broadcasts,
        DiskWatch disk, CancellationToken cancellationToken)
    {
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        var stream = await context.LiveStreams.AsNoTracking().Include(stream => stream.PlaybackIds)
            .SingleOrDefaultAsync(stream => stream.Id == streamId, cancellationToken);
        if (stream is null)
        {
            return ApiResults.NotFound("stream not found");
        }

        var recordings = await RecordingsOfAsync(context, [streamId], cancellationToken);
        return ApiResults.Ok(Response(stream, register, broadcasts, disk, recordings[streamId]));
    }

    private static IEnumerable<ApiFieldError> Validate(CreateLiveStreamRequest body)
    {
        const string Input = "inputMediaSettings";
        if (body.PlaybackSettings is null)
        {
            yield return new ApiFieldError("playbackSettings", "must not be null");
        }
        else if (NotOneOf(body.PlaybackSettings.AccessPolicy, Policies))
        {
            yield return new ApiFieldError("playbackSettings.accessPolicy", "must be public or private");
        }

        if (body.InputMediaSettings is not { } input)
        {
            yield return new ApiFieldError(Input, "must not be null");
            yield break;
        }

        if (NotOneOf(input.MaxResolution, Resolutions))
        {
            yield return new ApiFieldError($"{Input}.maxResolution", "must be 1080p, 720p or 480p");
        }

        if (NotOneOf(input.MediaPolicy, Policies))
        {
            yield return new ApiFieldError($"{Input}.mediaPolicy", "must be public or private");
        }

        if (input.ReconnectWindow is < 60 or > 1800)
        {
            yield return new ApiFieldError($"{Input}.reconnectWindow", "must be between 60 and 1800");
        }

        if (input.RetentionDays is < 0 or > LiveStream.MaxRetentionDays)
        {
            yield return new ApiFieldError($"{Input}.retentionDays", $"must be between 0, which is for ever, and {LiveStream.MaxRetentionDays}");
        }

        if (input.RetentionGiB is < 0 or > LiveStream.MaxRetentionGiB)
        {
            yield return new ApiFieldError($"{Input}.retentionGiB", $"must be between 0, which is no limit, and {LiveStream.MaxRetentionGiB}");
        }

        if (input.ClipHandleSeconds is < 0 or > LiveStream.MaxClipHandleSeconds)
        {
            yield return new ApiFieldError($"{Input}.clipHandleSeconds", $"must be between 0 and {LiveStream.MaxClipHandleSeconds}");
        }

        if (input.Metadata is { Count: > 10 })
        {
            yield return new ApiFieldError($"{Input}.metadata", "must not have more than 10 pairs");
        }

        foreach (var (key, _) in input.Metadata?.Where(pair => pair.Key.Length > 255 || pair.Value is null or { Length: > 255 }) ?? [])
        {
            yield return new ApiFieldError($"{Input}.metadata.{key}", "must be text of at most 255 characters");
        }
    }

    private static bool NotOneOf(string? value, string[] allowed) => value is not null && !allowed.Contains(value);

    private static AccessPolicy PolicyOf(string? policy) => policy == "private" ? AccessPolicy.Private : AccessPolicy.Public;

    private static async Task<ILookup<string, Guid>> RecordingsOfAsync(
        CatalogDbContext context, string[] streamIds, CancellationToken cancellationToken) =>
        (await context.Recordings.AsNoTracking()
            .Where(recording => streamIds.Contains(recording.StreamId) && recording.EndedAt != null)
            .OrderBy(recording => recording.StartedAt)
            .Select(recording => new { recording.StreamId, recording.Id }).ToListAsync(cancellationToken))
        .ToLookup(recording => recording.StreamId, recording => recording.Id);

    private static LiveStreamResponse Response(
        LiveStream stream, LiveStreamRegister register, BroadcastRegistry broadcasts, DiskWatch disk, IEnumerable<Guid> recordings)
    {
        var broadcast = broadcasts.Find(stream.Id);
        return LiveStreamResponse.From(stream, register, LiveStreamStatusWriter.StatusOf(broadcast, stream.Status)) with
        {
            SimulcastResponses = [],
            RecordingPaused = disk.IsPaused && broadcast is not null,
            MediaIds = [.. recordings],
            TakeoversHeldOffUntil = broadcast?.TakeoversHeldOffUntil is { } until ? ApiTime.Text(until) : null,
        };
    }

    private sealed record CreateLiveStreamRequest(PlaybackSettings? PlaybackSettings, InputMediaSettings? InputMediaSettings);

    private sealed record PlaybackSettings(string? AccessPolicy);

    private sealed record InputMediaSettings(
        string? MaxResolution,
        int? ReconnectWindow,
        string? MediaPolicy,
        Dictionary<string, string>? Metadata,
        bool? EnableRecording,
        bool? EnableDvrMode,
        int? RetentionDays,
        int? RetentionGiB,
        int? ClipHandleSeconds,
        bool? ShareExactOnly);
}

/// <summary>A live stream as the API shows it; field for field the upstream's, and our own only where they say something.</summary>
public sealed record LiveStreamResponse(
    string StreamId,
    string StreamKey,
    string SrtSecret,
    bool Trial,
    string Status,
    string MaxResolution,
    int MaxDuration,
    string CreatedAt,
    int ReconnectWindow,
    bool EnableRecording,
    string MediaPolicy,
    IReadOnlyDictionary<string, string> Metadata,
    bool EnableDvrMode,
    IReadOnlyList<PlaybackIdResponse> PlaybackIds)
{
    /// <summary>Sent when a stream is read, not when it is made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<object>? SimulcastResponses { get; init; }

    /// <summary>The stream's finished recordings.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Guid>? MediaIds { get; init; }

    /// <summary>How long its recordings are kept, 0 is for ever; not sent where the server's setting holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RetentionDays { get; init; }

    /// <summary>How much of its recordings is kept, 0 is all of it; not sent where the server's setting holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyName("retentionGiB")]
    public int? RetentionGiB { get; init; }

    /// <summary>What clips hold of the recording before and after them; not sent where it is ten seconds, as usual.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ClipHandleSeconds { get; init; }

    /// <summary>Links of clips play the finished file only; not sent where they do not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ShareExactOnly { get; init; }

    /// <summary>It is on air and the disk has no room for it; only then is it sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RecordingPaused { get; init; }

    /// <summary>
    /// Ours: two encoders push each other out, and until then, at least, the one that publishes stays. Sent in that case only.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TakeoversHeldOffUntil { get; init; }

    internal static LiveStreamResponse From(LiveStream stream, LiveStreamRegister register, LiveStreamStatus status) => new(
        stream.Id,
        register.RevealKey(stream),
        register.RevealSrtSecret(stream),
        Trial: false,
        ApiTime.LowerCase(status),
        stream.MaxResolution,
        stream.MaxDurationSeconds,
        ApiTime.Text(stream.CreatedAt),
        stream.ReconnectWindowSeconds,
        stream.EnableRecording,
        ApiTime.LowerCase(stream.MediaPolicy),
        stream.Metadata,
        stream.EnableDvrMode,
        [.. stream.PlaybackIds.Select(playback => new PlaybackIdResponse(playback.Id, ApiTime.LowerCase(playback.AccessPolicy)))])
    {
        RetentionDays = stream.RetentionDays,
        RetentionGiB = stream.RetentionGiB,
        ClipHandleSeconds = stream.ClipHandleSeconds == LiveStream.DefaultClipHandleSeconds ? null : stream.ClipHandleSeconds,
        ShareExactOnly = stream.ShareExactOnly,
    };
}

public sealed record PlaybackIdResponse(Guid Id, string AccessPolicy);
