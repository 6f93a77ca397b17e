using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Live;
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
    private static readonly TimeSpan FirstSegmentDeadline = TimeSpan.FromSeconds(15);

    public static IEndpointRouteBuilder MapClipMedia(this IEndpointRouteBuilder routes)
    {
        var clip = routes.MapGroup("/c/{slug}").AllowAnonymous().RequireCors(PlaybackApi.AnyOrigin);
        clip.MapMethods("/clip.mp4", ["GET", "HEAD"], GetVideoAsync);
        clip.MapMethods("/v{version:int}/clip.mp4", ["GET", "HEAD"], GetVersionAsync);
        clip.MapMethods("/poster.jpg", ["GET", "HEAD"], GetPosterAsync);
        clip.MapMethods("/playlist.m3u8", ["GET", "HEAD"], GetPlaylistAsync);
        clip.MapMethods("/media/{run:int}/init.mp4", ["GET", "HEAD"], GetInitAsync);
        clip.MapMethods("/media/{run:int}/{number:long}.m4s", ["GET", "HEAD"], GetSegmentAsync);
        return routes;
    }

    private static async Task<IResult> GetVideoAsync(
        string slug, bool? download, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, ClipStore store,
        CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { NewestReady: { } version } clip
            ? Video(clip, version, store, download == true)
            : ApiResults.NotFound("clip not found");

    private static async Task<IResult> GetVersionAsync(
        string slug, int version, bool? download, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, ClipStore store,
        CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { } clip
        && clip.ReadyVersions.SingleOrDefault(ready => ready.Number == version) is { } found
            ? Video(clip, found, store, download == true)
            : ApiResults.NotFound("clip not found");

    private static async Task<IResult> GetPosterAsync(
        string slug, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, ClipStore store, CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { } clip && store.FindPoster(clip.Id) is { } path
            // Each version's poster takes the place of the one before.
            ? Results.File(path, "image/jpeg", entityTag: Tag(clip, $"{File.GetLastWriteTimeUtc(path).Ticks:x}-jpg"))
            : ApiResults.NotFound("clip not found");

    private static async Task<IResult> GetPlaylistAsync(
        string slug, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, RecordingTimelines timelines, LiveWindows windows,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(catalog, http, slug, cancellationToken) is not { } clip)
        {
            return ApiResults.NotFound("clip not found");
        }

        if (await SharesExactOnlyAsync(catalog, clip, cancellationToken))
        {
            return clip.NewestReady is not null
                ? Results.Redirect("clip.mp4")
                : ApiResults.Error(
                    StatusCodes.Status404NotFound, "clip not found", "This stream shares the finished file only, and it is not ready yet.");
        }

        return await FindPlaylistAsync(clip, timelines, windows, cancellationToken) is { } text
            ? new PlaylistResult(text)
            : clip.NewestReady is not null ? Results.Redirect("clip.mp4")
            : ApiResults.NotFound("clip not found");
    }

    /// <summary>Null when segments of it are gone: nothing is silently shortened.</summary>
    private static async Task<string?> FindPlaylistAsync(
        Clip clip, RecordingTimelines timelines, LiveWindows windows, CancellationToken cancellationToken)
    {
        var isGrowing = clip.Status == ClipStatus.Waiting;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(FirstSegmentDeadline);
        while (true)
        {
            var window = windows.Find(clip.RecordingId);
            var changed = window?.Changed ?? Task.CompletedTask;
            var playlist = await timelines.FindAsync(clip.RecordingId, cancellationToken) is { } timeline && IsWhole(clip, timeline)
                ? ClipPlaylist.Of(timeline, clip.Start, clip.End, "media/", isGrowing)
                : null;
            // No player takes a list without segments, and the first one closes within seconds.
            if (playlist is not null || !isGrowing || window is not { IsClosed: false } || deadline.IsCancellationRequested)
            {
                return playlist?.ToString();
            }

            await changed.WaitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool IsWhole(Clip clip, RecordingTimeline timeline) =>
        clip.Status != ClipStatus.Ready || timeline.GapsWithin(clip.Start, clip.End).Count <= clip.Gaps.Count;

    private static async Task<IResult> GetInitAsync(
        string slug, int run, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, RecordingTimelines timelines,
        CancellationToken cancellationToken) =>
        await FindAsync(catalog, http, slug, cancellationToken) is { } clip
        && !await SharesExactOnlyAsync(catalog, clip, cancellationToken)
        && (await timelines.FindAsync(clip.RecordingId, cancellationToken))?.FindRun(run) is { } found
            ? Results.Bytes(found.Init, "video/mp4")
            : ApiResults.NotFound("clip not found");

    /// <summary>Only the segments that the clip touches: its link opens nothing else of the recording.</summary>
    private static async Task<IResult> GetSegmentAsync(
        string slug, int run, long number, HttpContext http, IDbContextFactory<CatalogDbContext> catalog, RecordingTimelines timelines,
        SegmentStore segments, CancellationToken cancellationToken)
    {
        if (await FindAsync(catalog, http, slug, cancellationToken) is not { } clip
            || await SharesExactOnlyAsync(catalog, clip, cancellationToken)
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
        return await context.Clips.AsNoTracking().Include(clip => clip.Versions)
            .SingleOrDefaultAsync(clip => clip.Slug == slug && clip.DeletedAt == null, cancellationToken);
    }

    private static async Task<bool> SharesExactOnlyAsync(
        IDbContextFactory<CatalogDbContext> catalog, Clip clip, CancellationToken cancellationToken)
    {
        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        return await context.LiveStreams.AnyAsync(stream => stream.Id == clip.StreamId && stream.ShareExactOnly, cancellationToken);
    }

    private static IResult Video(Clip clip, ClipVersion version, ClipStore store, bool asDownload) =>
        store.FindVideo(clip.Id, version.Number) is { } path
            ? Results.File(
                path, "video/mp4", asDownload ? FileName(clip) : null, version.ReadyAt, Tag(clip, $"{version.ReadyAt.UtcTicks:x}-mp4"),
                enableRangeProcessing: true)
            : ApiResults.NotFound("clip not found");

    private static EntityTagHeaderValue Tag(Clip clip, string state) => new($"\"{clip.Id:N}-{state}\"");

    private static string FileName(Clip clip)
    {
        var title = new string([.. (clip.Title ?? "").Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')]).Trim();
        return $"{(title.Length > 0 ? title : "clip")}.mp4";
    }
}
