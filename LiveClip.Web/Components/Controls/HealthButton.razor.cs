using LiveClip.Core.Health;
using LiveClip.Core.OnAir;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace LiveClip.Web.Components.Controls;

/// <summary>The health of one stream while it is on air: good, or the worst of what is wrong, and behind it the figures.</summary>
public sealed partial class HealthButton : IDisposable
{
    /// <summary>What a panel shows of the past.</summary>
    private const int ShownSeconds = 300;

    private static int _openings;

    private readonly CancellationTokenSource _left = new();
    private ElementReference _button;
    private ElementReference _drawer;
    private HealthReport _report = HealthReport.None;

    /// <summary>0 while the panel is closed, else greater than that of any opened before, which it lies upon.</summary>
    private int _opened;
    private bool _focusDrawer;
    private bool _focusButton;

    [Parameter, EditorRequired]
    public string StreamId { get; set; } = "";

    /// <summary>The stream's, where more than one is in view.</summary>
    [Parameter]
    public string? Name { get; set; }

    [Inject]
    private StreamHealths Health { get; set; } = default!;

    [Inject]
    private BroadcastRegistry OnAir { get; set; } = default!;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    private bool IsOpen => _opened > 0;

    /// <summary>What is worth a producer's look; the rest is in the panel.</summary>
    private IReadOnlyList<HealthIssue> Told => [.. _report.Issues.Where(issue => issue.Severity > HealthSeverity.Info)];

    private string Text => _report.Status switch
    {
        HealthStatus.Good => "Good",
        HealthStatus.NoData => "Measuring",
        _ => Told[0].Title,
    };

    private string Word => _report.Status switch
    {
        HealthStatus.Good => "good",
        HealthStatus.Ok => "ok",
        HealthStatus.Bad => "bad",
        _ => "none",
    };

    private string Sign => _report.Status switch
    {
        HealthStatus.Good => "check",
        HealthStatus.Ok => "warning",
        HealthStatus.Bad => "alarm",
        _ => "dots",
    };

    protected override void OnInitialized() => _ = TickAsync();

    protected override void OnParametersSet() => Read();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_focusDrawer && IsOpen)
        {
            _focusDrawer = false;
            await _drawer.FocusAsync(preventScroll: true);
        }
        else if (_focusButton)
        {
            _focusButton = false;
            await _button.FocusAsync(preventScroll: true);
        }
    }

    public void Dispose()
    {
        _left.Cancel();
        _left.Dispose();
    }

    private void Toggle()
    {
        if (IsOpen)
        {
            Close();
            return;
        }

        (_opened, _focusDrawer) = (Interlocked.Increment(ref _openings), true);
        Read();
    }

    private void Close() => (_opened, _focusButton) = (0, true);

    private void OnKey(KeyboardEventArgs key)
    {
        if (key.Key == "Escape")
        {
            Close();
        }
    }

    private void Read() => _report = Health.Report(StreamId, IsOpen ? ShownSeconds : 0);

    private bool LooksLike(HealthReport now) =>
        now.Status == _report.Status && now.Issues.Select(issue => issue.Type).SequenceEqual(_report.Issues.Select(issue => issue.Type));

    private async Task TickAsync()
    {
        var left = _left.Token;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), Time);
        try
        {
            while (await timer.WaitForNextTickAsync(left))
            {
                if (IsOpen || !LooksLike(Health.Report(StreamId, 0)))
                {
                    Read();
                    StateHasChanged();
                }
            }
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return;
        }
    }
}
