using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Makes a directory's entries durable. Flushing a file promises nothing about its name (fsync(2)): after a power loss a new file may be
/// gone, and a deleted one back, until its directory was flushed too. .NET opens no directories, hence the two calls by hand.
/// </summary>
internal static class DirectoryFlush
{
    private const int ReadOnly = 0;

    // O_DIRECTORY and O_CLOEXEC differ between processors; without them a file would be flushed as well, and the handle lives for a moment.
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = new SafeFileHandle(Open([.. Encoding.UTF8.GetBytes(directory), 0], ReadOnly), ownsHandle: true);
        if (handle.IsInvalid || Synchronize(handle) != 0)
        {
            throw new IOException($"{directory} could not be flushed", new Win32Exception(Marshal.GetLastPInvokeError()));
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Synchronize(SafeFileHandle directory);
}
