namespace LiveClip.Web.Hosting;

/// <summary>
/// Takes nothing new while the server stops. A page whose circuit was just closed comes back at once, and its new connection would
/// hold the stop up until the host's patience (30 s) is over.
/// </summary>
internal static class Shutdown
{
    public static void RefuseWhileStopping(this WebApplication app) => app.Use((context, next) =>
    {
        if (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    });
}
