using System.Diagnostics;
using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>A start over a long recording on air, its last segment torn; <c>start-time.sh</c> does it with 100 hours.</summary>
public sealed class LongRecordingTests(ITestOutputHelper output) : IDisposable
{
    private const long SegmentTicks = 180_000;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_recording_of_many_hours_goes_on_after_a_start()
    {
        var hours = double.Parse(Environment.GetEnvironmentVariable("LIVECLIP_HOURS") ?? "0.5", CultureInfo.InvariantCulture);
        var count = (int)(hours * 1800);
        var stream = await MakeAsync(count);

        await using (var core = await CoreServices.StartAsync(_folder))
        {
            var started = Stopwatch.GetTimestamp();
            var recovered = Assert.Single(await core.Get<RecordingRecovery>().RecoverAsync(CoreServices.Token));
            output.WriteLine($"{count} segments: recovered after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
            Assert.Equal(count + 1, recovered.Segments.Count);
            Assert.InRange(recovered.Segments[0].Duration, 1, SegmentTicks - 1);
        }

        var launched = Stopwatch.GetTimestamp();
        await using var server = await ServerProcess.StartAsync(_folder.FullPath);
        output.WriteLine($"{count} segments: the server is ready after {Stopwatch.GetElapsedTime(launched).TotalMilliseconds:F0} ms");
        Assert.Contains(server.Log, line => line.Contains(stream.Id, StringComparison.Ordinal));
    }

    /// <summary>Rows and tiny files of a recording on air, and behind them a real segment that is torn.</summary>
    private async Task<LiveStream> MakeAsync(int count)
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var stream = await core.CreateStreamAsync();
        var packaged = PackagedRecording.Of(new SyntheticEncoder().Encode(seconds: 3));
        var run = packaged.Runs[0];
        var folder = Path.Combine(_folder.FullPath, "recordings", $"{run.RecordingId}", "0");
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "init.mp4"), run.Init, CoreServices.Token);
        for (var number = 1; number <= count; number++)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{number}.m4s"), [0], CoreServices.Token);
        }

        var torn = packaged.Window.Find(0)!.ToMemory();
        await File.WriteAllBytesAsync(Path.Combine(folder, "0.m4s"), torn[..^10], CoreServices.Token);
        await core.Catalog.WriteAsync(
            async context =>
            {
                context.Recordings.Add(new Recording
                {
                    Id = run.RecordingId,
                    StreamId = stream.Id,
                    StartedAt = DateTimeOffset.UtcNow,
                    FirstSegmentNumber = 0,
                    FirstDiscontinuity = 0,
                });
                context.Runs.Add(run);
                context.Segments.AddRange(Enumerable.Range(1, count).Select(number => new RecordedSegment
                {
                    RecordingId = run.RecordingId,
                    Number = number,
                    Run = 0,
                    Start = run.TimelineStart + (number * SegmentTicks),
                    Duration = SegmentTicks,
                    Length = 1,
                    StartsWithSync = true,
                }));
                await Task.CompletedTask;
            },
            CoreServices.Token);
        return stream;
    }
}
