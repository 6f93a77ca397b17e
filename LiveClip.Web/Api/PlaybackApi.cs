using System.Globalization;
using LiveClip.Core.Access;
using LiveClip.Core.Clips;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using Microsoft.Net.Http.Headers;

namespace LiveClip.Web.Api;

/// <summary>
/// Media of live streams: <c>/{playbackId}.m3u8</c> for anybody (where the playback id is public), and the whole recording for the
/// studio behind the login.
/// </summary>
public static class PlaybackApi
{
    /// <summary>Cross-origin rule of public pictures and clips: any page may play it, without credentials.</summary>
    public const string AnyOrigin = "media";

    /// <summary>A year, in seconds: what is further is not a place on a timeline.</summary>
    private const double LongestTimeline = 366 * 86_400;

    public static IServiceCollection AddPlayback(this IServiceCollection services)
    {
        services.AddCors(cors => cors.AddPolicy(
            AnyOrigin,
            policy => policy.AllowAnyOrigin().WithMethods("GET", "HEAD").AllowAnyHeader().WithExposedHeaders(OpenMedia.Exposed)));
        services.AddSingleton<PlaybackAccess>();
        services.AddSingleton<LivePlaylists>();
        return services;
    }

    public static IEndpointRouteBuilder MapPlayback(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapOpenMedia();
        open.MapMedia("/{playbackId:guid}.m3u8", GetMultivariantAsync);
        open.MapMedia("/{playbackId:guid}/index.m3u8", GetPlaylistAsync);
        open.MapMedia("/{playbackId:guid}/{recordingId:guid}/{run:int}/init.mp4", GetInitAsync);
        open.MapMedia("/{playbackId:guid}/{recordingId:guid}/{run:int}/{number:long}.m4s", GetSegmentAsync);
        open.MapMedia("/{playbackId:guid}/{recordingId:guid}/{run:int}/p{part:int}.m4s", GetPartAsync);

        var studio = routes.MapGroup("/recordings/{recordingId:guid}").RequireAuthorization(Policies.Watch);
        studio.MapGet("/index.m3u8", GetStudioPlaylistAsync);
        studio.MapGet("/{run:int}/init.mp4", InitAsync);
        studio.MapGet("/{run:int}/{number:long}.m4s", SegmentAsync);
        studio.MapGet("/{run:int}/p{part:int}.m4s", PartAsync);
        return routes;
    }

