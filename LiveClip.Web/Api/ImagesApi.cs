using System.Globalization;
using LiveClip.Core.Access;
using LiveClip.Core.Images;
using LiveClip.Core.Recordings;

namespace LiveClip.Web.Api;

/// <summary>
/// Images of recordings: <c>/{playbackId}/thumbnail.jpg?time=</c>, and the rows of ten seconds that a timeline shows, by playback id or,
/// behind the login, by recording.
/// </summary>
public static class ImagesApi
{
    private const string Jpeg = "image/jpeg";
    private const string Levels = "application/octet-stream";

    public static IEndpointRouteBuilder MapImages(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/{playbackId:guid}").AllowAnonymous().RequireCors(PlaybackApi.AnyOrigin);
        open.MapMethods("/thumbnail.jpg", ["GET", "HEAD"], GetThumbnailAsync);
        open.MapMethods("/{recordingId:guid}/filmstrip/{row:int:min(0)}.jpg", ["GET", "HEAD"], GetFilmstripAsync);
        open.MapMethods("/{recordingId:guid}/waveform/{row:int:min(0)}.dat", ["GET", "HEAD"], GetWaveformAsync);

        var studio = routes.MapGroup("/recordings/{recordingId:guid}").RequireAuthorization(Policies.Watch);
        studio.MapGet("/filmstrip/{row:int:min(0)}.jpg", GetStudioFilmstripAsync);
        studio.MapGet("/waveform/{row:int:min(0)}.dat", GetStudioWaveformAsync);
        return routes;
    }

    /// <summary>Without a time: the newest picture of what is on air, the middle of what is over.</summary>
    private static async Task<IResult> GetThumbnailAsync(
        Guid playbackId, string? time, string? width, string? height, string? fit_mode, Guid? recordingId, HttpContext http,
        PlaybackAccess access, RecordingImages images, CancellationToken cancellationToken)
    {
        var faults = new List<ApiFieldError>();
        var (seconds, size) = (Seconds(time, faults), new ImageSize(Side("width", width, faults), Side("height", height, faults), fit_mode == "stretch"));
        if (fit_mode is not (null or "preserve" or "stretch"))
        {
            faults.Add(new ApiFieldError("fit_mode", "must be preserve or stretch"));
        }

        if (faults.Count > 0)
        {
            return ApiResults.Invalid(faults);
        }

        if (await access.FindTimelineAsync(http, playbackId, recordingId, cancellationToken) is not { } timeline)
        {
            return ApiResults.NotFound("stream/playbackId not found");
        }

        var at = seconds is { } asked ? (long)(asked * 90_000)
            : timeline.OnAir ? timeline.NewestPicture
            : (timeline.Start + timeline.NewestPicture) / 2;
        if (at < timeline.Start || at > timeline.NewestPicture)
        {
            return ApiResults.Invalid(new ApiFieldError(
                "time",
                string.Create(CultureInfo.InvariantCulture, $"lies outside the recording, which has {timeline.Start / 90_000m:0.###} to {timeline.NewestPicture / 90_000m:0.###} s")));
        }

        return await AnswerAsync(http, images.ThumbnailAsync(timeline, at, size), Jpeg, isFinal: seconds is not null && recordingId is not null);
    }

    private static async Task<IResult> GetFilmstripAsync(
        Guid playbackId, Guid recordingId, int row, HttpContext http, PlaybackAccess access, RecordingImages images,
        CancellationToken cancellationToken) =>
        await access.FindTimelineAsync(http, playbackId, recordingId, cancellationToken) is { } timeline
            ? await FilmstripAsync(http, timeline, row, images)
            : ApiResults.NotFound("stream/playbackId not found");

    private static async Task<IResult> GetWaveformAsync(
        Guid playbackId, Guid recordingId, int row, HttpContext http, PlaybackAccess access, RecordingImages images,
        CancellationToken cancellationToken) =>
        await access.FindTimelineAsync(http, playbackId, recordingId, cancellationToken) is { } timeline
            ? await WaveformAsync(http, timeline, row, images)
            : ApiResults.NotFound("stream/playbackId not found");

    private static async Task<IResult> GetStudioFilmstripAsync(
        Guid recordingId, int row, HttpContext http, RecordingTimelines timelines, RecordingImages images, CancellationToken cancellationToken) =>
        await timelines.FindAsync(recordingId, cancellationToken) is { } timeline
            ? await FilmstripAsync(http, timeline, row, images)
            : ApiResults.NotFound("recording not found");

    private static async Task<IResult> GetStudioWaveformAsync(
        Guid recordingId, int row, HttpContext http, RecordingTimelines timelines, RecordingImages images, CancellationToken cancellationToken) =>
        await timelines.FindAsync(recordingId, cancellationToken) is { } timeline
            ? await WaveformAsync(http, timeline, row, images)
            : ApiResults.NotFound("recording not found");

    private static Task<IResult> FilmstripAsync(HttpContext http, RecordingTimeline timeline, int row, RecordingImages images) =>
        AnswerAsync(http, images.FilmstripAsync(timeline, row), Jpeg, RecordingImages.IsWhole(timeline, row));

    private static Task<IResult> WaveformAsync(HttpContext http, RecordingTimeline timeline, int row, RecordingImages images) =>
        AnswerAsync(http, images.WaveformAsync(timeline, row), Levels, RecordingImages.IsWhole(timeline, row));

    private static async Task<IResult> AnswerAsync(HttpContext http, Task<byte[]?> making, string type, bool isFinal)
    {
        byte[]? image;
        try
        {
            image = await making;
        }
        catch (ImagesBusyException busy)
        {
            http.Response.Headers.RetryAfter = "1";
            return ApiResults.Error(StatusCodes.Status503ServiceUnavailable, busy.Message);
        }

        if (image is null)
        {
            return ApiResults.NotFound("image not found");
        }

        http.Response.Headers.CacheControl = PlaybackApi.Audience(http) + (isFinal ? ", max-age=31536000, immutable" : ", max-age=1");
        return Results.Bytes(image, type);
    }

    private static double? Seconds(string? text, List<ApiFieldError> faults)
    {
        if (text is null)
        {
            return null;
        }

        // As in a playlist's address: "10", "10.5" or "10.5s".
        if (double.TryParse(text.TrimEnd('s'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e9)
        {
            return seconds;
        }

        faults.Add(new ApiFieldError("time", "must be a number of seconds that is not negative"));
        return null;
    }

    private static int? Side(string field, string? text, List<ApiFieldError> faults)
    {
        if (text is null)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side is >= 2 and <= ImageSize.Most)
        {
            return side;
        }

        faults.Add(new ApiFieldError(field, $"must be a whole number from 2 to {ImageSize.Most}"));
        return null;
    }
}
