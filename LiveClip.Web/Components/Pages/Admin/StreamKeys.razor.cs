using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Web.Components.Controls;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Radzen;

namespace LiveClip.Web.Components.Pages.Admin;

/// <summary>Makes streams, hands their keys out, takes keys back, and shows who publishes now.</summary>
public sealed partial class StreamKeys
{
    // The title bar's cross would fetch an icon font of a megabyte; each dialog has a button that says what it does, and Esc.
    private static readonly DialogOptions Dialog = new() { Width = "min(460px, calc(100vw - 24px))", ShowClose = false };

    private IReadOnlyList<LiveStream>? _streams;
    private ChangeFeed.Subscription? _changes;
    private bool _left;

    /// <summary>Opens the form at once: other pages lead here to make the first stream.</summary>
    [SupplyParameterFromQuery(Name = "new")]
    private bool OpensForm { get; set; }

    [Inject]
    private IDbContextFactory<CatalogDbContext> Contexts { get; set; } = default!;

    [Inject]
    private LiveStreamRegister Register { get; set; } = default!;

    [Inject]
    private BroadcastRegistry OnAir { get; set; } = default!;

    [Inject]
    private ChangeFeed Changes { get; set; } = default!;

    [Inject]
    private PublicLinks Links { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IOptions<RecordingOptions> Recordings { get; set; } = default!;

    [Inject]
    private DialogService Dialogs { get; set; } = default!;

    [Inject]
    private Toasts Toasts { get; set; } = default!;

    protected override Task OnInitializedAsync()
    {
        _changes = Changes.Subscribe<StreamChanged>(_ => InvokeAsync(RefreshAsync));
        return LoadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender && OpensForm)
        {
            await CreateAsync();
            ForgetForm();
        }
    }

    public void Dispose()
    {
        _left = true;
        _changes?.Dispose();
    }

    // A reload would open the form again. Leaving the page closes it as well: then the address is another one already.
    private void ForgetForm()
    {
        if (Navigation.ToBaseRelativePath(Navigation.Uri).StartsWith("admin/streams?", StringComparison.Ordinal))
        {
            Navigation.NavigateTo("admin/streams", replace: true);
        }
    }

    private async Task RefreshAsync()
    {
        if (!_left)
        {
            await LoadAsync();
            StateHasChanged();
        }
    }

    private async Task LoadAsync()
    {
        await using var context = await Contexts.CreateDbContextAsync();
        var streams = await context.LiveStreams.AsNoTracking().Include(stream => stream.PlaybackIds).ToListAsync();
        _streams = [.. streams.OrderByDescending(stream => stream.CreatedAt)];
    }

    private async Task CreateAsync()
    {
        if (await Dialogs.OpenAsync<NewStream>("New stream", null, Dialog) is LiveStreamSettings settings)
        {
            await Register.CreateAsync(settings, CancellationToken.None);
            Toasts.Show($"Created “{settings.Name}”. Copy its server and key into your encoder.");
        }
    }

    private async Task KeepAsync(LiveStream stream)
    {
        var parameters = new Dictionary<string, object?>
        {
            [nameof(KeepRecordings.Draft)] = new RetentionDraft { RetentionDays = stream.RetentionDays, RetentionGiB = stream.RetentionGiB },
        };
        if (await Dialogs.OpenAsync<KeepRecordings>($"Recordings of “{stream.DisplayName()}”", parameters, Dialog) is RetentionDraft draft)
        {
            await Register.SetRetentionAsync(stream.Id, draft.RetentionDays, draft.RetentionGiB, CancellationToken.None);
        }
    }

    private async Task RotateAsync(LiveStream stream)
    {
        var parameters = new Dictionary<string, object?>
        {
            [nameof(RotateKey.Name)] = stream.DisplayName(),
            [nameof(RotateKey.IsPublishing)] = OnAir.Find(stream.Id)?.Publication is not null,
        };
        if (await Dialogs.OpenAsync<RotateKey>("Rotate the stream key?", parameters, Dialog) is true)
        {
            await Register.RotateKeyAsync(stream.Id, CancellationToken.None);
            OnAir.DropPublisher(stream.Id);
            Toasts.Show($"“{stream.DisplayName()}” has a new key. The old one is refused from now on.");
        }
    }

    private static LiveStreamStatus StatusOf(LiveStream stream, Broadcast? broadcast) =>
        LiveStreamStatusWriter.StatusOf(broadcast, stream.Status);

    private string Facts(LiveStream stream) => string.Join(
        " · ",
        $"clips up to {Timecode.Length(TimeSpan.FromSeconds(stream.MaxClipSeconds))}",
        stream.EnableRecording ? "recorded" : "not recorded",
        stream.EnableDvrMode ? "rewindable" : "live edge only",
        stream.PlaybackIds.Any(playback => playback.AccessPolicy == AccessPolicy.Public) ? "public" : "private",
        Kept(stream),
        $"waits {stream.ReconnectWindowSeconds} s for a lost encoder");

    private string Kept(LiveStream stream)
    {
        var days = !stream.EnableRecording ? null : stream.RetentionDays ?? (int?)Recordings.Value.RetentionDays;
        var giB = stream.RetentionGiB ?? Recordings.Value.RetentionGiB;
        return days switch
        {
            null => $"the last {Recordings.Value.RollingMinutes} minutes can be clipped",
            0 => "kept for ever",
            1 => "kept for a day",
            _ => $"kept for {days} days",
        } + (days is not null && giB > 0 ? $", at most {giB} GiB" : "");
    }
}
