namespace LiveClip.Web.Hosting;

/// <summary>
/// Takes nothing new while the server stops, and waits a moment only for what it is answering: the pictures that were received are
/// written after the last answer, and a service manager may have ten seconds of patience in all.
/// </summary>
internal static class Shutdown
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void AddShutdown(this IServiceCollection services) =>
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));

    /// <summary>
    /// A page whose circuit was just closed comes back at once: its new connection is refused. A viewer on a slow line would take as long
    /// as the host waits for an answer of some MiB: it is cut off.
    /// </summary>
    public static void RefuseWhileStopping(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        var patienceOver = new CancellationTokenSource();
        stopping.Register(() => patienceOver.CancelAfter(Patience));
        app.Use((context, next) =>
        {
            if (!stopping.IsCancellationRequested)
            {
                return AnswerAsync(context, next, patienceOver.Token);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, CancellationToken patienceOver)
    {
        await using var cut = patienceOver.UnsafeRegister(state => ((HttpContext)state!).Abort(), context);
        await next(context);
    }
}
