using LiveClip.Core.Clips;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Recordings;

namespace LiveClip.Core.Images;

/// <summary>
/// What a recording looks and sounds like: single pictures, and rows of ten seconds for a timeline to show. Made when they are first asked
/// for and kept in memory. A row of what is still on air grows until its ten seconds are over.
/// </summary>
public sealed class RecordingImages(SegmentStore segments, FfmpegRunner ffmpeg, ImageCache cache)
{
    /// <summary>Of a row, on the recording's timeline.</summary>
    public const int RowSeconds = 10;

    /// <summary>Of a row, in 1/90,000 s.</summary>
    internal const long RowTicks = RowSeconds * 90_000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Whether nothing is to be added any more to what a row shows.</summary>
    public static bool IsWhole(RecordingTimeline timeline, int row) => !timeline.OnAir || timeline.NewestPicture >= (row + 1L) * RowTicks;

    /// <summary>The picture that is shown at a time, as a JPEG; null when there is none.</summary>
    /// <param name="time">On the recording's timeline, 1/90,000 s; inside a gap it means the picture before.</param>
    /// <exception cref="ImagesBusyException">Too many others are waiting.</exception>
    public Task<byte[]?> ThumbnailAsync(RecordingTimeline timeline, long time, ImageSize size) => MakeAsync(
        (timeline.Recording.Id, nameof(Thumbnail), time, size),
        // The newest picture may be another one in a moment, with the same time.
        keep: time < timeline.NewestPicture,
        async () =>
        {
            using var thumbnail = Thumbnail.Find(timeline, segments, time);
            return thumbnail is null ? null : await RunAsync(thumbnail.Arguments(size), thumbnail.Feed);
        });

    /// <summary>Ten pictures side by side, one a second, as a JPEG; null when there are none.</summary>
    /// <inheritdoc cref="ThumbnailAsync" path="/exception"/>
    public Task<byte[]?> FilmstripAsync(RecordingTimeline timeline, int row) => MakeAsync(
        (timeline.Recording.Id, nameof(FilmstripRow), (long)row, default(ImageSize)),
        IsWhole(timeline, row),
        async () =>
        {
            using var strip = FilmstripRow.Find(timeline, segments, row);
            return strip is null ? null : await RunAsync(strip.Arguments, strip.Feed);
        });

    /// <summary>How loud it is: see <see cref="WaveformRow"/>; null when there is no sound.</summary>
    /// <inheritdoc cref="ThumbnailAsync" path="/exception"/>
    public Task<byte[]?> WaveformAsync(RecordingTimeline timeline, int row) => MakeAsync(
        (timeline.Recording.Id, nameof(WaveformRow), (long)row, default(ImageSize)),
        IsWhole(timeline, row),
        async () =>
        {
            using var source = WaveformRow.Open(timeline, segments, row);
            var waveform = new WaveformRow(row);
            foreach (var run in source.Runs)
            {
                if (waveform.PacketsOf(run) is { Count: > 0 } packets)
                {
                    var sound = run.AnySound!.Configuration;
                    using var feed = new MemoryStream([.. packets.SelectMany(packet => Adts.FromSample(packet.Read(), sound))]);
                    waveform.Add(await RunAsync(FfmpegArguments.Levels(WaveformRow.SampleRate), feed), run, packets[0]);
                }
            }

            return waveform.IsEmpty ? null : waveform.ToArray();
        });

    private Task<byte[]?> MakeAsync(object key, bool keep, Func<Task<byte[]?>> make) => cache.GetOrMakeAsync(key, keep, async () =>
    {
        try
        {
            return await make();
        }
        catch (Exception error) when (error is ClipException or IOException)
        {
            // Some of it was lost, or retention has taken it meanwhile.
            return null;
        }
    });

    private async Task<byte[]> RunAsync(FfmpegArguments arguments, Stream feed)
    {
        using var output = new MemoryStream();
        await ffmpeg.RunAsync(arguments, Deadline, feed, output, CancellationToken.None);
        return output.ToArray();
    }
}
