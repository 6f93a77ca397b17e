using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Core.Upkeep;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>What of the media that a server had received is in its data directory, and how much is not.</summary>
internal static class LostMedia
{
    /// <summary>
    /// The pictures of each run of a stream in decode order, each of which is a whole file's and can be decoded, with no hole between
    /// them.
    /// </summary>
    public static async Task<IReadOnlyList<int>> PicturesAsync(CoreServices core, string streamId, int reordering)
    {
        await using var context = core.Read();
        var recording = await context.Recordings.AsNoTracking().Include(recording => recording.Runs.OrderBy(run => run.Number))
            .SingleAsync(recording => recording.StreamId == streamId, CoreServices.Token);
        var segments = await core.SegmentsAsync(recording.Id);
        var counts = new List<int>();
        foreach (var run in recording.Runs)
        {
            counts.Add(await CountAsync(core, run, segments.FindAll(segment => segment.Run == run.Number), reordering));
        }

        return counts;
    }

    public static async Task NothingIsFoundAsync(CoreServices core)
    {
        var report = await core.Get<DataCheck>().RunAsync(repair: false, CoreServices.Token);
        Assert.True(report.Findings.Count == 0, string.Join('\n', report.Findings));
    }

    /// <summary>One line: how many, median, 99th of a hundred, most.</summary>
    public static string Describe(IReadOnlyCollection<double> milliseconds) =>
        $"{milliseconds.Count} losses: p50 {Percentile(milliseconds, 50):F0} ms, p99 {Percentile(milliseconds, 99):F0} ms, "
        + $"max {milliseconds.Max():F0} ms";

    public static double Percentile(IReadOnlyCollection<double> values, int percent) =>
        values.Order().ElementAt(Math.Max((int)Math.Ceiling(values.Count * percent / 100.0) - 1, 0));

    private static async Task<int> CountAsync(CoreServices core, Run run, List<RecordedSegment> segments, int reordering)
    {
        using var folder = new TempFolder();
        var store = core.Get<SegmentStore>();
        await using (var whole = File.Create(folder.File("run.mp4")))
        {
            await whole.WriteAsync(run.Init, CoreServices.Token);
            foreach (var segment in segments)
            {
                await whole.WriteAsync(
                    await File.ReadAllBytesAsync(store.FindFile(run.RecordingId, run.Number, segment.Number)!, CoreServices.Token),
                    CoreServices.Token);
            }
        }

        if (segments.Count == 0)
        {
            return 0;
        }

        // At a cut end, pictures may be there without some that are shown before them.
        var numbers = await DecodedVideo.FrameNumbersAsync(folder.File("run.mp4"));
        Assert.InRange(numbers.TakeWhile((number, i) => number == i).Count(), numbers.Count - reordering, numbers.Count);
        return numbers.Count;
    }
}
