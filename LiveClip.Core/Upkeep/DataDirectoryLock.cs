using LiveClip.Core.Recordings;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Upkeep;

/// <summary>
/// One program at a time works on a data directory: a second server would write over the first one's files. The system gives the lock back
/// when its holder is killed.
/// </summary>
public sealed class DataDirectoryLock(IOptions<RecordingOptions> options) : IDisposable
{
    // EAGAIN, which .NET hands through: somebody else has the file.
    private const int WouldBlock = 11;

    private FileStream? _file;

    /// <exception cref="DataDirectoryInUseException">Another program has it.</exception>
    public void Take()
    {
        var path = Path.Combine(options.Value.DataDirectory, "liveclip.lock");
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.HResult == WouldBlock)
        {
            throw new DataDirectoryInUseException(options.Value.DataDirectory, error);
        }
    }

    public void Dispose() => _file?.Dispose();
}

/// <summary>Another LiveClip, or a check, works on that data directory.</summary>
public sealed class DataDirectoryInUseException(string dataDirectory, Exception inner)
    : IOException(
        $"The data directory {dataDirectory} is in use by another LiveClip. Stop that one first, or name another directory.", inner);
