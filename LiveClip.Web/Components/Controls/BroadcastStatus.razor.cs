using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.OnAir;
using Microsoft.AspNetCore.Components;

namespace LiveClip.Web.Components.Controls;

/// <summary>The state of one live stream and, while an encoder sends, size, frame rate and bit rate as measured.</summary>
public sealed partial class BroadcastStatus : IDisposable
{
    private readonly CancellationTokenSource _left = new();

    [Parameter, EditorRequired]
    public LiveStream Stream { get; set; } = default!;

    /// <summary>There is something to look at, though nothing may be on air.</summary>
    [Parameter]
    public bool HasRecording { get; set; }

    [Inject]
    private BroadcastRegistry OnAir { get; set; } = default!;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    private (string Name, string Words) State => (OnAir.Find(Stream.Id), Stream.Status) switch
    {
        ({ State: BroadcastState.Active }, _) => ("live", "LIVE"),
        ({ State: BroadcastState.Preparing }, _) => ("preparing", "RECEIVING"),
        ({ ReturnBy: { } end }, _) => ("reconnecting", $"RECONNECTING {Left(end)} s"),
        (_, LiveStreamStatus.Disabled) => ("disabled", "DISABLED"),
        _ => HasRecording ? ("ended", "ENDED") : ("waiting", "WAITING FOR ENCODER"),
    };

    private string Facts => OnAir.Find(Stream.Id) is { State: BroadcastState.Active, Health: { Width: > 0 } health }
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{health.Width}×{health.Height} · {health.FramesPerSecond:0.##} fps · {health.BitsPerSecond / 1e6:0.0} Mb/s"
            + $"{(health.GopSeconds > 0 ? $" · keyframe {health.GopSeconds:0.0} s" : "")}{(health.HasAudio ? "" : " · no sound")}")
        : "";

    protected override void OnInitialized() => _ = TickAsync();

    public void Dispose()
    {
        _left.Cancel();
        _left.Dispose();
    }

    private int Left(DateTimeOffset end) => Math.Max(0, (int)Math.Ceiling((end - Time.GetUtcNow()).TotalSeconds));

    private async Task TickAsync()
    {
        var left = _left.Token;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), Time);
        try
        {
            while (await timer.WaitForNextTickAsync(left))
            {
                StateHasChanged();
            }
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return;
        }
    }
}
