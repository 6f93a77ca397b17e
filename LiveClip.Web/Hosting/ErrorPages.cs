using Microsoft.AspNetCore.Diagnostics;

namespace LiveClip.Web.Hosting;

/// <summary>People get a page that says what is wrong, under the status that it is; programs get the status alone.</summary>
internal static class ErrorPages
{
    public static void UseErrorPages(this WebApplication app)
    {
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseWhen(AsksForPage, pages => pages.UseStatusCodePagesWithReExecute("/error/{0}", createScopeForStatusCodePages: true));
        app.Use(async (context, next) =>
        {
            // The page is drawn as the answer to a GET, also where a form failed: a POST would be looked at for its token again.
            var features = context.Features;
            if (features.Get<IStatusCodeReExecuteFeature>() is not null || features.Get<IExceptionHandlerFeature>() is not null)
            {
                context.Request.Method = HttpMethods.Get;
            }

            await next(context);

            // Blazor refuses a form in silence, but with a type already set, which would pass for a page of its own.
            if (context.Response is { StatusCode: StatusCodes.Status400BadRequest, HasStarted: false })
            {
                context.Response.ContentType = null;
            }
        });
    }

    private static bool AsksForPage(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
