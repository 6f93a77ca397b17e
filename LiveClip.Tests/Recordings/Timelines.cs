using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;

namespace LiveClip.Tests.Recordings;

/// <summary>Timelines made of whole seconds: runs with their segments of two seconds, and what lies between them.</summary>
internal static class Timelines
{
    public const long Second = 90_000;

    public static readonly DateTimeOffset Noon = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    /// <param name="runs">Start and end of each run in seconds.</param>
    public static RecordingTimeline Of(bool onAir, params (int Start, int End)[] runs)
    {
        var recording = new Recording
        {
            Id = Guid.NewGuid(),
            StreamId = "stream",
            StartedAt = Noon,
            FirstSegmentNumber = 100,
            FirstDiscontinuity = 7,
            TargetDuration = 2,
        };
        var number = recording.FirstSegmentNumber;
        var segments = new List<RecordedSegment>();
        for (var run = 0; run < runs.Length; run++)
        {
            for (var start = runs[run].Start; start < runs[run].End; start += 2)
            {
                segments.Add(new RecordedSegment
                {
                    RecordingId = recording.Id,
                    Number = number++,
                    Run = run,
                    Start = start * Second,
                    Duration = Math.Min(2, runs[run].End - start) * Second,
                    Length = 1,
                    StartsWithSync = true,
                });
            }
        }

        return new RecordingTimeline(
            recording, [.. runs.Select((run, i) => RunAt(recording.Id, i, run.Start))], segments, null, new HashSet<long>(), 2,
            runs.Length > 0 ? runs[^1].End * Second : 0, onAir);
    }

    private static Run RunAt(Guid recordingId, int number, int start) => new()
    {
        RecordingId = recordingId,
        Number = number,
        TimelineStart = start * Second,
        WallClock = Noon.AddSeconds(start),
        Init = [],
        Codecs = "avc1.64001e",
    };
}
