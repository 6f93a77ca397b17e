using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>A disk that takes a write and does not return: the recorder's thread hangs in the system.</summary>
public sealed class StuckDiskTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 20, Gop = 30 };

    [Fact]
    public async Task The_publisher_and_the_live_picture_go_on_and_what_waited_is_written_afterwards()
    {
        var stream = await TestStream.CreateAsync(server.Process, enableDvrMode: true);
        await using var publisher = await FfmpegPublisher.StartAsync(await Source.FlvAsync(), stream.Ingest, loop: true);
        await stream.PlaylistWithAsync(segments: 2);
        var run = Directory.GetDirectories(
            Path.Combine(server.Process.DataDirectory, "recordings"), "0", SearchOption.AllDirectories).Single();

        // Opening a pipe that nobody reads does not return.
        var stuckAt = Newest(run) + 2;
        var pipe = Path.Combine(run, $"{stuckAt}.m4s");
        await ChildProcess.RunAsync("mkfifo", [pipe], Bound);
        await Eventually.TrueAsync(async () => await ListedAsync(stream) >= stuckAt + 5, Bound, "the live picture");
        Assert.Equal(stuckAt, Newest(run));
        Assert.Equal("active", await stream.StatusAsync());
        Assert.False(publisher.Completion.IsCompleted);

        // The newest seconds are in memory and can be clipped.
        await stream.ReadyAsync((await stream.PostClipAsync(new { last = 2 })).Data);

        await using var reader = await ChildProcess.StartAsync("cat", [pipe], readOutput: output => output.CopyToAsync(Stream.Null));
        await Eventually.TrueAsync(() => Newest(run) >= stuckAt + 5, Bound, "what had waited");
        await publisher.StopAsync();
        await stream.EndedAsync();

        // A pipe cannot be flushed: that segment is lost, and no other.
        var numbers = Files(run).Where(number => number != stuckAt).Select(number => (int)number).Order().ToList();
        Assert.Equal(Enumerable.Range(0, numbers[^1] + 1).Where(number => number != stuckAt), numbers);
    }

    private static long Newest(string run) => Files(run).Max();

    private static IEnumerable<long> Files(string run) =>
        Directory.GetFiles(run, "*.m4s").Select(file => long.Parse(Path.GetFileNameWithoutExtension(file), null));

    private static async Task<long> ListedAsync(TestStream stream)
    {
        var playlist = await stream.PlaylistAsync("?dvrMode=true");
        return playlist.MediaSequence + playlist.Segments.Count - 1;
    }
}
