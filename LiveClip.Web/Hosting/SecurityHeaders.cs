namespace LiveClip.Web.Hosting;

/// <summary>What browsers are told about every answer: run our own scripts only, guess no types, let nobody frame us but the embed page.</summary>
internal static class SecurityHeaders
{
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        // The address that was asked for: an error page is drawn under its own.
        var framers = context.Request.Path.StartsWithSegments("/embed") ? "*" : "'none'";

        // At the last moment, because the error page begins with an empty answer.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy(context.Request.Host, framers);
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            return Task.CompletedTask;
        });
        return next(context);
    });

    // Radzen and the timeline set style attributes; scripts never stand in the page. Older browsers do not take 'self' for WebSockets.
    private static string Policy(HostString host, string framers) =>
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
        + $"connect-src 'self' ws://{host} wss://{host}; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        + $"frame-ancestors {framers}";
}
