using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Web.Components.Controls;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Components.Pages.Static;

/// <summary>A clip as its share link and its embeds show it.</summary>
/// <param name="Ready">What its file holds; null while there is none.</param>
/// <param name="Extents">
/// Without a file: the runs that it lies in, as the player of its segments reads them. Null where those are not to be played.
/// </param>
internal sealed record SharedClip(Clip Clip, string StreamName, ClipVersion? Ready, string? Extents)
{
    public bool IsFailed => Clip.Status == ClipStatus.Failed;

    /// <returns>Null when there is no such clip.</returns>
    public static async Task<SharedClip?> FindAsync(
        string slug, IDbContextFactory<CatalogDbContext> contexts, RecordingTimelines timelines, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var clip = await context.Clips.AsNoTracking().Include(clip => clip.Versions)
            .SingleOrDefaultAsync(clip => clip.Slug == slug && clip.DeletedAt == null, cancellationToken);
        if (clip is null)
        {
            return null;
        }

        var stream = await context.LiveStreams.AsNoTracking().SingleOrDefaultAsync(stream => stream.Id == clip.StreamId, cancellationToken);
        var ready = clip.NewestReady;
        var isPlayable = ready is null && clip.Status != ClipStatus.Failed && stream is { ShareExactOnly: false };
        var timeline = isPlayable ? await timelines.FindAsync(clip.RecordingId, cancellationToken) : null;
        return new SharedClip(clip, stream?.DisplayName() ?? "", ready, timeline is null ? null : ExtentsOf(clip, timeline));
    }

    /// <summary>The run on air has no end yet: it reaches as far as the clip does.</summary>
    private static string ExtentsOf(Clip clip, RecordingTimeline timeline) => string.Join(' ', timeline.Runs
        .Select(run => (Run: run, End: timeline.OnAir && run.Number == timeline.Runs[^1].Number ? clip.End : timeline.EndOf(run)))
        .Where(run => run.Run.TimelineStart < clip.End && run.End > clip.Start)
        .Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Run.Number}:{run.Run.TimelineStart}:{run.End}")));
}
