using System.Globalization;
using LiveClip.Core.Changes;
using LiveClip.Core.Storage;
using Microsoft.AspNetCore.Components;

namespace LiveClip.Web.Components.Controls;

/// <summary>Tells that the disk is filling: what is wrong, how long it lasts, what to do. Silent while all is well.</summary>
public sealed partial class StorageNotice : IDisposable
{
    private ChangeFeed.Subscription? _changes;

    [Inject]
    private DiskWatch Disk { get; set; } = default!;

    [Inject]
    private ChangeFeed Changes { get; set; } = default!;

    private Headroom Now => Disk.Now;

    private bool IsPaused => Now.Level == StorageLevel.Paused;

#pragma warning disable CA1308 // A class of the stylesheet.
    private string Name => Now.Level.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    private string Short => IsPaused || Now.TimeLeft is not { } left ? Level : $"{Length(left)} of recording left";

    /// <summary>Said aloud when it changes, and without a figure: that would be said every minute.</summary>
    private string Level => Now.Level switch
    {
        StorageLevel.Paused => "Recording is paused",
        StorageLevel.Critical => "Disk nearly full",
        _ => "Disk filling up",
    };

    private string More => Now.Level switch
    {
        StorageLevel.Paused => "The disk is full, the live picture goes on",
        StorageLevel.Critical => "The oldest recordings make room",
        _ => "Make room on the server",
    };

    private string Meaning => Now.Level switch
    {
        StorageLevel.Paused =>
            "The disk is full. The live picture goes on and the last seconds can be clipped; recording resumes by itself when there is room.",
        StorageLevel.Critical =>
            "The oldest media that no clip holds is being removed, so that recording goes on. What clips hold stays.",
        _ => "Recording goes on. With less than an hour left the oldest media that no clip holds is removed.",
    };

    private string Advice => IsPaused
        ? "Free some space on the server's disk, or give its data directory a larger one."
        : "Free some space on the server's disk, or keep recordings for a shorter time.";

    private string Free => string.Create(
        CultureInfo.InvariantCulture, $"{Size(Now.FreeBytes)} of {Size(Now.TotalBytes)} are free.");

    protected override void OnInitialized() => _changes = Changes.Subscribe<StorageChanged>(_ => InvokeAsync(StateHasChanged));

    public void Dispose() => _changes?.Dispose();

    internal static string Length(TimeSpan left) => left.TotalHours switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(left.TotalMinutes):0} min"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(left.TotalHours * 10) / 10:0.0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(left.TotalHours):0} h"),
    };

    private static string Size(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB");
}
