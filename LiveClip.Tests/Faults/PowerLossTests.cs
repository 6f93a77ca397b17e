using System.Globalization;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>
/// Power losses: the data directory lies on an ext4 image, and the image, as it is at one moment without what the system holds in memory,
/// is what the next start finds. <c>power-loss.sh</c> makes the image, does it 50 times and needs root.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output)
{
    private const double MillisecondsPerPicture = 1000 / 30.0;

    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 20, Gop = 30 };
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_power_loss_costs_at_most_two_seconds_and_no_row()
    {
        var image = Environment.GetEnvironmentVariable("LIVECLIP_POWER_IMAGE");
        var mounted = Environment.GetEnvironmentVariable("LIVECLIP_POWER_FOLDER");
        Assert.SkipWhen(image is null || mounted is null, "needs root and an ext4 image: LiveClip.Tests/Faults/power-loss.sh");
        var count = int.Parse(Environment.GetEnvironmentVariable("LIVECLIP_POWER_LOSSES") ?? "5", CultureInfo.InvariantCulture);
        var random = new Random(count);
        var flv = await Source.FlvAsync();
        var lost = new List<double>();
        for (var round = 0; round < count; round++)
        {
            using var snapshot = new TempFolder();
            var data = Directory.CreateDirectory(Path.Combine(mounted!, $"{round}")).FullName;
            int sent;
            string streamId;
            // The image is so small that recording would pause for want of room.
            await using (var server = await ServerProcess.StartAsync(
                data, "--LiveClip:Storage:ReserveMiB=0", "--LiveClip:Storage:PauseMiB=0", "--LiveClip:Storage:PauseMinutes=0"))
            {
                var stream = await TestStream.CreateAsync(server);
                streamId = stream.Id;
                await using var publisher = await PacedPublisher.StartAsync(flv, stream.Ingest);
                var least = random.Next(90, 240);
                await Eventually.TrueAsync(() => publisher.Sent >= least, Bound);
                // While nothing is written, the copy is of one moment; what is only in the system's memory is not in it.
                await SignalAsync(server, "-STOP");
                sent = publisher.Sent;
                await ChildProcess.RunAsync("cp", ["--sparse=always", image!, snapshot.File("image")], Bound);
            }

            Directory.Delete(data, recursive: true);
            lost.Add((sent - await PicturesAsync(snapshot, $"{round}", streamId)) * MillisecondsPerPicture);
        }

        output.WriteLine(LostMedia.Describe(lost));
        Assert.True(lost.Max() <= 2000, LostMedia.Describe(lost));
    }

    /// <summary>Of the image after its own repair, the journal's, and ours.</summary>
    private static async Task<int> PicturesAsync(TempFolder snapshot, string round, string streamId)
    {
        var folder = Directory.CreateDirectory(snapshot.File("mounted")).FullName;
        await ChildProcess.RunAsync("mount", ["-o", "loop", snapshot.File("image"), folder], Bound);
        try
        {
            using var data = new TempFolder();
            await ChildProcess.RunAsync("cp", ["-a", $"{folder}/{round}/.", data.FullPath], Bound);
            await using (var core = await CoreServices.StartAsync(data, started: typeof(RecorderHost)))
            {
                await core.StopAsync();
            }

            await using var after = await CoreServices.StartAsync(data);
            await LostMedia.NothingIsFoundAsync(after);
            return (await LostMedia.PicturesAsync(after, streamId, Source.BFrames)).Sum();
        }
        finally
        {
            await ChildProcess.RunAsync("umount", [folder], Bound);
        }
    }

    private static async Task SignalAsync(ServerProcess server, string signal) =>
        await ChildProcess.RunAsync("kill", [signal, $"{server.ProcessId}"], Bound);
}
