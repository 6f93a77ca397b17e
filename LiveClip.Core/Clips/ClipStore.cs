using LiveClip.Core.Recordings;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Clips;

/// <summary>Where finished clips lie: <c>clips/{clipId}/clip.mp4</c> and <c>poster.jpg</c>. The only class that touches those files.</summary>
public sealed class ClipStore(IOptions<RecordingOptions> options)
{
    private readonly string _root = Path.Combine(options.Value.DataDirectory, "clips");

    /// <summary>What a clip's file is called in the data directory.</summary>
    public static string VideoName(Guid clipId) => $"clips/{clipId}/clip.mp4";

    /// <summary>The finished file; null when there is none.</summary>
    public string? FindVideo(Guid clipId) => Existing(VideoPath(clipId));

    public string? FindPoster(Guid clipId) => Existing(PosterPath(clipId));

    /// <summary>Writes a file beside its final name, and gives it that name only when <paramref name="write"/> has succeeded.</summary>
    internal async Task<T> WriteVideoAsync<T>(Guid clipId, Func<string, Task<T>> write)
    {
        var path = VideoPath(clipId);
        var unfinished = path + ".unfinished";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            var result = await write(unfinished);
            File.Move(unfinished, path, overwrite: true);
            return result;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Makes a finished file and its name durable.</summary>
    internal void Flush(Guid clipId)
    {
        var path = VideoPath(clipId);
        using (var file = File.OpenHandle(path, access: FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        // Each of these may be new.
        DirectoryFlush.Flush(Path.GetDirectoryName(path)!);
        DirectoryFlush.Flush(_root);
        DirectoryFlush.Flush(Path.GetDirectoryName(_root)!);
    }

    /// <summary>Bytes of the finished file; null when there is none.</summary>
    internal long? LengthOf(Guid clipId) => new FileInfo(VideoPath(clipId)) is { Exists: true, Length: var length } ? length : null;

    internal async Task WritePosterAsync(Guid clipId, Func<string, Task> write)
    {
        var path = PosterPath(clipId);
        // ffmpeg chooses the format by the name's end.
        var unfinished = Path.ChangeExtension(path, "unfinished.jpg");
        try
        {
            await write(unfinished);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    internal void Delete(Guid clipId)
    {
        var directory = Path.GetDirectoryName(VideoPath(clipId))!;
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private string VideoPath(Guid clipId) => Path.Combine(_root, clipId.ToString(), "clip.mp4");

    private string PosterPath(Guid clipId) => Path.Combine(_root, clipId.ToString(), "poster.jpg");

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
