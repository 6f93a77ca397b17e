using Microsoft.Net.Http.Headers;

namespace LiveClip.Web.Api;

/// <summary>
/// Routes of media that any page of any site may play, without credentials: asked for several times a second by each viewer, they are
/// answered in front of all that they have no use for, such as rate limits, forms and the sign-in, which only a private stream looks at.
/// </summary>
internal static class OpenMedia
{
    /// <summary>What a page's script may read of an answer.</summary>
    public static readonly string[] Exposed =
        [HeaderNames.ContentLength, HeaderNames.ContentRange, HeaderNames.AcceptRanges, HeaderNames.ETag, HeaderNames.Date];

    private static readonly string ExposedList = string.Join(',', Exposed);

    public static RouteGroupBuilder MapOpenMedia(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AllowAnonymous();
        group.ShortCircuit();
        ((IEndpointConventionBuilder)group).Add(endpoint =>
        {
            var answer = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http => AnswerAsync(http, answer);
        });
        return group;
    }

    public static void MapMedia(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, ["GET", "HEAD", "OPTIONS"], handler);

    private static Task AnswerAsync(HttpContext http, RequestDelegate answer)
    {
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        if (!HttpMethods.IsOptions(http.Request.Method))
        {
            headers.AccessControlExposeHeaders = ExposedList;
            return answer(http);
        }

        // What a browser asks first when a page adds headers of its own (Fetch §3.3.2).
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowMethods = "GET,HEAD";
        headers.AccessControlAllowHeaders = http.Request.Headers.AccessControlRequestHeaders;
        return Task.CompletedTask;
    }
}
