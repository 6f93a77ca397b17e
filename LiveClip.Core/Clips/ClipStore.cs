using System.Globalization;
using LiveClip.Core.Recordings;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Clips;

/// <summary>
/// Where finished clips lie: <c>clips/{clipId}/v{version}.mp4</c> and <c>poster.jpg</c>. The only class that touches those files.
/// </summary>
public sealed class ClipStore(IOptions<RecordingOptions> options)
{
    private readonly string _data = options.Value.DataDirectory;

    /// <summary>What a clip's file is called in the data directory.</summary>
    public static string VideoName(Guid clipId, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"clips/{clipId}/v{version}.mp4");

    /// <summary>A version's finished file; null when there is none.</summary>
    public string? FindVideo(Guid clipId, int version) => Existing(VideoPath(clipId, version));

    public string? FindPoster(Guid clipId) => Existing(PosterPath(clipId));

    /// <summary>Writes a file beside its final name, and gives it that name only when <paramref name="write"/> has succeeded.</summary>
    internal async Task<T> WriteVideoAsync<T>(Guid clipId, int version, Func<string, Task<T>> write)
    {
        var path = VideoPath(clipId, version);
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
    internal void Flush(Guid clipId, int version)
    {
        var path = VideoPath(clipId, version);
        using (var file = File.OpenHandle(path, access: FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        // Each of these may be new.
        DirectoryFlush.Flush(Path.GetDirectoryName(path)!);
        DirectoryFlush.Flush(Path.Combine(_data, "clips"));
        DirectoryFlush.Flush(_data);
    }

    /// <summary>Bytes of the finished file; null when there is none.</summary>
    internal long? LengthOf(Guid clipId, int version) =>
        new FileInfo(VideoPath(clipId, version)) is { Exists: true, Length: var length } ? length : null;

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

    internal void DeleteVideo(Guid clipId, int version) => File.Delete(VideoPath(clipId, version));

    internal void Delete(Guid clipId)
    {
        var directory = Path.GetDirectoryName(PosterPath(clipId))!;
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private string VideoPath(Guid clipId, int version) => Path.Combine(_data, VideoName(clipId, version));

    private string PosterPath(Guid clipId) => Path.Combine(_data, "clips", clipId.ToString(), "poster.jpg");

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
