using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Core.Storage;
using Microsoft.Extensions.Logging;

namespace LiveClip.Core.Clips;

/// <summary>Makes the file of one clip: plans it, carries the plan out, and where that fails encodes all of it.</summary>
public sealed partial class ClipCutter(
    RecordingTimelines timelines,
    SegmentStore segments,
    ClipStore store,
    ClipRenderer renderer,
    TimeProvider time,
    ILogger<ClipCutter> logger)
{
    /// <summary>Decides how the clip is cut; nothing is read but indexes.</summary>
    /// <exception cref="ClipException">There is nothing to cut it from.</exception>
    internal async Task<ClipJob> PlanAsync(Clip clip, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (await timelines.FindAsync(clip.RecordingId, cancellationToken) is not { } timeline)
        {
            throw new ClipException("its recording is gone");
        }

        var source = SampleSource.Open(timeline, segments, clip.Start, clip.End);
        try
        {
            var plan = CutPlanner.Plan(clip.Start, clip.End, [.. source.Runs.Select(run => run.ToPictures(clip.End))])
                ?? throw new ClipException("no picture begins in this range: it is too short, or the encoder was away");
            return new ClipJob(clip, timeline, source, plan) { Planning = time.GetElapsedTime(started) };
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Cuts it out of the source's own pictures; the finished file has its name when this completes.</summary>
    /// <returns>Null when only a clip of which every picture is encoded anew can be made.</returns>
    internal async Task<CutClip?> TryCutAsync(ClipJob job, CancellationToken cancellationToken)
    {
        if (job.HasToBeWhole)
        {
            return null;
        }

        try
        {
            return await WriteAsync(job, job.Plan, renderer.RenderAsync, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever is wrong with the source's pictures, they may still be decoded.
        catch (Exception error) when (job.CanBeWhole && error is not ClipException && !DiskFull.Is(error)
            && !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogRetried(job.Clip.Id, error);
            return null;
        }
    }

    /// <summary>Encodes every picture of it; the finished file has its name when this completes.</summary>
    internal Task<CutClip> EncodeAsync(ClipJob job, CancellationToken cancellationToken) =>
        WriteAsync(job, job.Plan.Whole(), renderer.RenderWholeAsync, cancellationToken);

    private async Task<CutClip> WriteAsync(
        ClipJob job,
        CutPlan plan,
        Func<CutPlan, SampleSource, string, CancellationToken, Task<RenderedClip>> render,
        CancellationToken cancellationToken)
    {
        // When a later version was asked for is not known any more.
        TimeSpan? waited = job.Clip.Version == 1 ? time.GetUtcNow() - job.Clip.CreatedAt - job.Planning : null;
        var rendered = await store.WriteVideoAsync(
            job.Clip.Id, job.Clip.Version, path => render(plan, job.Source, path, cancellationToken));
        var times = new CutTimes(
            waited is { } wait ? Milliseconds(wait) : null,
            Milliseconds(job.Planning),
            Milliseconds(rendered.Encoding),
            Milliseconds(rendered.Copying),
            Milliseconds(rendered.Verifying));
        return new CutClip(plan, rendered, CutReport.Of(job, plan, rendered, times));
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);

    [LoggerMessage(LogLevel.Warning, "Clip {ClipId} could not be cut out of the source's pictures; all of it is encoded")]
    private partial void LogRetried(Guid clipId, Exception error);
}

/// <summary>A clip to be cut: what of it, and out of what.</summary>
internal sealed record ClipJob(Clip Clip, RecordingTimeline Timeline, SampleSource Source, CutPlan Plan) : IDisposable
{
    /// <summary>What is encoded beside copied pictures is held in memory: of very long groups of pictures that would be too much.</summary>
    private const int MostEncoded = 3_600;

    public required TimeSpan Planning { get; init; }

    /// <summary>ffmpeg has to be started for it.</summary>
    public bool NeedsEncoder => Plan.NeedsEncoder || HasToBeWhole || SoundEncoder.IsNeeded(Runs);

    /// <summary>Its pictures cannot stand in one file as they are.</summary>
    public bool HasToBeWhole => CanBeWhole && (Runs.Any(run => !run.LeadTrack.Equals(Runs[0].LeadTrack))
        || Plan.FramesEncoded > MostEncoded
        || (Plan.NeedsEncoder && PictureEncoder.WhyNot(Runs[0]) is not null));

    /// <summary>There are pictures that can be encoded.</summary>
    public bool CanBeWhole => Runs.Any(run => run.Configuration is not null);

    private List<SourceRun> Runs => [.. Plan.Parts.DistinctBy(part => part.Run).Select(Source.RunOf)];

    public void Dispose() => Source.Dispose();
}

/// <summary>A clip that is finished.</summary>
internal sealed record CutClip(CutPlan Plan, RenderedClip Rendered, CutReport Report);
