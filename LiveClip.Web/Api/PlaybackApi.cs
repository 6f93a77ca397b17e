using System.Globalization;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace LiveClip.Web.Api;

/// <summary>
/// Media of live streams: <c>/{playbackId}.m3u8</c> for anybody (where the playback id is public), and the whole recording for the
/// studio behind the login.
/// </summary>
public static class PlaybackApi
{
    /// <summary>Cross-origin rule of public media: any page may play it, without credentials.</summary>
    public const string AnyOrigin = "media";

    private const string PlaylistType = "application/vnd.apple.mpegurl";
    private static readonly TimeSpan FirstPlaylistDeadline = TimeSpan.FromSeconds(15);

    public static IServiceCollection AddMediaCors(this IServiceCollection services) => services.AddCors(cors => cors.AddPolicy(
        AnyOrigin,
        policy => policy.AllowAnyOrigin().WithMethods("GET", "HEAD").AllowAnyHeader()
            .WithExposedHeaders(HeaderNames.ContentLength, HeaderNames.ContentRange, HeaderNames.AcceptRanges, HeaderNames.ETag, HeaderNames.Date)));

    public static IEndpointRouteBuilder MapPlayback(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().RequireCors(AnyOrigin);
        open.MapMethods("/{playbackId:guid}.m3u8", ["GET", "HEAD"], GetPlaylist);
        open.MapMethods("/{playbackId:guid}/{recordingId:guid}/{run:int}/init.mp4", ["GET", "HEAD"], GetInit);
        open.MapMethods("/{playbackId:guid}/{recordingId:guid}/{run:int}/{number:long}.m4s", ["GET", "HEAD"], GetSegment);

        var studio = routes.MapGroup("/recordings/{recordingId:guid}").RequireAuthorization(Policies.Watch);
        studio.MapGet("/index.m3u8", GetStudioPlaylist);
        studio.MapGet("/{run:int}/init.mp4", GetStudioInit);
        studio.MapGet("/{run:int}/{number:long}.m4s", GetStudioSegment);
        return routes;
    }

    private static async Task<IResult> GetPlaylist(
        Guid playbackId, bool? dvrMode, string? start, string? end, HttpContext http, IDbContextFactory<CatalogDbContext> catalog,
        LiveWindows windows, RecordingTimelines timelines, InstantClips clips, CancellationToken cancellationToken)
    {
        if (await FindAsync(catalog, playbackId, cancellationToken) is not { } playback)
        {
            return ApiResults.NotFound("stream/playbackId not found");
        }

        if (!playback.IsOpenTo(http))
        {
            return ApiResults.Error(StatusCodes.Status401Unauthorized, "unauthorized");
        }

        var timeline = await FindPlayableAsync(playback.Stream, windows, timelines, cancellationToken);
        if (timeline is null)
        {
            return ApiResults.Error(
                StatusCodes.Status404NotFound, "stream not found", "The stream has not been on air yet, or its recording is gone.");
        }

        if (start is not null || end is not null)
        {
            return await InstantAsync(start, end, http, playback, timeline, clips, cancellationToken);
        }

        var whole = dvrMode == true && playback.Stream.EnableDvrMode;
        return Playlist(http, timeline, $"{playbackId}/{timeline.Recording.Id}/", whole);
    }

    private static async Task<IResult> InstantAsync(
        string? start, string? end, HttpContext http, Playback playback, RecordingTimeline timeline, InstantClips clips,
        CancellationToken cancellationToken)
    {
        var faults = new List<ApiFieldError>();
        var (from, to) = (ReadSeconds("start", start, faults), ReadSeconds("end", end, faults));
        if (faults.Count > 0)
        {
            return ApiResults.Invalid(faults);
        }

        var found = clips.Find(playback.Stream, timeline, from!.Value, to!.Value, $"{playback.Id.Id}/{timeline.Recording.Id}/");
        if (found.Refusal is { } refusal)
        {
            return ApiResults.Invalid(new ApiFieldError(refusal.Field, refusal.Message));
        }

        if (found.Playlist is not { } playlist)
        {
            return ApiResults.NotFound("stream not found");
        }

        if (HttpMethods.IsGet(http.Request.Method))
        {
            await clips.SaveAsync(found, timeline, cancellationToken);
        }

        SetShortCaching(http, timeline);
        return Results.Text(playlist.ToString(), PlaylistType);
    }

