using System.Globalization;
using LiveClip.Core.Live;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Recordings;

/// <summary>
/// Where the media of recordings lies: <c>recordings/{recordingId}/{run}/init.mp4</c> and <c>{number}.m4s</c>. The only class that
/// touches those files; the newest segments come from the live window.
/// </summary>
public sealed class SegmentStore(IOptions<RecordingOptions> options, LiveWindows live)
{
    private readonly string _root = Path.Combine(options.Value.DataDirectory, "recordings");

    /// <summary>A segment's finished fragments; null when there is no such segment.</summary>
    public SegmentBytes? Open(Guid recordingId, int run, long number)
    {
        if (live.Find(recordingId)?.Find(number) is { } segment)
        {
            return segment.Run == run ? new SegmentBytes(segment.ToMemory()) : null;
        }

        var path = SegmentPath(recordingId, run, number);
        return File.Exists(path) ? new SegmentBytes(File.OpenHandle(path, options: FileOptions.RandomAccess)) : null;
    }

    /// <summary>The file of a segment that is no longer in memory; null when there is none.</summary>
    public string? FindFile(Guid recordingId, int run, long number)
    {
        var path = SegmentPath(recordingId, run, number);
        return File.Exists(path) ? path : null;
    }

    /// <summary>Numbers and runs of all segment files of a recording, in order.</summary>
    public IReadOnlyList<(int Run, long Number)> List(Guid recordingId)
    {
        var directory = new DirectoryInfo(RecordingPath(recordingId));
        return !directory.Exists
            ? []
            : [.. directory.EnumerateFiles("*.m4s", SearchOption.AllDirectories)
                .Select(file => (Run: Parse(file.Directory!.Name), Number: Parse(Path.GetFileNameWithoutExtension(file.Name))))
                .Where(segment => segment is { Run: >= 0, Number: >= 0 })
                .Select(segment => ((int)segment.Run, segment.Number))
                .OrderBy(segment => segment.Number)];
    }

    public void Delete(Guid recordingId, int run, long number)
    {
        if (FindFile(recordingId, run, number) is { } path)
        {
            File.Delete(path);
        }
    }

    public void DeleteRun(Guid recordingId, int run) => DeleteFolder(Path.Combine(RecordingPath(recordingId), Name(run)));

    public void DeleteRecording(Guid recordingId) => DeleteFolder(RecordingPath(recordingId));

    /// <summary>Writes a run's init segment, durably.</summary>
    internal void CreateRun(Guid recordingId, int run, byte[] init)
    {
        var directory = Path.Combine(RecordingPath(recordingId), Name(run));
        Directory.CreateDirectory(directory);
        using var file = File.OpenHandle(Path.Combine(directory, "init.mp4"), FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, init, 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>A new, empty segment file, readable by others while it grows.</summary>
    internal SafeFileHandle CreateSegment(Guid recordingId, int run, long number)
    {
        var path = SegmentPath(recordingId, run, number);
        // A disk that came back may have come back empty.
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Cuts a file off behind its last whole fragment.</summary>
    internal void Truncate(Guid recordingId, int run, long number, long length)
    {
        using var file = File.Open(SegmentPath(recordingId, run, number), FileMode.Open, FileAccess.Write);
        file.SetLength(length);
        file.Flush(flushToDisk: true);
    }

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private string SegmentPath(Guid recordingId, int run, long number) =>
        Path.Combine(RecordingPath(recordingId), Name(run), Name(number) + ".m4s");

    private string RecordingPath(Guid recordingId) => Path.Combine(_root, recordingId.ToString());

    private static string Name(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Parse(string name) =>
        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
