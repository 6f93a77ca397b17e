using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>A file system of 64 MiB in memory, which somebody else fills.</summary>
internal sealed class SmallDisk(string folder) : IAsyncDisposable
{
    private string Filler => Path.Combine(folder, "filler");

    public static async Task<SmallDisk> MountAsync(string folder)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a small disk takes root");
        await using var mount = await ChildProcess.StartAsync("mount", ["-t", "tmpfs", "-o", "size=64m", "liveclip-test", folder]);
        Assert.SkipUnless(await mount.Exited == 0, $"no small disk can be mounted here: {mount.Transcript}");
        return new SmallDisk(folder);
    }

    /// <summary>To the last byte, as another program does.</summary>
    public void Fill()
    {
        using var file = File.Create(Filler, bufferSize: 0);
        foreach (var piece in (int[])[1 << 20, 1 << 12, 1])
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[piece]);
                }
            }
            catch (IOException)
            {
                continue;
            }
        }
    }

    public void Empty() => File.Delete(Filler);

    public async ValueTask DisposeAsync() =>
        await ChildProcess.RunAsync("umount", ["--lazy", folder], TimeSpan.FromSeconds(60));
}
