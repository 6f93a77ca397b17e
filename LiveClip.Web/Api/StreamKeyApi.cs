using LiveClip.Core.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LiveClip.Web.Api;

/// <summary>Hands a stream key to the Copy button, at the press and not before, so that it stands in no page.</summary>
internal static class StreamKeyApi
{
    /// <summary>A form of another site cannot send a header of its own; with the cookie's SameSite that keeps others out.</summary>
    public const string Header = "X-LiveClip";

    public static void MapStreamKeyApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/admin/streams/{streamId}/key", CopyKey).RequireAuthorization(Policies.ManageStreams);

    private static async Task<Results<ContentHttpResult, NotFound, ForbidHttpResult>> CopyKey(
        string streamId, HttpContext context, LiveStreamRegister register, CancellationToken cancellationToken)
    {
        if (!IsOurOwnPage(context.Request.Headers))
        {
            return TypedResults.Forbid();
        }

        context.Response.Headers.CacheControl = "no-store";
        return await register.RevealKeyAsync(streamId, cancellationToken) is { } key
            ? TypedResults.Text(key, "text/plain")
            : TypedResults.NotFound();
    }

    // Browsers leave Sec-Fetch-Site out on plain http to other hosts than this machine; then the header alone must do.
    private static bool IsOurOwnPage(IHeaderDictionary headers) =>
        headers.ContainsKey(Header) && headers["Sec-Fetch-Site"].ToString() is "" or "same-origin";
}
