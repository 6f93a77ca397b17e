using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Recordings;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;

namespace LiveClip.Web.Components.Pages;

/// <summary>Watch one live stream, mark pictures, make clips. Player, timeline, marks and requests are the script's (Studio.razor.ts).</summary>
public sealed partial class Studio
{
    private static readonly int[] UsualQuickClips = [15, 30, 60];

    private static readonly (string[] Keys, string Words)[] Keys =
    [
        (["I", "O"], "In point, out point at the picture shown"),
        (["Enter"], "Make the clip; with an in point only, up to the picture shown"),
        (["1", "2", "3"], "Clip of the last seconds, up to the picture shown"),
        (["Space"], "Play or pause"),
        (["←", "→"], "One picture back or forward; also , and ."),
        (["Shift", "← →"], "One second back or forward"),
        (["J", "K", "L"], "Two seconds back, pause, play and faster"),
        (["Shift", "I O"], "Go to the in or out point"),
        (["Alt", "X"], "Clear the marks"),
        (["Home", "End"], "To the beginning, to the live edge"),
        (["-", "=", "\\"], "Timeline: zoom out, zoom in, whole recording"),
        (["V"], "Sound on or off"),
        (["?"], "These keys"),
    ];

    private ElementReference _root;
    private IJSObjectReference? _studio;
    private ChangeFeed.Subscription? _changes;
    private LiveStream? _stream;
    private string? _mounted;
    private bool _hasRecording;
    private bool _canClip;
    private bool _isMissing;
    private bool _left;

    [Parameter]
    public string StreamId { get; set; } = "";

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private IDbContextFactory<CatalogDbContext> Contexts { get; set; } = default!;

    [Inject]
    private ChangeFeed Changes { get; set; } = default!;

    [Inject]
    private IAuthorizationService Authorization { get; set; } = default!;

    [Inject]
    private PublicLinks Links { get; set; } = default!;

    [Inject]
    private IOptions<RecordingOptions> Recordings { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    /// <summary>Seconds and key of each; never one that would be cut off.</summary>
    private IEnumerable<(int Seconds, int Key)> QuickClips
    {
        get
        {
            var allowed = UsualQuickClips.Where(seconds => seconds <= _stream!.MaxClipSeconds).ToList();
            return (allowed.Count > 0 ? allowed : [_stream!.MaxClipSeconds]).Select((seconds, index) => (seconds, index + 1));
        }
    }

    protected override void OnInitialized() => _changes = Changes.Subscribe<StreamChanged>(change =>
        change.StreamId == StreamId ? InvokeAsync(RefreshAsync) : Task.CompletedTask);

    protected override async Task OnParametersSetAsync()
    {
        _canClip = (await Authorization.AuthorizeAsync((await Authentication).User, Policies.Clip)).Succeeded;
        await LoadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_mounted == _stream?.Id)
        {
            return;
        }

        _mounted = _stream?.Id;
        await UnmountAsync();
        if (_stream is null)
        {
            return;
        }

        await using var module = await Js.InvokeAsync<IJSObjectReference>("import", "./js/studio.js");
        _studio = await module.InvokeAsync<IJSObjectReference>(
            "mount", _root, new { streamId = _stream.Id, canClip = _canClip, publicUrl = Links.Root.ToString() });
        if (_left)
        {
            // The page was left while its script was being loaded.
            await UnmountAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _left = true;
        _changes?.Dispose();
        await UnmountAsync();
    }

    private async Task UnmountAsync()
    {
        if (_studio is null)
        {
            return;
        }

        var studio = _studio;
        _studio = null;
        try
        {
            await studio.InvokeVoidAsync("dispose");
            await studio.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The circuit is gone, and with it the way to a page that may be gone as well.
        }
    }

    private async Task RefreshAsync()
    {
        await LoadAsync();
        StateHasChanged();
    }

    private async Task LoadAsync()
    {
        await using var context = await Contexts.CreateDbContextAsync();
        _stream = await context.LiveStreams.AsNoTracking().SingleOrDefaultAsync(stream => stream.Id == StreamId);
        _hasRecording = await context.Recordings.AnyAsync(recording => recording.StreamId == StreamId);
        _isMissing = _stream is null;
    }
}
