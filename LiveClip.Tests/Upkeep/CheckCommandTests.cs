using LiveClip.Core.Catalog;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Upkeep;

public sealed class CheckCommandTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_ends_with_what_it_has_found()
    {
        var none = $"{_folder.FullPath} is no data directory of LiveClip: there is no liveclip.db.";
        Assert.Equal((2, none), await CheckAsync(_folder.FullPath));
        Assert.Equal((2, "check [--repair] DIRECTORY"), await CheckAsync());

        Recording recording;
        await using (var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost)))
        {
            recording = await core.RecordAsync(await core.CreateStreamAsync(), await TestMedia.Default.FlvAsync());
        }

        Assert.Equal((0, "1 recordings with 10 segments, 0 clips: nothing found."), await CheckAsync(_folder.FullPath));
        var torn = SegmentStore.SegmentName(recording.Id, 0, 3);
        var length = new FileInfo(_folder.File(torn)).Length;
        await File.AppendAllTextAsync(_folder.File(torn), "torn", CoreServices.Token);
        var line = $"{torn} at byte {length}: a torn tail of 4 bytes";
        Assert.Equal(
            (1, $"{line}\n1 recordings with 10 segments, 0 clips: 1 findings, 0 of them mended."),
            await CheckAsync(_folder.FullPath));
        Assert.Equal(
            (0, $"{line} (mended)\n1 recordings with 10 segments, 0 clips: 1 findings, 1 of them mended."),
            await CheckAsync("--repair", _folder.FullPath));
    }

    [Fact]
    public async Task While_a_server_works_on_the_directory_it_does_not_and_nor_does_another_server()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullPath);
        var inUse = $"The data directory {_folder.FullPath} is in use by another LiveClip. Stop that one first, or name another directory.";
        Assert.Equal((2, inUse), await CheckAsync(_folder.FullPath));
        Assert.Equal((1, inUse), await RunAsync("--LiveClip:DataDirectory", _folder.FullPath, "--Urls", "http://127.0.0.1:0"));
        await server.StopAsync();
        Assert.Equal(0, (await CheckAsync(_folder.FullPath)).ExitCode);
    }

    private static Task<(int ExitCode, string Said)> CheckAsync(params string[] arguments) => RunAsync(["check", .. arguments]);

    private static async Task<(int ExitCode, string Said)> RunAsync(params string[] arguments)
    {
        await using var process = await ChildProcess.StartAsync("dotnet", [Repository.WebProgram, .. arguments]);
        return (await Eventually.EndsAsync(process.Exited, Bound), process.Transcript);
    }
}
