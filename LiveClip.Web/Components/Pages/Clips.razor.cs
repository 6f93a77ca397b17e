using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Web.Components.Controls;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Components.Pages;

/// <summary>All clips, newest first; what is searched for stands in the address.</summary>
public sealed partial class Clips
{
    private const int PageSize = 48;

    private IReadOnlyList<Clip>? _clips;
    private Dictionary<string, string> _names = [];
    private ChangeFeed.Subscription? _changes;
    private int _wanted = PageSize;
    private bool _hasMore;
    private bool _left;

    [SupplyParameterFromQuery(Name = "q")]
    private string? Query { get; set; }

    [SupplyParameterFromQuery(Name = "stream")]
    private string? StreamId { get; set; }

    [Inject]
    private IDbContextFactory<CatalogDbContext> Contexts { get; set; } = default!;

    [Inject]
    private ChangeFeed Changes { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private PublicLinks Links { get; set; } = default!;

    private bool IsFiltered => !string.IsNullOrWhiteSpace(Query) || StreamId is not null;

    protected override void OnInitialized() => _changes = Changes.Subscribe<ClipChanged>(_ => InvokeAsync(RefreshAsync));

    protected override Task OnParametersSetAsync()
    {
        _wanted = PageSize;
        return LoadAsync();
    }

    public void Dispose()
    {
        _left = true;
        _changes?.Dispose();
    }

    private async Task RefreshAsync()
    {
        if (!_left)
        {
            await LoadAsync();
            StateHasChanged();
        }
    }

    private Task ShowMoreAsync()
    {
        _wanted += PageSize;
        return LoadAsync();
    }

    private async Task LoadAsync()
    {
        await using var context = await Contexts.CreateDbContextAsync();
        _names = (await context.LiveStreams.AsNoTracking().ToListAsync())
            .OrderBy(stream => stream.DisplayName(), StringComparer.CurrentCultureIgnoreCase)
            .ToDictionary(stream => stream.Id, stream => stream.DisplayName());
        var clips = await Matching(context.Clips.AsNoTracking().Include(clip => clip.Versions)).OrderByDescending(clip => clip.CreatedAt).Take(_wanted + 1).ToListAsync();
        (_clips, _hasMore) = ([.. clips.Take(_wanted)], clips.Count > _wanted);
    }

    private IQueryable<Clip> Matching(IQueryable<Clip> clips)
    {
        clips = clips.Where(clip => clip.DeletedAt == null);
        if (StreamId is { } streamId)
        {
            clips = clips.Where(clip => clip.StreamId == streamId);
        }

        if (Query?.Trim() is not { Length: > 0 } text)
        {
            return clips;
        }

        // SQLite folds the case of ASCII letters only: for the rest both cases are asked for.
        var (upper, lower) = (Pattern(text.ToUpperInvariant()), Pattern(text.ToLowerInvariant()));
        return clips.Where(clip => EF.Functions.Like(clip.Title!, upper, "\\") || EF.Functions.Like(clip.Title!, lower, "\\"));
    }

    private static string Pattern(string text) =>
        $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";

    private void Filter(string? query = null, string? stream = null) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["q"] = Given(query ?? Query),
            ["stream"] = Given(stream ?? StreamId),
        }));

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
