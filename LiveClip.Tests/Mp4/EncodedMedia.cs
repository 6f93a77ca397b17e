using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using Xunit;

namespace LiveClip.Tests.Mp4;

/// <summary>Real samples, encoded once by ffmpeg, and what ffmpeg and ffprobe say about a file.</summary>
internal sealed record EncodedMedia(byte[] File, IReadOnlyList<Track> Tracks, IReadOnlyList<Sample> Samples)
{
    /// <summary>5 s: B-frame pyramid, a sync sample each second, sound of 48 kHz.</summary>
    public static readonly Lazy<EncodedMedia> Usual = new(() => Encode(
        "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=5", "-f", "lavfi", "-i", "sine=440:r=48000:d=5",
        "-c:v", "libx264", "-preset", "fast", "-g", "30", "-bf", "3", "-c:a", "aac", "-b:a", "96k"));

    public IEnumerable<Sample> Of<T>() where T : Track => Samples.Where(sample => sample.Track is T);

    public VideoTrack Video => Tracks.OfType<VideoTrack>().Single();

    /// <summary>Lets ffmpeg write fragments of one group of pictures each, and takes them apart.</summary>
    public static EncodedMedia Encode(params string[] arguments)
    {
        var file = Run(
            "ffmpeg",
            ["-v", "error", "-nostdin", .. arguments, "-video_track_timescale", "90000", "-fflags", "+bitexact",
            "-movflags", "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets", "-f", "mp4", "pipe:1"]);
        IReadOnlyList<Track> tracks = [];
        var samples = new List<Sample>();
        var boxes = new BoxReader(file);
        while (boxes.TryReadBox(out var box))
        {
            if (box.Type == BoxType.Moov)
            {
                tracks = InitSegment.ReadTracks(box);
            }
            else if (box.Type == BoxType.Moof)
            {
                samples.AddRange(MovieFragment.Read(box, box.Offset - 8).Samples.Select(indexed => new Sample
                {
                    Track = tracks.Single(track => track.Id == indexed.TrackId),
                    DecodeTime = indexed.DecodeTime,
                    CompositionOffset = indexed.CompositionOffset,
                    Duration = indexed.Duration,
                    IsSync = indexed.IsSync,
                    Data = file.AsMemory((int)indexed.Offset, indexed.Size),
                }));
            }
        }

        return new EncodedMedia(file, tracks, samples);
    }

    /// <summary>The samples as a recording holds them: a fragment for each second of video with the sound decoded in it.</summary>
    public IEnumerable<byte[]> ToFragments(Guid recordingId)
    {
        var bySecond = Samples
            .GroupBy(sample => sample.DecodeTime / sample.Track.Timescale.TicksPerSecond)
            .OrderBy(second => second.Key);
        foreach (var second in bySecond)
        {
            var identity = new SegmentIdentity(
                recordingId, 1, second.Key, 0, second.Key * 90_000, DateTimeOffset.UnixEpoch.AddSeconds(second.Key));
            yield return MovieFragment.Write((uint)second.Key + 1, identity, [.. second]);
        }
    }

    public static JsonElement Probe(string path, params string[] arguments) =>
        JsonDocument.Parse(Run("ffprobe", ["-v", "error", "-of", "json", .. arguments, path])).RootElement;

    /// <summary>Presentation times of the decoded pictures, in the order they are shown.</summary>
    public static long[] ProbePictures(string path) =>
    [
        .. Probe(path, "-select_streams", "v", "-show_entries", "frame=pts").GetProperty("frames").EnumerateArray()
            .Select(frame => frame.GetProperty("pts").GetInt64()),
    ];

    /// <summary>A hash of every decoded picture; ffmpeg stops at the first error.</summary>
    public static string[] HashPictures(string path)
    {
        var lines = Run(
            "ffmpeg",
            ["-v", "error", "-xerror", "-err_detect", "explode", "-nostdin", "-i", path, "-map", "0:v",
            "-fps_mode", "passthrough", "-f", "framemd5", "pipe:1"]);
        return
        [
            .. Encoding.UTF8.GetString(lines).Split('\n')
                .Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => line.Split(',')[^1]),
        ];
    }

    public static double Seconds(JsonElement element, string property) =>
        double.Parse(element.GetProperty(property).GetString()!, CultureInfo.InvariantCulture);

    private static byte[] Run(string program, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
        {
            process.Kill();
            Assert.Fail($"{program} does not end");
        }

        var said = errors.GetAwaiter().GetResult();
        Assert.True(process.ExitCode == 0 && said.Length == 0, $"{program} {string.Join(' ', arguments)}: {process.ExitCode} {said}");
        return output.ToArray();
    }
}

/// <summary>A file that goes when the test ends.</summary>
internal sealed class ScratchFile : IDisposable
{
    public ScratchFile(params IEnumerable<byte[]> pieces)
    {
        using var file = System.IO.File.Create(Path);
        foreach (var piece in pieces)
        {
            file.Write(piece);
        }
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"liveclip-{Guid.NewGuid():N}.mp4");

    public void Dispose() => System.IO.File.Delete(Path);
}
