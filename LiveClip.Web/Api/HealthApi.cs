using System.Globalization;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Health;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Api;

/// <summary>How a live stream is: figures of now and the last seconds, what to change in the encoder, and rows of past minutes.</summary>
public static class HealthApi
{
    private const int DefaultSeconds = 60;
    private const int MaxSeconds = 3600;

    /// <summary>A day.</summary>
    private const int MaxMinutes = 1440;

    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGroup("/v1").RequireAuthorization(Policies.Api).MapGet("/live/streams/{streamId}/health", GetAsync);
        return routes;
    }

    /// <param name="seconds">How many readings are wanted, the newest ones.</param>
    /// <param name="from">A moment in UTC: the rows from then on are wanted, too, up to a day of them.</param>
    private static async Task<IResult> GetAsync(
        string streamId, string? seconds, string? from, StreamHealths health, IDbContextFactory<CatalogDbContext> catalog,
        CancellationToken cancellationToken)
    {
        var faults = new List<ApiFieldError>();
        var wanted = DefaultSeconds;
        if (seconds is not null
            && (!int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out wanted) || wanted > MaxSeconds))
        {
            faults.Add(new ApiFieldError("seconds", $"must be a number from 0 to {MaxSeconds}"));
        }

        DateTimeOffset? since = null;
        if (from is not null)
        {
            if (DateTimeOffset.TryParse(
                from, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment))
            {
                since = moment;
            }
            else
            {
                faults.Add(new ApiFieldError("from", "must be a time in UTC such as 2026-11-22T13:00:00Z"));
            }
        }

        if (faults.Count > 0)
        {
            return ApiResults.Invalid(faults);
        }

        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        if (!await context.LiveStreams.AnyAsync(stream => stream.Id == streamId, cancellationToken))
        {
            return ApiResults.NotFound("stream not found");
        }

        var minutes = since is null
            ? null
            : await context.HealthMinutes.AsNoTracking()
                .Where(minute => minute.StreamId == streamId && minute.Start >= since)
                .OrderBy(minute => minute.Start).Take(MaxMinutes).ToListAsync(cancellationToken);
        return ApiResults.Ok(HealthResponse.From(streamId, health.Report(streamId, wanted), minutes));
    }
}
