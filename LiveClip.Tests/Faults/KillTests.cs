using System.Diagnostics;
using System.Globalization;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>kill -9 while two encoders publish, again and again over the same data; <c>kill-loop.sh</c> does it 200 times.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const double MillisecondsPerPicture = 1000 / 30.0;

    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 20, Gop = 30 };
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_kill_costs_less_than_half_a_second_and_leaves_nothing_to_repair()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("LIVECLIP_KILLS") ?? "10", CultureInfo.InvariantCulture);
        var seed = int.Parse(
            Environment.GetEnvironmentVariable("LIVECLIP_SEED") ?? $"{Environment.TickCount & 0xFFFF}", CultureInfo.InvariantCulture);
        output.WriteLine($"{kills} kills, LIVECLIP_SEED={seed}");
        var random = new Random(seed);
        var flv = await Source.FlvAsync();
        var (received, ready) = (new List<int[]>(), new List<double>());
        TestStream[] streams;
        await using (var server = await ServerProcess.StartAsync(_folder.FullPath))
        {
            streams = [await TestStream.CreateAsync(server), await TestStream.CreateAsync(server)];
            for (var kill = 0; kill < kills; kill++)
            {
                await using var first = await PacedPublisher.StartAsync(flv, streams[0].Ingest);
                await using var second = await PacedPublisher.StartAsync(flv, streams[1].Ingest);
                var least = random.Next(15, 75);
                await Eventually.TrueAsync(() => Math.Min(first.Sent, second.Sent) >= least, Bound);
                await Task.Delay(random.Next(100), TestContext.Current.CancellationToken);
                // Halted, it is the same to the server, and what it has received by now can be counted.
                await ChildProcess.RunAsync("kill", ["-STOP", $"{server.ProcessId}"], Bound);
                received.Add([first.Received(), second.Received()]);
                await server.KillAsync();

                var started = Stopwatch.GetTimestamp();
                await server.RestartAsync();
                ready.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            await server.StopAsync();
        }

        await using var core = await CoreServices.StartAsync(_folder);
        await LostMedia.NothingIsFoundAsync(core);
        var lost = new List<double>();
        foreach (var (stream, i) in streams.Select((stream, i) => (stream, i)))
        {
            var kept = await LostMedia.PicturesAsync(core, stream.Id, Source.BFrames);
            Assert.Equal(kills, kept.Count);
            lost.AddRange(kept.Select((pictures, run) => Math.Max(received[run][i] - pictures, 0) * MillisecondsPerPicture));
        }

        output.WriteLine(
            $"{LostMedia.Describe(lost)}; ready again after {LostMedia.Percentile(ready, 50):F0} ms, at most {ready.Max():F0} ms");
        // One of a hundred may be worse: of fewer it is not known which.
        Assert.True(lost.Count < 100 || LostMedia.Percentile(lost, 99) <= 500, LostMedia.Describe(lost));
        Assert.True(lost.Max() <= 1000, LostMedia.Describe(lost));
    }
}
