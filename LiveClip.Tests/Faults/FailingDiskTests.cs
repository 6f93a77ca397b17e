using System.Globalization;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>A disk that fails for a moment while an encoder publishes: strace makes the system calls of the server fail.</summary>
public sealed class FailingDiskTests : IDisposable
{
    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 60, Gop = 30 };
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("fsync:error=EIO:when=2", 0)]
    [InlineData("pwrite64:error=ENOSPC:when=5", 10)] // a full disk pauses the recording for some seconds
    public async Task A_write_that_fails_costs_its_segment_and_nothing_else(string fault, int paused)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        int lost;
        await using (var server = await ServerProcess.StartAsync(_folder.FullPath))
        {
            var stream = await TestStream.CreateAsync(server);
            await using var publisher = await stream.PublishAsync(Source);
            await stream.PlaylistWithAsync(segments: 1);
            await using (var failing = await ChildProcess.StartAsync(
                "strace",
                [
                    "-f", "-q", "-o", "/dev/null", "-p", $"{server.ProcessId}",
                    "-e", $"trace={fault.Split(':')[0]}", "-e", $"inject={fault}",
                ]))
            {
                await Eventually.TrueAsync(() => LostSegments(server) > 0 || failing.Exited.IsCompleted, Bound, "a lost segment");
                Assert.SkipWhen(LostSegments(server) == 0, $"strace may not trace here: {failing.Transcript}");
                failing.Interrupt();
                await Eventually.EndsAsync(failing.Exited, Bound);
            }

            // The disk is well again.
            var (newest, before) = (NewestFile(), LostSegments(server));
            await Eventually.TrueAsync(() => NewestFile() > newest + 3, Bound, "files that follow");
            lost = LostSegments(server);
            Assert.Equal(before, lost);
            await server.StopAsync();
        }

        await using var core = await CoreServices.StartAsync(_folder);
        await LostMedia.NothingIsFoundAsync(core);
        await using var context = core.Read();
        var numbers = await context.Segments.Select(segment => segment.Number).OrderBy(number => number).ToListAsync(CoreServices.Token);
        Assert.InRange(numbers[^1] + 1 - numbers.Count, lost, lost + paused);
    }

    private long NewestFile() => Directory.GetFiles(_folder.FullPath, "*.m4s", SearchOption.AllDirectories)
        .Max(file => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture));

    private static int LostSegments(ServerProcess server) =>
        server.Log.Count(line => line.Contains("lost segment", StringComparison.Ordinal));
}
