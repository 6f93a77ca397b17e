using LiveClip.Core.Clips;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Recordings;

namespace LiveClip.Core.Images;

/// <summary>One picture of a recording, and what has to be decoded to see it.</summary>
internal sealed class Thumbnail : IDisposable
{
    private readonly SampleSource _source;
    private readonly PictureFeed _feed;

    private Thumbnail(SampleSource source, PictureFeed feed) => (_source, _feed) = (source, feed);

    public Stream Feed => _feed;

    /// <summary>The last picture that is shown at or before a time; the first one of all when there is none. Null when there is none at all.</summary>
    public static Thumbnail? Find(RecordingTimeline timeline, SegmentStore segments, long time)
    {
        if (timeline.Runs.LastOrDefault(run => run.TimelineStart <= time && timeline.EndOf(run) > run.TimelineStart) is not { } run)
        {
            return null;
        }

        var at = Math.Min(time, timeline.EndOf(run) - 1);
        var source = SampleSource.Open(timeline, segments, at, at + 1);
        var found = source.Runs.LastOrDefault(candidate => candidate.Run.Number == run.Number);
        if (found?.Configuration is null || found.Lead.Count == 0)
        {
            source.Dispose();
            return null;
        }

        return new Thumbnail(source, PictureFeed.Of([new RunPart(PartOf(found, at), found)]));
    }

    public FfmpegArguments Arguments(ImageSize size) => FfmpegArguments.Jpeg(_feed.Parts, Scale(size));

    public void Dispose()
    {
        _feed.Dispose();
        _source.Dispose();
    }

    private static EncodedPart PartOf(SourceRun run, long time)
    {
        var pictures = run.ToPictures(time).Pictures;
        var point = CutPlanner.Snap(time, pictures);
        var shown = pictures.Where(picture => picture.PresentationTime <= point).Select(picture => picture.PresentationTime)
            .DefaultIfEmpty(pictures.Min(picture => picture.PresentationTime)).Max();
        var first = Enumerable.Range(0, pictures.Count).LastOrDefault(i => pictures[i].IsSync && pictures[i].PresentationTime <= shown);
        var last = Enumerable.Range(first, pictures.Count - first).Last(i => pictures[i].PresentationTime <= shown);
        return new EncodedPart(run.Run.Number, first, last - first + 1, shown, shown + 1, 1);
    }

    private static string Scale(ImageSize size) => size switch
    {
        { Width: { } width, Height: { } height, Stretch: true } => $"scale={width}:{height}",
        { Width: { } width, Height: { } height } => $"scale={width}:{height}:force_original_aspect_ratio=decrease",
        { Width: { } width } => $"scale={width}:-2",
        { Height: { } height } => $"scale=-2:{height}",
        _ => "null",
    };
}
