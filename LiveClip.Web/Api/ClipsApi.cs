using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Api;

/// <summary>Clips: made from a live stream, read, listed and deleted.</summary>
public static class ClipsApi
{
    private const int MaxTitle = 255;
    private const int MaxTags = 20;
    private const int MaxTag = 64;

    public static IEndpointRouteBuilder MapClips(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/v1").RequireAuthorization(Policies.Api).DisableAntiforgery();
        api.MapPost("/live/streams/{streamId}/clips", CreateAsync);
        api.MapGet("/clips", ListAsync);
        api.MapGet("/clips/{clipId}", GetAsync);
        api.MapDelete("/clips/{clipId}", DeleteAsync);
        return routes;
    }

    private static async Task<IResult> CreateAsync(string streamId, HttpContext http, ClipQueue clips, CancellationToken cancellationToken)
    {
        var (body, error) = await ApiBody.ReadAsync<CreateClipRequest>(http.Request, cancellationToken);
        if (body is null)
        {
            return error!;
        }

        var faults = Validate(body).ToList();
        if (faults.Count > 0)
        {
            return ApiResults.Invalid(faults);
        }

        var request = new ClipRequest(
            streamId, RangeOf(body), http.User.Identity!.Name!, body.RecordingId, body.ClientId, body.Title, body.Tags);
        var answer = await clips.CreateAsync(request, cancellationToken);
        return answer switch
        {
            { Refusal: { } refusal } => Refused(refusal),
            { Clip: { } clip, IsRepeat: true } => ApiResults.Ok(ClipResponse.From(clip, http)),
            { Clip: { } clip } => ApiResults.Created(ClipResponse.From(clip, http)),
            _ => throw new InvalidOperationException("the clip queue answered with neither a clip nor a refusal"),
        };
    }

    private static async Task<IResult> ListAsync(
        string? streamId, string? limit, string? offset, string? orderBy, HttpContext http, IDbContextFactory<CatalogDbContext> catalog,
        CancellationToken cancellationToken)
    {
        if (ApiPage.Parse(limit, offset, orderBy, out var page) is { } invalid)
        {
            return invalid;
        }

        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        var all = context.Clips.AsNoTracking().Where(clip => clip.DeletedAt == null && (streamId == null || clip.StreamId == streamId));
        var total = await all.CountAsync(cancellationToken);
        var ordered = page.Descending ? all.OrderByDescending(clip => clip.CreatedAt) : all.OrderBy(clip => clip.CreatedAt);
        var clips = await ordered.Skip(page.Skip).Take(page.Limit).ToListAsync(cancellationToken);
        return ApiResults.Ok(
            clips.Select(clip => ClipResponse.From(clip, http)).ToList(), new ApiPagination(total, page.Offset, clips.Count));
    }

    private static async Task<IResult> GetAsync(
        string clipId, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, CancellationToken cancellationToken)
    {
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        return Guid.TryParse(clipId, out var id)
            && await context.Clips.AsNoTracking().SingleOrDefaultAsync(clip => clip.Id == id, cancellationToken) is { } clip
            ? ApiResults.Ok(ClipResponse.From(clip, http))
            : ApiResults.NotFound("clip not found");
    }

    private static async Task<IResult> DeleteAsync(string clipId, ClipQueue clips, CancellationToken cancellationToken) =>
        Guid.TryParse(clipId, out var id) && await clips.DeleteAsync(id, cancellationToken)
            ? TypedResults.Json(new { success = true })
            : ApiResults.NotFound("clip not found");

