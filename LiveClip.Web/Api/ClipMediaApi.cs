using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace LiveClip.Web.Api;

/// <summary>
/// A clip's files under its share link. Its state is asked at every request and nothing may be kept unasked, so that a deleted clip is
/// gone at once.
/// </summary>
public static class ClipMediaApi
{
    public static IEndpointRouteBuilder MapClipMedia(this IEndpointRouteBuilder routes)
    {
        var clip = routes.MapGroup("/c/{slug}").AllowAnonymous().RequireCors(PlaybackApi.AnyOrigin);
        clip.MapMethods("/clip.mp4", ["GET", "HEAD"], GetVideoAsync);
        clip.MapMethods("/poster.jpg", ["GET", "HEAD"], GetPosterAsync);
        clip.MapMethods("/playlist.m3u8", ["GET", "HEAD"], GetPlaylistAsync);
        clip.MapMethods("/media/{run:int}/init.mp4", ["GET", "HEAD"], GetInitAsync);
        clip.MapMethods("/media/{run:int}/{number:long}.m4s", ["GET", "HEAD"], GetSegmentAsync);
        return routes;
    }

    private static async Task<IResult> GetVideoAsync(
        string slug, bool? download, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, ClipStore store,
        CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { Status: ClipStatus.Ready } clip && store.FindVideo(clip.Id) is { } path
            ? Results.File(path, "video/mp4", download == true ? FileName(clip) : null, clip.ReadyAt, Tag(clip, "mp4"), enableRangeProcessing: true)
            : ApiResults.NotFound("clip not found");

    private static async Task<IResult> GetPosterAsync(
        string slug, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, ClipStore store, CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { } clip && store.FindPoster(clip.Id) is { } path
            ? Results.File(path, "image/jpeg", lastModified: clip.ReadyAt, entityTag: Tag(clip, "jpg"))
            : ApiResults.NotFound("clip not found");

    private static async Task<IResult> GetPlaylistAsync(
        string slug, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, RecordingTimelines timelines,
        CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { } clip
        && await timelines.FindAsync(clip.RecordingId, cancellationToken) is { } timeline
        && ClipPlaylist.Of(timeline, clip.Start, clip.End, "media/") is { } playlist
            ? Results.Text(playlist.ToString(), "application/vnd.apple.mpegurl")
            : ApiResults.NotFound("clip not found");

    private static async Task<IResult> GetInitAsync(
        string slug, int run, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, RecordingTimelines timelines,
        CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { } clip
        && (await timelines.FindAsync(clip.RecordingId, cancellationToken))?.FindRun(run) is { } found
            ? Results.Bytes(found.Init, "video/mp4")
            : ApiResults.NotFound("clip not found");

    /// <summary>Only the segments that the clip touches: its link opens nothing else of the recording.</summary>
    private static async Task<IResult> GetSegmentAsync(
        string slug, int run, long number, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, RecordingTimelines timelines,
        SegmentStore segments, CancellationToken cancellationToken)
    {
        if (await FindAsync(catalog, http, slug, cancellationToken) is not { } clip
            || await timelines.FindAsync(clip.RecordingId, cancellationToken) is not { } timeline
            || !timeline.Covers(clip.Start, clip.End, run, number)
            || segments.Open(clip.RecordingId, run, number) is not { } bytes)
        {
            return ApiResults.NotFound("clip not found");
        }

        using (bytes)
        {
            var content = new byte[bytes.Length];
            bytes.Read(0, content);
            return Results.Bytes(content, "video/mp4", enableRangeProcessing: true);
        }
    }

    private static async Task<Clip?> FindAsync(
        IDbContextFactory<CatalogDbContext> catalog, HttpContext http, string slug, CancellationToken cancellationToken)
    {
        http.Response.Headers.CacheControl = "no-cache";
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        return await context.Clips.AsNoTracking().SingleOrDefaultAsync(clip => clip.Slug == slug && clip.DeletedAt == null, cancellationToken);
    }

    private static EntityTagHeaderValue Tag(Clip clip, string kind) => new($"\"{clip.Id:N}-{clip.ReadyAt?.UtcTicks:x}-{kind}\"");

    private static string FileName(Clip clip)
    {
        var title = new string([.. (clip.Title ?? "").Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')]).Trim();
        return $"{(title.Length > 0 ? title : "clip")}.mp4";
    }
}
