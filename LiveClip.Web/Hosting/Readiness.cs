using LiveClip.Core.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LiveClip.Web.Hosting;

/// <summary>Ready means: the catalog answers and the data directory takes files.</summary>
internal sealed class Readiness(IDbContextFactory<CatalogDbContext> contexts, IConfiguration configuration) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        await using var catalog = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await catalog.Database.CanConnectAsync(cancellationToken))
        {
            return HealthCheckResult.Unhealthy("The catalog does not answer.");
        }

        var probe = Path.Combine(configuration["LiveClip:DataDirectory"] ?? "data", $".ready-{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(probe, [], cancellationToken);
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The data directory takes no files.", error);
        }

        return HealthCheckResult.Healthy();
    }
}