    private static IEnumerable<ApiFieldError> Validate(CreateClipRequest body)
    {
        var timeline = body.Start is not null || body.End is not null;
        var wall = body.StartTime is not null || body.EndTime is not null;
        if ((timeline ? 1 : 0) + (wall ? 1 : 0) + (body.Last is null ? 0 : 1) != 1)
        {
            yield return new ApiFieldError("start", "give exactly one of: start and end, startTime and endTime, last");
            yield break;
        }

        if (timeline && (body.Start is null || body.End is null))
        {
            yield return new ApiFieldError(body.Start is null ? "start" : "end", "must not be null");
        }

        if (wall && (body.StartTime is null || body.EndTime is null))
        {
            yield return new ApiFieldError(body.StartTime is null ? "startTime" : "endTime", "must not be null");
        }

        if (body.Title is { Length: > MaxTitle })
        {
            yield return new ApiFieldError("title", $"must not be longer than {MaxTitle} characters");
        }

        if (body.Tags is { Count: > MaxTags } || body.Tags?.Any(tag => tag is null or { Length: 0 or > MaxTag }) == true)
        {
            yield return new ApiFieldError("tags", $"must be at most {MaxTags} texts of 1 to {MaxTag} characters");
        }
    }

    private static ClipRange RangeOf(CreateClipRequest body) => body switch
    {
        { Last: { } last } => new LastRange(last),
        { StartTime: { } start, EndTime: { } end } => new WallClockRange(start, end),
        _ => new TimelineRange(body.Start!.Value, body.End!.Value),
    };

    private static JsonHttpResult<ApiErrorResponse> Refused(ClipRefusal refusal) => refusal.Reason switch
    {
        ClipRefusalReason.NotFound => ApiResults.Error(StatusCodes.Status404NotFound, refusal.Message),
        ClipRefusalReason.NotYet => ApiResults.Error(
            StatusCodes.Status409Conflict, "not received yet", refusal.Message, new ApiFieldError(refusal.Field, refusal.Message)),
        ClipRefusalReason.NoSpace => ApiResults.Error(StatusCodes.Status507InsufficientStorage, "insufficient storage", refusal.Message),
        ClipRefusalReason.Busy => ApiResults.Error(StatusCodes.Status429TooManyRequests, refusal.Message),
        _ => ApiResults.Invalid(new ApiFieldError(refusal.Field, refusal.Message)),
    };

    private sealed record CreateClipRequest(
        double? Start,
        double? End,
        DateTimeOffset? StartTime,
        DateTimeOffset? EndTime,
        double? Last,
        string? Title,
        List<string>? Tags,
        Guid? ClientId,
        Guid? RecordingId);
}

/// <summary>A clip as the API shows it; times are seconds on the recording's timeline.</summary>
public sealed record ClipResponse(
    Guid ClipId,
    string StreamId,
    Guid RecordingId,
    Guid? ClientId,
    string? Title,
    IReadOnlyList<string> Tags,
    string Status,
    RequestedRange Requested,
    DeliveredRange? Delivered,
    decimal? Duration,
    bool Trimmed,
    string ShareUrl,
    string PlaylistUrl,
    string Mp4Url,
    string? PosterUrl,
    string CreatedAt,
    string? ReadyAt,
    string? Error)
{
    internal static ClipResponse From(Clip clip, HttpContext http)
    {
        var links = PublicLinks.Of(http);
        return new ClipResponse(
            clip.Id,
            clip.StreamId,
            clip.RecordingId,
            clip.ClientId,
            clip.Title,
            clip.Tags,
            clip.DeletedAt is null ? ApiTime.LowerCase(clip.Status) : "deleted",
            new RequestedRange(ApiTime.Seconds(clip.RequestedStart), ApiTime.Seconds(clip.RequestedEnd)),
            clip is { DeliveredStart: { } start, DeliveredEnd: { } end, DeliveredFrames: { } frames }
                ? new DeliveredRange(ApiTime.Seconds(start), ApiTime.Seconds(end), frames)
                : null,
            clip.Duration is { } duration ? ApiTime.Seconds(duration) : null,
            clip.Trimmed,
            links.Share(clip.Slug),
            links.Playlist(clip.Slug),
            links.Mp4(clip.Slug),
            clip.HasPoster ? links.Poster(clip.Slug) : null,
            ApiTime.Text(clip.CreatedAt),
            clip.ReadyAt is { } ready ? ApiTime.Text(ready) : null,
            clip.Error);
    }
}

public sealed record RequestedRange(decimal Start, decimal End);

/// <param name="Frames">Pictures in the file.</param>
public sealed record DeliveredRange(decimal Start, decimal End, int Frames);
