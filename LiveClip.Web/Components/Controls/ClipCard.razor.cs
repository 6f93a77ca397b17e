using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace LiveClip.Web.Components.Controls;

/// <summary>One clip with all that can be done to it. It hears of no changes by itself: whoever draws it hands the newer clip over.</summary>
public sealed partial class ClipCard
{
    private ElementReference _title;
    private string _draft = "";
    private bool _editing;
    private bool _focusTitle;

    [Parameter, EditorRequired]
    public Clip Clip { get; set; } = default!;

    /// <summary>Left out where all clips are of one stream.</summary>
    [Parameter]
    public string? StreamName { get; set; }

    /// <summary>For a narrow column: the picture stands beside the text.</summary>
    [Parameter]
    public bool Compact { get; set; }

    [Inject]
    private ClipQueue Queue { get; set; } = default!;

    [Inject]
    private PublicLinks Links { get; set; } = default!;

    [Inject]
    private Toasts Toasts { get; set; } = default!;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    private string Share => Links.Share(Clip.Slug);

    private string Status => Clip.Status.ToString().ToLowerInvariant();

    /// <summary>Its link plays something, now or soon.</summary>
    private bool IsShared => Clip.Status != ClipStatus.Failed || Clip.NewestReady is not null;

    private string StatusWords => Clip.Status switch
    {
        ClipStatus.Queued => "Queued",
        ClipStatus.Waiting => $"Waiting for its end at {Timecode.At(Clip.End)}",
        ClipStatus.Cutting => "Cutting …",
        ClipStatus.Ready => "Ready",
        _ => "Failed",
    };

    private string TrimWords => Clip.TrimReason switch
    {
        TrimReason.MaxLength => "The request was longer than the stream's cap",
        TrimReason.RecordingStart => "More seconds were asked for than the recording has",
        TrimReason.RecordingEnd => "The request reached beyond the end of the recording",
        TrimReason.BroadcastEnded => "The broadcast ended before the out point",
        _ => "The request was longer than the stream's cap, or reached beyond the recording",
    };

    private string GapWords =>
        $"{Clip.Gaps.Count} {(Clip.Gaps.Count == 1 ? "gap" : "gaps")}, {Timecode.Length(Clip.Gaps.Sum(gap => gap.End - gap.Start))} left out";

    private string GapPlaces => string.Join(", ", Clip.Gaps.Select(gap => $"{Timecode.At(gap.Start)} – {Timecode.At(gap.End)}"));

    private string FileName => $"{string.Concat(Clip.DisplayTitle().Select(letter => "\\/:*?\"<>|".Contains(letter) ? '-' : letter))}.mp4";

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_focusTitle)
        {
            _focusTitle = false;
            await _title.FocusAsync();
        }
    }

    private string Deviation(long start, long end) =>
        $"Starts {Timecode.Difference(start - Clip.Start)}, ends {Timecode.Difference(end - Clip.End)} from the marks";

    private void StartEditing() => (_draft, _editing, _focusTitle) = (Clip.Title ?? "", true, true);

    private void StopEditing() => _editing = false;

    private void OnKey(KeyboardEventArgs key)
    {
        if (key.Key == "Escape")
        {
            StopEditing();
        }
    }

    private async Task SaveTitleAsync()
    {
        StopEditing();
        var title = _draft.Trim();
        if (await Queue.RenameAsync(Clip.Id, title.Length == 0 ? null : title, CancellationToken.None))
        {
            Clip.Title = title.Length == 0 ? null : title;
        }
    }

    private async Task DeleteAsync()
    {
        var (id, title) = (Clip.Id, Clip.DisplayTitle());
        if (await Queue.DeleteAsync(id, CancellationToken.None))
        {
            Toasts.Show($"Deleted “{title}”. Its link is dead.", "Undo", () => Queue.RestoreAsync(id, CancellationToken.None));
        }
    }
}
