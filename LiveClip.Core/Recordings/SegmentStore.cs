using System.Globalization;
using System.IO.Enumeration;
using LiveClip.Core.Live;
using LiveClip.Core.Mp4;
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

    /// <summary>What a recording's folder is called in the data directory, and its files below.</summary>
    public static string RecordingName(Guid recordingId) => $"recordings/{recordingId}";

    public static string InitName(Guid recordingId, int run) => $"{RecordingName(recordingId)}/{Name(run)}/init.mp4";

    public static string SegmentName(Guid recordingId, int run, long number) =>
        $"{RecordingName(recordingId)}/{Name(run)}/{Name(number)}.m4s";

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
    public IReadOnlyList<(int Run, long Number)> List(Guid recordingId) =>
    [
        .. ListRuns(recordingId)
            .SelectMany(run => SegmentsIn(RunPath(recordingId, run)).Select(number => (Run: run, Number: number)))
            .Where(segment => segment.Number >= 0)
            .OrderBy(segment => segment.Number),
    ];

    /// <summary>The recordings of which there is a folder.</summary>
    public IReadOnlyList<Guid> ListRecordings() => !Directory.Exists(_root)
        ? []
        : [.. Directory.EnumerateDirectories(_root)
            .Select(path => Guid.TryParseExact(Path.GetFileName(path), "D", out var id) ? id : Guid.Empty)
            .Where(id => id != Guid.Empty)];

    /// <summary>The runs of a recording of which there is a folder, in order.</summary>
    public IReadOnlyList<int> ListRuns(Guid recordingId) => !Directory.Exists(RecordingPath(recordingId))
        ? []
        : [.. Directory.EnumerateDirectories(RecordingPath(recordingId))
            .Select(path => Parse(Path.GetFileName(path))).Where(run => run is >= 0 and <= int.MaxValue).Select(run => (int)run).Order()];

    /// <summary>A run's init segment; null when there is none.</summary>
    public byte[]? ReadInit(Guid recordingId, int run) =>
        File.Exists(InitPath(recordingId, run)) ? File.ReadAllBytes(InitPath(recordingId, run)) : null;

    /// <summary>Whether the file has a whole fragment anywhere, of whichever segment.</summary>
    public bool HoldsFragment(Guid recordingId, int run, long number) =>
        SegmentIndex.HoldsFragment(File.ReadAllBytes(SegmentPath(recordingId, run, number)));

    /// <summary>Gives a file that is not what its name says another name, so that the name can be used: nothing of it is lost.</summary>
    public void SetAside(Guid recordingId, int run, long number)
    {
        var path = SegmentPath(recordingId, run, number);
        File.Move(path, $"{path}.{Guid.NewGuid():N}.aside");
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

    /// <summary>Writes a run's init segment, durably; under its name it is whole.</summary>
    internal void CreateRun(Guid recordingId, int run, byte[] init)
    {
        var path = InitPath(recordingId, run);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = File.OpenHandle(path + ".unfinished", FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, init, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(path + ".unfinished", path, overwrite: true);
        // Each of these may be new; a run begins seldom enough to ask for all.
        DirectoryFlush.Flush(RunPath(recordingId, run));
        DirectoryFlush.Flush(RecordingPath(recordingId));
        DirectoryFlush.Flush(_root);
        DirectoryFlush.Flush(Path.GetDirectoryName(_root)!);
    }

    /// <summary>A new, empty segment file, readable by others while it grows.</summary>
    internal SafeFileHandle CreateSegment(Guid recordingId, int run, long number)
    {
        var path = SegmentPath(recordingId, run, number);
        // A disk that came back may have come back empty.
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Makes the names of a run's files durable: those that are new, and that the deleted ones are gone.</summary>
    internal void FlushNames(Guid recordingId, int run) => DirectoryFlush.Flush(RunPath(recordingId, run));

    /// <summary>Cuts a file off behind its last whole fragment.</summary>
    internal void Truncate(Guid recordingId, int run, long number, long length)
    {
        using var file = File.Open(SegmentPath(recordingId, run, number), FileMode.Open, FileAccess.Write);
        file.SetLength(length);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Names alone, without a string each: a recording of days has hundreds of thousands, and a start waits for them.</summary>
    private static FileSystemEnumerable<long> SegmentsIn(string folder) => new(
        folder,
        (ref FileSystemEntry entry) => Parse(Path.GetFileNameWithoutExtension(entry.FileName)),
        new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.FileName.EndsWith(".m4s", StringComparison.Ordinal) && !entry.IsDirectory,
    };

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private string SegmentPath(Guid recordingId, int run, long number) => Path.Combine(RunPath(recordingId, run), Name(number) + ".m4s");

    private string InitPath(Guid recordingId, int run) => Path.Combine(RunPath(recordingId, run), "init.mp4");

    private string RunPath(Guid recordingId, int run) => Path.Combine(RecordingPath(recordingId), Name(run));

    private string RecordingPath(Guid recordingId) => Path.Combine(_root, recordingId.ToString());

    private static string Name(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Parse(ReadOnlySpan<char> name) =>
        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
