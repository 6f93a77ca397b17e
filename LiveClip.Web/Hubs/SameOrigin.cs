namespace LiveClip.Web.Hubs;

/// <summary>
/// Keeps other sites' pages off the hubs: browsers let any page open a WebSocket to any server, with that server's cookies, and CORS
/// does not apply to it. Programs that are not browsers send no Origin and have no cookie to misuse.
/// </summary>
public static class SameOrigin
{
    private static readonly string[] Hubs = ["/hubs", "/_blazor"];

    public static IApplicationBuilder UseSameOriginForHubs(this IApplicationBuilder app)
    {
        var publicUrl = app.ApplicationServices.GetRequiredService<IConfiguration>()["LiveClip:PublicUrl"];
        return app.Use(async (context, next) =>
        {
            var origin = context.Request.Headers.Origin.ToString();
            if (origin.Length > 0
                && Hubs.Any(hub => context.Request.Path.StartsWithSegments(hub))
                && !Admits(origin, context.Request.Host, publicUrl))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }

            await next(context);
        });
    }

    /// <summary>The scheme is left out of the comparison with Host: behind a proxy that ends TLS it is another one here.</summary>
    internal static bool Admits(string origin, HostString host, string? publicUrl) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var from)
        && (string.Equals(from.Authority, host.Value, StringComparison.OrdinalIgnoreCase)
            || (Uri.TryCreate(publicUrl, UriKind.Absolute, out var known)
                && Uri.Compare(from, known, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0));
}
