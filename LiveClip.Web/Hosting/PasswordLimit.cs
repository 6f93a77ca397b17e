using System.Threading.RateLimiting;

namespace LiveClip.Web.Hosting;

/// <summary>
/// How often one address may send a password: accounts lock by themselves, but that is no help against one password tried on all accounts.
/// </summary>
internal static class PasswordLimit
{
    public const string Policy = "password";
    public const int PerMinute = 20;

    public static IServiceCollection AddPasswordLimit(this IServiceCollection services) => services.AddRateLimiter(limits =>
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.AddPolicy(Policy, context => HttpMethods.IsPost(context.Request.Method)
            ? RateLimitPartition.GetFixedWindowLimiter(
                $"{context.Connection.RemoteIpAddress}",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = PerMinute, Window = TimeSpan.FromMinutes(1) })
            : RateLimitPartition.GetNoLimiter("other methods"));
    });
}