    /// <summary>What a player opens first; with a range, the range's own playlist.</summary>
    private static async Task<IResult> GetMultivariantAsync(
        Guid playbackId, bool? dvrMode, string? start, string? end, HttpContext http, PlaybackAccess access, Variants variants,
        InstantClips clips, CancellationToken cancellationToken)
    {
        var (playback, timeline, refusal) = await FindAsync(playbackId, http, access, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        if (start is not null || end is not null)
        {
            return await InstantAsync(start, end, http, playback!, timeline!, clips, cancellationToken);
        }

        LivePlaylists.SetCaching(http, timeline!);
        var query = dvrMode == true ? "?dvrMode=true" : "";
        return new PlaylistResult(variants.Of(timeline!, $"{playbackId}/index.m3u8{query}").ToString());
    }

    private static async Task<IResult> GetPlaylistAsync(
        Guid playbackId, bool? dvrMode, HttpContext http, PlaybackAccess access, LivePlaylists playlists, CancellationToken cancellationToken)
    {
        var (playback, timeline, refusal) = await FindAsync(playbackId, http, access, cancellationToken);
        var isWhole = dvrMode == true && playback?.Stream.EnableDvrMode == true;
        return refusal ?? await playlists.AnswerAsync(http, timeline!, $"{timeline!.Recording.Id}/", isWhole, cancellationToken);
    }

    private static async Task<(Playback? Playback, RecordingTimeline? Timeline, IResult? Refusal)> FindAsync(
        Guid playbackId, HttpContext http, PlaybackAccess access, CancellationToken cancellationToken)
    {
        if (await access.FindAsync(playbackId, cancellationToken) is not { } playback)
        {
            return (null, null, ApiResults.NotFound("stream/playbackId not found"));
        }

        if (!await PlaybackAccess.IsOpenToAsync(playback, http))
        {
            return (null, null, ApiResults.Error(StatusCodes.Status401Unauthorized, "unauthorized"));
        }

        var timeline = await access.FindPlayableAsync(playback.Stream, cancellationToken);
        return timeline is null
            ? (null, null, ApiResults.Error(
                StatusCodes.Status404NotFound, "stream not found", "The stream has not been on air yet, or its recording is gone."))
            : (playback, timeline, null);
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

        LivePlaylists.SetCaching(http, timeline);
        return new PlaylistResult(playlist.ToString());
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

    private static async Task<IResult> GetInitAsync(
        Guid playbackId, Guid recordingId, int run, HttpContext http, PlaybackAccess access, RecordingTimelines timelines,
        CancellationToken cancellationToken) =>
        await access.MayPlayAsync(http, playbackId, recordingId, cancellationToken)
            ? await InitAsync(recordingId, run, http, timelines, cancellationToken)
            : ApiResults.NotFound("stream/playbackId not found");

    private static async Task<IResult> GetSegmentAsync(
        Guid playbackId, Guid recordingId, int run, long number, HttpContext http, PlaybackAccess access, LiveWindows windows, SegmentStore store,
        RecordingTimelines timelines, CancellationToken cancellationToken) =>
        await access.MayPlayAsync(http, playbackId, recordingId, cancellationToken)
            ? await SegmentAsync(recordingId, run, number, http, windows, store, timelines, cancellationToken)
            : ApiResults.NotFound("stream/playbackId not found");

    private static async Task<IResult> GetPartAsync(
        Guid playbackId, Guid recordingId, int run, int part, HttpContext http, PlaybackAccess access, LiveWindows windows, LiveWaiting waiting,
        CancellationToken cancellationToken) =>
        await access.MayPlayAsync(http, playbackId, recordingId, cancellationToken)
            ? await PartAsync(recordingId, run, part, http, windows, waiting, cancellationToken)
            : ApiResults.NotFound("stream/playbackId not found");

    /// <summary>The whole recording; with <c>from</c> and <c>to</c>, seconds on its timeline, the segments there.</summary>
    private static async Task<IResult> GetStudioPlaylistAsync(
        Guid recordingId, double? from, double? to, HttpContext http, PlaybackAccess access, LivePlaylists playlists,
        CancellationToken cancellationToken)
    {
        if (await access.FindPlayableAsync(recordingId, cancellationToken) is not { } timeline)
        {
            return ApiResults.NotFound("recording not found");
        }

        if (from is null && to is null)
        {
            return await playlists.AnswerAsync(http, timeline, "", isWhole: true, cancellationToken);
        }

        if (from is not >= 0 || to is not <= LongestTimeline || from >= to)
        {
            return ApiResults.Invalid(new ApiFieldError("from", "must be less than to; both are seconds on the timeline"));
        }

        if (ClipPlaylist.Of(timeline, (long)(from.Value * 90_000), (long)(to.Value * 90_000), "") is not { } window)
        {
            return ApiResults.NotFound("there is nothing in that time");
        }

        LivePlaylists.SetCaching(http, timeline);
        return new PlaylistResult(window.ToString());
    }

    private static async Task<IResult> InitAsync(
        Guid recordingId, int run, HttpContext http, RecordingTimelines timelines, CancellationToken cancellationToken)
    {
        if ((await timelines.FindAsync(recordingId, cancellationToken))?.FindRun(run) is not { } found)
        {
            return ApiResults.NotFound("run not found");
        }

        CacheForEver(http);
        return Results.Bytes(found.Init, "video/mp4", enableRangeProcessing: true, entityTag: Tag(recordingId, run, "init"));
    }

    /// <summary>Also the one that is being filled: whoever follows the playlist's hint has it as soon as it is there.</summary>
    private static async Task<IResult> PartAsync(
        Guid recordingId, int run, int part, HttpContext http, LiveWindows windows, LiveWaiting waiting, CancellationToken cancellationToken)
    {
        var name = new PartName(run, part);
        FragmentFinished? found = null;
        var window = windows.Find(recordingId);
        if (window is not null)
        {
            var wait = await waiting.UntilAsync(
                window, now => (found = now.Find(name)) is not null ? true : now.NextPart == name ? false : null, cancellationToken);
            if (wait is LiveWait.TooMany or LiveWait.TooLate)
            {
                return LivePlaylists.Later(http, wait);
            }
        }

        if (found is null)
        {
            return ApiResults.NotFound("part not found");
        }

        // Behind all that waits for a thread: whoever asks for a part has had the playlist, and hundreds may wait for it still; this is a
        // hundred times its size.
        await Task.Yield();
        Tell(window, http, fromMemory: true);
        CacheForEver(http);
        return Results.Bytes(found.Bytes, "video/mp4", enableRangeProcessing: true, entityTag: Tag(recordingId, run, $"p{part}"));
    }

    private static async Task<IResult> SegmentAsync(
        Guid recordingId, int run, long number, HttpContext http, LiveWindows windows, SegmentStore store, RecordingTimelines timelines,
        CancellationToken cancellationToken)
    {
        var tag = Tag(recordingId, run, $"{number}");
        var window = windows.Find(recordingId);
        if (window?.Find(number) is { } live)
        {
            if (live.Run != run)
            {
                return ApiResults.NotFound("segment not found");
            }

            Tell(window, http, fromMemory: true);
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
            // Players that are older than EXT-X-GAP ask for a gap all the same, and give up where there is no such thing: they get nothing.
            http.Response.Headers.CacheControl = "no-store";
            return (await timelines.FindAsync(recordingId, cancellationToken))?.IsGap(number) == true
                ? Results.Bytes([], "video/mp4")
                : ApiResults.NotFound("segment not found");
        }

        Tell(window, http, fromMemory: false);
        CacheForEver(http);
        return Results.File(path, "video/mp4", enableRangeProcessing: true, entityTag: tag);
    }

    /// <summary>What the disk has is no longer the live edge: whoever looks at it is counted by the playlist.</summary>
    private static void Tell(LiveWindow? window, HttpContext http, bool fromMemory)
    {
        if (window is null || !HttpMethods.IsGet(http.Request.Method))
        {
            return;
        }

        if (fromMemory)
        {
            window.Audience.Seen(http.Connection.RemoteIpAddress, http.Request.Headers.UserAgent);
        }

        http.Response.OnCompleted(() =>
        {
            if (http.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent && !http.RequestAborted.IsCancellationRequested)
            {
                window.Audience.Sent(http.Response.ContentLength ?? 0, fromMemory);
            }

            return Task.CompletedTask;
        });
    }

    private static void CacheForEver(HttpContext http) =>
        http.Response.Headers.CacheControl = Audience(http) + ", max-age=31536000, immutable";

    /// <summary>What somebody got because of their login is not for a cache that others share.</summary>
    internal static string Audience(HttpContext http) => http.User.Identity is { IsAuthenticated: true } ? "private" : "public";

    private static EntityTagHeaderValue Tag(Guid recordingId, int run, string name) => new($"\"{recordingId:N}-{run}-{name}\"");
}
