using System.Diagnostics;
using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
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

        var launched = Stopwatch.GetTimestamp();
        await using (var server = await ServerProcess.StartAsync(_folder.FullPath))
        {
            output.WriteLine($"{count} segments: the server is ready after {Stopwatch.GetElapsedTime(launched).TotalMilliseconds:F0} ms");
            output.WriteLine(server.Log.Single(line => line.Contains("looked through", StringComparison.Ordinal)).Trim());
            Assert.Contains(server.Log, line => line.Contains("a torn tail", StringComparison.Ordinal));
            Assert.Equal("disconnected", await StatusAsync(server, stream));
        }

        await using var core = await CoreServices.StartAsync(_folder);
        await using var context = core.Read();
        var recording = await context.Recordings.SingleAsync(CoreServices.Token);
        var segments = await context.SegmentsOf(recording.Id).ToListAsync(CoreServices.Token);
        Assert.Equal(count + 1, segments.Count);
        Assert.InRange(segments[0].Duration, 1, SegmentTicks - 1);
    }

    private static async Task<string?> StatusAsync(ServerProcess server, LiveStream stream) =>
        (await server.Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}")).Data.GetProperty("status").GetString();

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
