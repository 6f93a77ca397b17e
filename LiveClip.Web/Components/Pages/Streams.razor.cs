using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Web.Components.Controls;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Components.Pages;

/// <summary>All live streams with what each is doing now, and the way into its studio.</summary>
public sealed partial class Streams
{
    private readonly CancellationTokenSource _left = new();
    private IReadOnlyList<LiveStream>? _streams;
    private Dictionary<string, DateTimeOffset> _onAirSince = [];
    private ChangeFeed.Subscription? _changes;
    private bool _ticking;

    [Inject]
    private IDbContextFactory<CatalogDbContext> Contexts { get; set; } = default!;

    [Inject]
    private BroadcastRegistry OnAir { get; set; } = default!;

    [Inject]
    private ChangeFeed Changes { get; set; } = default!;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    private int LiveCount => _streams?.Count(stream => OnAir.Find(stream.Id)?.State == BroadcastState.Active) ?? 0;

    protected override async Task OnInitializedAsync()
    {
        _changes = Changes.Subscribe<StreamChanged>(_ => InvokeAsync(RefreshAsync));
        await LoadAsync();
        _ = TickAsync();
    }

    public void Dispose()
    {
        _changes?.Dispose();
        _left.Cancel();
        _left.Dispose();
    }

    private async Task RefreshAsync()
    {
        if (_left.IsCancellationRequested)
        {
            return;
        }

        await LoadAsync();
        StateHasChanged();
        _ = TickAsync();
    }

    private async Task LoadAsync()
    {
        await using var context = await Contexts.CreateDbContextAsync();
        _onAirSince = (await context.Recordings.AsNoTracking().Where(recording => recording.EndedAt == null).ToListAsync())
            .GroupBy(recording => recording.StreamId)
            .ToDictionary(recordings => recordings.Key, recordings => recordings.Max(recording => recording.StartedAt));
        var streams = await context.LiveStreams.AsNoTracking().Include(stream => stream.PlaybackIds).ToListAsync();
        _streams = [.. streams.OrderBy(stream => stream.DisplayName(), StringComparer.CurrentCultureIgnoreCase)];
    }

    /// <summary>Health and countdown have no changes to hear of: they are read once a second, while anything is on air.</summary>
    private async Task TickAsync()
    {
        if (_ticking)
        {
            return;
        }

        _ticking = true;
        var left = _left.Token;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), Time);
        try
        {
            while (OnAir.All().Count > 0 && await timer.WaitForNextTickAsync(left))
            {
                StateHasChanged();
            }
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            _ticking = false;
        }
    }

    private StreamView View(LiveStream stream)
    {
        var broadcast = OnAir.Find(stream.Id);
        var status = LiveStreamStatusWriter.StatusOf(broadcast, stream.Status);
        var health = status == LiveStreamStatus.Active ? broadcast!.Health : null;
        var since = _onAirSince.TryGetValue(stream.Id, out var started) ? started : broadcast?.Publication?.StartedAt;
        return new StreamView(stream, status)
        {
            ReturnBy = broadcast?.ReturnBy,
            OnAirFor = broadcast is null ? null : Time.GetUtcNow() - since,
            Facts = health is { Width: > 0 } ? Picture(health) : Words(status),
            More = broadcast?.Publication is { } publication ? Source(publication, health) : "",
            TwoEncoders = broadcast?.TakeoversHeldOffUntil is not null,
            TooLarge = health is null ? null : Warning(health, stream.MaxResolution),
        };
    }

    private static string Words(LiveStreamStatus status) => status switch
    {
        LiveStreamStatus.Preparing => "Receiving, first picture in about 2 s",
        LiveStreamStatus.Disconnected => "Encoder lost. What was recorded can be clipped.",
        LiveStreamStatus.Disabled => "Takes no encoder",
        LiveStreamStatus.Active => "Receiving",
        _ => "Waiting for an encoder",
    };

    private static string Picture(BroadcastHealth health) => string.Create(
        CultureInfo.InvariantCulture,
        $"{health.Width}×{health.Height} · {health.FramesPerSecond:0.##} fps · {health.BitsPerSecond / 1e6:0.0} Mb/s");

    private static string Source(Publication publication, BroadcastHealth? health) => string.Create(
        CultureInfo.InvariantCulture,
        $"from {publication.RemoteAddress}{(health is { GopSeconds: > 0 and var gop } ? $" · keyframe {gop:0.0} s" : "")}"
        + $"{(health is { Width: > 0, HasAudio: false } ? " · no sound" : "")}");

    /// <summary>"1080p" bounds the shorter side, so that upright pictures are measured alike.</summary>
    private static string? Warning(BroadcastHealth health, string maxResolution) =>
        int.TryParse(maxResolution.TrimEnd('p'), CultureInfo.InvariantCulture, out var limit) && Math.Min(health.Width, health.Height) > limit
            ? $"Larger than {maxResolution}: recorded untouched"
            : null;

    private sealed record StreamView(LiveStream Stream, LiveStreamStatus Status)
    {
        public DateTimeOffset? ReturnBy { get; init; }

        public TimeSpan? OnAirFor { get; init; }

        public required string Facts { get; init; }

        public required string More { get; init; }

        public bool TwoEncoders { get; init; }

        public string? TooLarge { get; init; }
    }
}
