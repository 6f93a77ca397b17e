using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Api;

/// <summary>How a clip was cut: what was asked for and what its file holds, to the picture.</summary>
public static class ClipReportApi
{
    public static IEndpointRouteBuilder MapClipReports(this IEndpointRouteBuilder routes)
    {
        routes.MapGroup("/v1").RequireAuthorization(Policies.Api).MapGet("/clips/{clipId}/report", GetAsync);
        return routes;
    }

    private static async Task<IResult> GetAsync(
        string clipId, IDbContextFactory<CatalogDbContext> catalog, CancellationToken cancellationToken)
    {
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        var clip = Guid.TryParse(clipId, out var id)
            ? await context.Clips.AsNoTracking()
                .SingleOrDefaultAsync(clip => clip.Id == id && clip.DeletedAt == null, cancellationToken)
            : null;
        return (clip, CutReport.Parse(clip?.Report)) switch
        {
            (null, _) => ApiResults.NotFound("clip not found"),
            (_, null) => ApiResults.NotFound("the clip has no report: it is not ready"),
            (_, var report) => ApiResults.Ok(ClipReportResponse.From(clip, report)),
        };
    }
}

/// <summary>A cut report as the API shows it; ticks are 1/90,000 s of the recording's timeline.</summary>
public sealed record ClipReportResponse(
    Guid ClipId,
    Guid RecordingId,
    ReportedSpan Requested,
    ReportedSpan Delivered,
    long FirstPicture,
    long LastPicture,
    int FramesCopied,
    int FramesEncoded,
    string? FrameRate,
    IReadOnlyList<CutJoint> Joints,
    IReadOnlyList<CutGap> Gaps,
    double? AudioOffset,
    CutTimes Milliseconds)
{
    internal static ClipReportResponse From(Clip clip, CutReport report) => new(
        clip.Id,
        clip.RecordingId,
        ReportedSpan.From(report.Requested),
        ReportedSpan.From(report.Delivered),
        report.FirstPicture,
        report.LastPicture,
        report.FramesCopied,
        report.FramesEncoded,
        report.FrameRate,
        report.Joints,
        report.Gaps,
        report.AudioOffset,
        report.Milliseconds);
}

public sealed record ReportedSpan(ReportedPoint In, ReportedPoint Out)
{
    internal static ReportedSpan From(CutSpan span) => new(ReportedPoint.From(span.In), ReportedPoint.From(span.Out));
}

public sealed record ReportedPoint(long Ticks, decimal Seconds, string? Utc)
{
    internal static ReportedPoint From(CutPoint point) =>
        new(point.Ticks, ApiTime.Seconds(point.Ticks), point.Utc is { } utc ? ApiTime.Text(utc) : null);
}
