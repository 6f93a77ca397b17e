using Microsoft.Extensions.Options;

namespace LiveClip.Core.Storage;

/// <summary>
/// Space that is held while there is some and let go of when a server starts on a full disk: to open the catalog, to enter what recovery
/// has found and to tell of the streams takes some, though nothing is recorded. A server that runs on as the disk fills needs none.
/// </summary>
public sealed class Ballast(IOptions<StorageOptions> options)
{
    /// <summary>The catalog's log may grow to a quarter of it before it begins anew.</summary>
    public const long Length = 16 << 20;

    private string Path => System.IO.Path.Combine(options.Value.DataDirectory, "liveclip.ballast");

    /// <summary>What of the free space is to become ballast again, and so is not free.</summary>
    public long Missing => File.Exists(Path) ? 0 : Length;

    /// <summary>Before anything is written: makes room when there is next to none.</summary>
    public void LetGoIfFull()
    {
        if (new DriveInfo(options.Value.DataDirectory).AvailableFreeSpace < Length)
        {
            File.Delete(Path);
        }
    }

    /// <summary>Holds it unless it is held.</summary>
    public void Hold()
    {
        if (Missing > 0)
        {
            // Under its name it is whole: one that was not reserved to its end would be no ballast.
            DiskFull.Reserve(Path + ".unfinished", Length).Dispose();
            File.Move(Path + ".unfinished", Path);
        }
    }
}
