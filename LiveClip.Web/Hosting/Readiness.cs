using LiveClip.Core.Catalog;
using LiveClip.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LiveClip.Web.Hosting;

/// <summary>
/// Ready means: the catalog answers and the data directory takes files. A disk without room is no reason to send viewers elsewhere, for
/// the live picture needs none: it is told under the status of success.
/// </summary>
internal sealed class Readiness(IDbContextFactory<CatalogDbContext> contexts, DiskWatch disk, IConfiguration configuration) : IHealthCheck
{
    private const string Paused = "Recording is paused: the disk is full. The live picture goes on, and recording resumes by itself.";
    private const string Critical = "The disk has little room left: the oldest media that no clip holds is being removed.";

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
        catch (IOException error) when (DiskFull.Is(error))
        {
            return HealthCheckResult.Degraded(Paused);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The data directory takes no files.", error);
        }

        return disk.Now.Level switch
        {
            StorageLevel.Paused => HealthCheckResult.Degraded(Paused),
            StorageLevel.Critical => HealthCheckResult.Degraded(Critical),
            _ => HealthCheckResult.Healthy(),
        };
    }

    /// <summary>The status, and a line for each thing that is wrong.</summary>
    public static Task WriteAsync(HttpContext http, HealthReport report)
    {
        http.Response.ContentType = "text/plain";
        return http.Response.WriteAsync(string.Join(
            '\n', report.Entries.Values.Select(entry => entry.Description).Where(line => line is not null).Prepend($"{report.Status}")));
    }
}
