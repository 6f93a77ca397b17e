using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Components.Controls;

/// <summary>The newest clips of one live stream, newest first, as they are made and become ready.</summary>
public sealed partial class ClipRail : IDisposable
{
    private const int MostClips = 100;

    private List<Clip> _clips = [];
    private ChangeFeed.Subscription? _changes;
    private bool _isRead;

    [Parameter, EditorRequired]
    public string StreamId { get; set; } = default!;

    [Inject]
    private IDbContextFactory<CatalogDbContext> Contexts { get; set; } = default!;

    [Inject]
    private ChangeFeed Changes { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        _changes = Changes.Subscribe<ClipChanged>(change =>
            change.StreamId == StreamId ? InvokeAsync(() => RefreshAsync(change.ClipId)) : Task.CompletedTask);
        await using var context = await Contexts.CreateDbContextAsync();
        var clips = await context.Clips.AsNoTracking().Include(clip => clip.Versions)
            .Where(clip => clip.StreamId == StreamId && clip.DeletedAt == null)
            .OrderByDescending(clip => clip.CreatedAt).Take(MostClips).ToListAsync();
        // A change that came while this was being read is newer than what was read.
        _clips = [.. _clips, .. clips.ExceptBy(_clips.Select(clip => clip.Id), clip => clip.Id)];
        Sort();
        _isRead = true;
    }

    public void Dispose() => _changes?.Dispose();

    private async Task RefreshAsync(Guid clipId)
    {
        await using var context = await Contexts.CreateDbContextAsync();
        var clip = await context.Clips.AsNoTracking().Include(clip => clip.Versions).SingleOrDefaultAsync(clip => clip.Id == clipId);
        _clips.RemoveAll(known => known.Id == clipId);
        if (clip is { DeletedAt: null })
        {
            _clips.Add(clip);
            Sort();
        }

        StateHasChanged();
    }

    private void Sort() => _clips.Sort((a, b) => b.CreatedAt.CompareTo(a.CreatedAt));
}
