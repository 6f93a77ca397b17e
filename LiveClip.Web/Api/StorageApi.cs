using LiveClip.Core.Access;
using LiveClip.Core.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LiveClip.Web.Api;

/// <summary>How much room the server's disk has for recordings.</summary>
public static class StorageApi
{
    public static IEndpointRouteBuilder MapStorage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/server/storage", Get).RequireAuthorization(Policies.Api);
        return routes;
    }

    private static JsonHttpResult<ApiResponse<StorageResponse>> Get(DiskWatch disk) => ApiResults.Ok(StorageResponse.From(disk.Now));
}

/// <summary>The disk as the API shows it.</summary>
/// <param name="State">ok, low, critical (the oldest media that no clip holds is removed) or paused (nothing is recorded).</param>
/// <param name="UsableBytes">What of the free space recordings may take.</param>
/// <param name="BytesPerSecond">What the recordings on air add at their present bit rates.</param>
/// <param name="HoursLeft">Null while nothing is on air.</param>
public sealed record StorageResponse(
    string State, long FreeBytes, long UsableBytes, long TotalBytes, long BytesPerSecond, decimal? HoursLeft)
{
    internal static StorageResponse From(Headroom headroom) => new(
        ApiTime.LowerCase(headroom.Level),
        headroom.FreeBytes,
        headroom.UsableBytes,
        headroom.TotalBytes,
        (long)headroom.BytesPerSecond,
        headroom.TimeLeft is { } left ? Math.Round((decimal)left.TotalHours, 2) : null);
}
