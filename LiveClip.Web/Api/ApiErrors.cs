using LiveClip.Core.Access;
using LiveClip.Core.Storage;
using Microsoft.AspNetCore.WebUtilities;

namespace LiveClip.Web.Api;

/// <summary>What the API says where it has no such resource, no such method, and when something breaks: its JSON.</summary>
internal static class ApiErrors
{
    private static readonly string[] Roots = ["/v1", "/live", "/on-demand", "/iam"];

    /// <summary>Gives every failure under the API's paths that has no body yet the API's shape, also for a browser.</summary>
    public static void UseApiErrors(this IApplicationBuilder app) => app.UseWhen(
        context => Roots.Any(root => context.Request.Path.StartsWithSegments(root)),
        api =>
        {
            api.UseStatusCodePages(pages => WriteAsync(pages.HttpContext));
            api.UseExceptionHandler(new ExceptionHandlerOptions
            {
                ExceptionHandler = WriteAsync,
                StatusCodeSelector = error =>
                    DiskFull.Is(error) ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status500InternalServerError,
            });
        });

    /// <summary>To be mapped after all resources. Who has no token learns nothing of what there is.</summary>
    public static void MapApiErrors(this IEndpointRouteBuilder routes)
    {
        var resources = routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => Roots.Any(root => endpoint.RoutePattern.RawText!.StartsWith($"{root}/", StringComparison.Ordinal)))
            .ToLookup(endpoint => endpoint.RoutePattern.RawText!, MethodsOf);
        foreach (var resource in resources)
        {
            var allowed = string.Join(", ", resource.SelectMany(methods => methods));
            routes.Map(resource.Key, context => RefuseMethod(context, allowed)).RequireAuthorization(Policies.Api);
        }

        foreach (var root in Roots)
        {
            routes.MapFallback($"{root}/{{**path}}", () => Results.NotFound()).RequireAuthorization(Policies.Api);
        }
    }

    private static IReadOnlyList<string> MethodsOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];

    private static Task RefuseMethod(HttpContext context, string allowed)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = allowed;
        return Task.CompletedTask;
    }

#pragma warning disable CA1308 // The API's messages are in lower case.
    private static Task WriteAsync(HttpContext context) => ApiResults
        .Error(context.Response.StatusCode, ReasonPhrases.GetReasonPhrase(context.Response.StatusCode).ToLowerInvariant())
        .ExecuteAsync(context);
#pragma warning restore CA1308
}
