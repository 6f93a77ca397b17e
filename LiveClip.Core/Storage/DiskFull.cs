using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Storage;

/// <summary>Tells that a write failed for want of space and not for another reason: it may be tried again once there is some.</summary>
public static class DiskFull
{
    private const int NoSpace = 28; // ENOSPC
    private const int QuotaExceeded = 122; // EDQUOT
    private const int GenericInputOutput = unchecked((int)0x80131620); // COR_E_IO: no errno was kept
    private const int SqliteFull = 13; // SQLITE_FULL
    private const int SqliteNoIndex = 4874; // SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log

    public static bool Is(Exception? error) => error switch
    {
        null => false,
        IOException { HResult: NoSpace or QuotaExceeded } => true,
        SqliteException { SqliteErrorCode: SqliteFull } or SqliteException { SqliteExtendedErrorCode: SqliteNoIndex } => true,
        _ => Is(error.InnerException),
    };

    /// <summary>A new file whose whole length is reserved at once, so that a full disk is told before anything is written.</summary>
    /// <exception cref="IOException">As <see cref="Is"/> knows it, when there is no room.</exception>
    public static SafeFileHandle Reserve(string path, long length)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Create, FileAccess.Write, preallocationSize: length);
        }
        catch (IOException error) when (error.HResult == GenericInputOutput)
        {
            // Of all failures to open a file, only the reservation's has no errno.
            throw new IOException($"there is no room for {length} bytes", NoSpace);
        }
    }
}
