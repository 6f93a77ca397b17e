namespace LiveClip.Web.Hosting;

/// <summary>What browsers are told about every answer: run our own scripts only, guess no types, let nobody frame us but the embed page.</summary>
internal static class SecurityHeaders
{
    // Radzen and the timeline set style attributes; scripts never stand in the page.
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
        + "connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors ";

    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        // The address that was asked for: an error page is drawn under its own.
        var framers = context.Request.Path.StartsWithSegments("/embed") ? "*" : "'none'";

        // At the last moment, because the error page begins with an empty answer.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy + framers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            return Task.CompletedTask;
        });
        return next(context);
    });
}