    /// <summary>"10", "10.5" or "10s", as the upstream's players write it.</summary>
    private static double? ReadSeconds(string field, string? text, List<ApiFieldError> faults)
    {
        var number = text?.EndsWith('s') == true ? text[..^1] : text;
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds;
        }

        faults.Add(new ApiFieldError(
            field, text is null ? "must not be null" : "must be a number of seconds that is not negative, such as 10, 10.5 or 10s"));
        return null;
    }

    private static async Task<IResult> GetInit(
        Guid playbackId, Guid recordingId, int run, HttpContext http, IDbContextFactory<CatalogDbContext> catalog,
        LiveWindows windows, RecordingTimelines timelines, CancellationToken cancellationToken) =>
        await MayPlayAsync(catalog, windows, http, playbackId, recordingId, cancellationToken)
            ? await InitAsync(http, timelines, recordingId, run, cancellationToken)
            : ApiResults.NotFound("stream/playbackId not found");

    private static async Task<IResult> GetSegment(
        Guid playbackId, Guid recordingId, int run, long number, HttpContext http, IDbContextFactory<CatalogDbContext> catalog,
        LiveWindows windows, SegmentStore store, CancellationToken cancellationToken) =>
        await MayPlayAsync(catalog, windows, http, playbackId, recordingId, cancellationToken)
            ? Segment(http, windows, store, recordingId, run, number)
            : ApiResults.NotFound("stream/playbackId not found");

    private static async Task<IResult> GetStudioPlaylist(
        Guid recordingId, HttpContext http, LiveWindows windows, RecordingTimelines timelines, CancellationToken cancellationToken)
    {
        await WaitUntilPlayableAsync(windows.Find(recordingId), cancellationToken);
        return await timelines.FindAsync(recordingId, cancellationToken) is { } timeline && (timeline.OnAir || timeline.Listed.Any())
            ? Playlist(http, timeline, "", whole: true)
            : ApiResults.NotFound("recording not found");
    }

    private static Task<IResult> GetStudioInit(
        Guid recordingId, int run, HttpContext http, RecordingTimelines timelines, CancellationToken cancellationToken) =>
        InitAsync(http, timelines, recordingId, run, cancellationToken);

    private static IResult GetStudioSegment(
        Guid recordingId, int run, long number, HttpContext http, LiveWindows windows, SegmentStore store) =>
        Segment(http, windows, store, recordingId, run, number);

    private static async Task<Playback?> FindAsync(
        IDbContextFactory<CatalogDbContext> catalog, Guid playbackId, CancellationToken cancellationToken)
    {
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        return await context.PlaybackIds.AsNoTracking()
            .Where(playback => playback.Id == playbackId)
            .Join(context.LiveStreams, playback => playback.StreamId, stream => stream.Id, (playback, stream) => new Playback(playback, stream))
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>A recording's media is reached through its own stream's playback ids only.</summary>
    private static async Task<bool> MayPlayAsync(
        IDbContextFactory<CatalogDbContext> catalog, LiveWindows windows, HttpContext http, Guid playbackId, Guid recordingId,
        CancellationToken cancellationToken)
    {
        // The catalog hears of a recording a moment after it is on air.
        var onAir = windows.Find(recordingId)?.Recording.StreamId;
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        var policy = await context.PlaybackIds.AsNoTracking()
            .Where(playback => playback.Id == playbackId
                && (playback.StreamId == onAir
                    || context.Recordings.Any(recording => recording.Id == recordingId && recording.StreamId == playback.StreamId)))
            .Select(playback => (AccessPolicy?)playback.AccessPolicy)
            .SingleOrDefaultAsync(cancellationToken);
        return policy == AccessPolicy.Public || (policy is not null && http.User.Identity is { IsAuthenticated: true });
    }

    /// <summary>
    /// What a playback id opens to whoever asks: that recording of its stream, or the one that its playlist plays now. Null when there is
    /// none, or it is not theirs to see.
    /// </summary>
    internal static async Task<RecordingTimeline?> FindTimelineAsync(
        IDbContextFactory<CatalogDbContext> catalog, LiveWindows windows, RecordingTimelines timelines, HttpContext http, Guid playbackId,
        Guid? recordingId, CancellationToken cancellationToken)
    {
        if (recordingId is { } id)
        {
            return await MayPlayAsync(catalog, windows, http, playbackId, id, cancellationToken)
                ? await timelines.FindAsync(id, cancellationToken)
                : null;
        }

        return await FindAsync(catalog, playbackId, cancellationToken) is { } playback && playback.IsOpenTo(http)
            ? await FindPlayableAsync(playback.Stream, windows, timelines, cancellationToken)
            : null;
    }

    private static async Task<RecordingTimeline?> FindPlayableAsync(
        LiveStream stream, LiveWindows windows, RecordingTimelines timelines, CancellationToken cancellationToken)
    {
        await WaitUntilPlayableAsync(windows.FindByStream(stream.Id), cancellationToken);
        var timeline = await timelines.FindNewestAsync(stream.Id, cancellationToken);
        // A stream without recording has nothing to play once it is off air.
        return timeline?.Listed.Any() == true && (timeline.OnAir || stream.EnableRecording) ? timeline : null;
    }

    private static async Task WaitUntilPlayableAsync(LiveWindow? window, CancellationToken cancellationToken)
    {
        if (window is { Playable.IsCompleted: false })
        {
            await window.Playable.WaitAsync(FirstPlaylistDeadline, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static IResult Playlist(HttpContext http, RecordingTimeline timeline, string prefix, bool whole)
    {
        SetShortCaching(http, timeline);
        return Results.Text(RecordingPlaylist.Of(timeline, prefix, whole).ToString(), PlaylistType);
    }

    /// <summary>One second: a proxy in front serves any number of viewers, and none of them later than that.</summary>
    private static void SetShortCaching(HttpContext http, RecordingTimeline timeline) =>
        http.Response.Headers.CacheControl = Audience(http) + (timeline.OnAir ? ", max-age=1" : ", max-age=60");

    private static async Task<IResult> InitAsync(
        HttpContext http, RecordingTimelines timelines, Guid recordingId, int run, CancellationToken cancellationToken)
    {
        if ((await timelines.FindAsync(recordingId, cancellationToken))?.FindRun(run) is not { } found)
        {
            return ApiResults.NotFound("run not found");
        }

        CacheForEver(http);
        return Results.Bytes(found.Init, "video/mp4", enableRangeProcessing: true, entityTag: Tag(recordingId, run, "init"));
    }

    private static IResult Segment(HttpContext http, LiveWindows windows, SegmentStore store, Guid recordingId, int run, long number)
    {
        var tag = Tag(recordingId, run, $"{number}");
        if (windows.Find(recordingId)?.Find(number) is { } live)
        {
            if (live.Run != run)
            {
                return ApiResults.NotFound("segment not found");
            }

            if (live.Closed is null)
            {
                // The beginning of it may be the end of an instant playlist; to be kept it is not whole enough.
                http.Response.Headers.CacheControl = "no-store";
                return Results.Stream(live.OpenRead(), "video/mp4", enableRangeProcessing: true);
            }

            CacheForEver(http);
            return Results.Stream(live.OpenRead(), "video/mp4", enableRangeProcessing: true, entityTag: tag);
        }

        if (store.FindFile(recordingId, run, number) is not { } path)
        {
            return ApiResults.NotFound("segment not found");
        }

        CacheForEver(http);
        return Results.File(path, "video/mp4", enableRangeProcessing: true, entityTag: tag);
    }

    private static void CacheForEver(HttpContext http) =>
        http.Response.Headers.CacheControl = Audience(http) + ", max-age=31536000, immutable";

    /// <summary>What somebody got because of their login is not for a cache that others share.</summary>
    internal static string Audience(HttpContext http) => http.User.Identity is { IsAuthenticated: true } ? "private" : "public";

    private static EntityTagHeaderValue Tag(Guid recordingId, int run, string name) => new($"\"{recordingId:N}-{run}-{name}\"");

    private sealed record Playback(PlaybackId Id, LiveStream Stream)
    {
        public bool IsOpenTo(HttpContext http) =>
            Id.AccessPolicy == AccessPolicy.Public || http.User.Identity is { IsAuthenticated: true };
    }
}
