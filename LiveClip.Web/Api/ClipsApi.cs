using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Api;

/// <summary>Clips: made from a live stream, read, listed, changed and deleted.</summary>
public static class ClipsApi
{
    private const int MaxTitle = 255;
    private const int MaxTags = 20;
    private const int MaxTag = 64;
    private const string Reject = "reject";
    private const string Splice = "splice";

    public static IEndpointRouteBuilder MapClips(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/v1").RequireAuthorization(Policies.Api).DisableAntiforgery();
        api.MapPost("/live/streams/{streamId}/clips", CreateAsync);
        api.MapGet("/clips", ListAsync);
        api.MapGet("/clips/{clipId}", GetAsync);
        api.MapPatch("/clips/{clipId}", ChangeAsync);
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
            streamId, RangeOf(body), http.User.Identity!.Name!, body.RecordingId, body.ClientId, body.Title, body.Tags,
            body.OnGap == Reject ? OnGap.Reject : OnGap.Splice);
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
        var clips = await ordered.Include(clip => clip.Versions).Skip(page.Skip).Take(page.Limit).ToListAsync(cancellationToken);
        return ApiResults.Ok(
            clips.Select(clip => ClipResponse.From(clip, http)).ToList(), new ApiPagination(total, page.Offset, clips.Count));
    }

    private static async Task<IResult> GetAsync(
        string clipId, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, CancellationToken cancellationToken)
    {
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        return Guid.TryParse(clipId, out var id)
            && await context.Clips.AsNoTracking().Include(clip => clip.Versions).SingleOrDefaultAsync(clip => clip.Id == id, cancellationToken) is { } clip
            ? ApiResults.Ok(ClipResponse.From(clip, http))
            : ApiResults.NotFound("clip not found");
    }

    private static async Task<IResult> ChangeAsync(
        string clipId, HttpContext http, ClipRevisions revisions, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(clipId, out var id))
        {
            return ApiResults.NotFound("clip not found");
        }

        var (body, error) = await ApiBody.ReadAsync<ChangeClipRequest>(http.Request, cancellationToken);
        if (body is null)
        {
            return error!;
        }

        var faults = ValidateWords(body.Title, body.Tags).ToList();
        if (faults.Count > 0)
        {
            return ApiResults.Invalid(faults);
        }

        var patch = new ClipPatch(body.Start, body.End, body.Title, body.Tags);
        var answer = await revisions.ChangeAsync(id, patch, cancellationToken);
        return answer.Clip is { } clip ? ApiResults.Ok(ClipResponse.From(clip, http)) : Refused(answer.Refusal!);
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

        if (body.OnGap is not (null or Splice or Reject))
        {
            yield return new ApiFieldError("onGap", $"must be {Splice} or {Reject}");
        }

        foreach (var fault in ValidateWords(body.Title, body.Tags))
        {
            yield return fault;
        }
    }

    private static IEnumerable<ApiFieldError> ValidateWords(string? title, List<string>? tags)
    {
        if (title is { Length: > MaxTitle })
        {
            yield return new ApiFieldError("title", $"must not be longer than {MaxTitle} characters");
        }

        if (tags is { Count: > MaxTags } || tags?.Any(tag => tag is null or { Length: 0 or > MaxTag }) == true)
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
        Guid? RecordingId,
        string? OnGap);

    private sealed record ChangeClipRequest(double? Start, double? End, string? Title, List<string>? Tags);
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
    int Version,
    RequestedRange Requested,
    DeliveredRange? Delivered,
    decimal? Duration,
    bool Trimmed,
    string? TrimReason,
    string OnGap,
    IReadOnlyList<GapResponse> Gaps,
    string TrimmableUntil,
    string ShareUrl,
    string PlaylistUrl,
    string Mp4Url,
    string? PosterUrl,
    string CreatedAt,
    string? ReadyAt,
    string? Error,
    IReadOnlyList<ClipVersionResponse> Versions)
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
            clip.Version,
            new RequestedRange(ApiTime.Seconds(clip.RequestedStart), ApiTime.Seconds(clip.RequestedEnd)),
            clip is { DeliveredStart: { } start, DeliveredEnd: { } end, DeliveredFrames: { } frames }
                ? new DeliveredRange(ApiTime.Seconds(start), ApiTime.Seconds(end), frames)
                : null,
            clip.Duration is { } duration ? ApiTime.Seconds(duration) : null,
            clip.Trimmed,
            clip.TrimReason is { } reason ? ApiTime.CamelCase(reason) : null,
            ApiTime.LowerCase(clip.OnGap),
            [.. clip.Gaps.Select(gap => new GapResponse(
                ApiTime.Seconds(gap.Start), ApiTime.Seconds(gap.End), ApiTime.Seconds(gap.End - gap.Start)))],
            ApiTime.Text(clip.TrimmableUntil),
            links.Share(clip.Slug),
            links.Playlist(clip.Slug),
            links.Mp4(clip.Slug),
            clip.HasPoster ? links.Poster(clip.Slug) : null,
            ApiTime.Text(clip.CreatedAt),
            clip.ReadyAt is { } ready ? ApiTime.Text(ready) : null,
            clip.Error,
            [.. clip.ReadyVersions.Select(version => new ClipVersionResponse(
                version.Number,
                new RequestedRange(ApiTime.Seconds(version.RequestedStart), ApiTime.Seconds(version.RequestedEnd)),
                new DeliveredRange(
                    ApiTime.Seconds(version.DeliveredStart), ApiTime.Seconds(version.DeliveredEnd), version.DeliveredFrames),
                ApiTime.Seconds(version.Duration),
                links.Mp4(clip.Slug, version.Number),
                ApiTime.Text(version.ReadyAt)))]);
    }
}

public sealed record RequestedRange(decimal Start, decimal End);

/// <param name="Frames">Pictures in the file.</param>
public sealed record DeliveredRange(decimal Start, decimal End, int Frames);

/// <summary>A stretch of the range without pictures, which a player of the clip does not see.</summary>
/// <param name="Seconds">0 where the encoder changed its settings without being away.</param>
public sealed record GapResponse(decimal Start, decimal End, decimal Seconds);

/// <summary>A version of a clip that can be played; the newest one is what the clip's own links lead to.</summary>
public sealed record ClipVersionResponse(
    int Version, RequestedRange Requested, DeliveredRange Delivered, decimal Duration, string Mp4Url, string ReadyAt);
