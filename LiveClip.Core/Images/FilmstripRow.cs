using LiveClip.Core.Clips;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Recordings;

namespace LiveClip.Core.Images;

/// <summary>
/// The pictures of ten seconds, one for each, side by side. Sync samples only, the one at or before each second: nothing else has to be
/// decoded, and a strip shows what happens, not when to the frame.
/// </summary>
internal sealed class FilmstripRow : IDisposable
{
    private const int TileWidth = 160;
    private const int TileHeight = 90;
    private const long Second = 90_000;

    private readonly SampleSource _source;
    private readonly PictureFeed _feed;

    private FilmstripRow(SampleSource source, PictureFeed feed) => (_source, _feed) = (source, feed);

    public Stream Feed => _feed;

    public FfmpegArguments Arguments => FfmpegArguments.Jpeg(
        _feed.Parts,
        $"scale={TileWidth}:{TileHeight}:force_original_aspect_ratio=decrease,"
            + $"pad={TileWidth}:{TileHeight}:-1:-1,setsar=1,tile={RecordingImages.RowSeconds}x1");

    /// <summary>Null when there is no picture in that row.</summary>
    public static FilmstripRow? Find(RecordingTimeline timeline, SegmentStore segments, int row)
    {
        var start = row * RecordingImages.RowTicks;
        var end = Math.Min(start + RecordingImages.RowTicks, timeline.NewestPicture);
        if (start >= end)
        {
            return null;
        }

        var source = SampleSource.Open(timeline, segments, start, end);
        var keys = source.Runs.SelectMany(KeysOf).ToList();
        // One decoder, one configuration.
        keys.RemoveAll(key => !key.Run.Configuration!.Equals(keys[0].Run.Configuration));
        if (keys.Count == 0)
        {
            source.Dispose();
            return null;
        }

        var parts = new List<RunPart>();
        for (var second = start; second < end; second += Second)
        {
            parts.Add(keys.FindLast(key => key.Part.Start <= second) is { Run: not null } key ? key : keys[0]);
        }

        return new FilmstripRow(source, PictureFeed.Of(parts));
    }

    public void Dispose()
    {
        _feed.Dispose();
        _source.Dispose();
    }

    private static IEnumerable<RunPart> KeysOf(SourceRun run) => run.Configuration is null
        ? []
        : run.ToPictures(long.MaxValue).Pictures
            .Select((picture, i) => (picture, i))
            .Where(entry => entry.picture.IsSync)
            .Select(entry => new RunPart(
                new EncodedPart(run.Run.Number, entry.i, 1, entry.picture.PresentationTime, entry.picture.PresentationTime + 1, 1), run));
}
