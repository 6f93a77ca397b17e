using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>All that a file says and shows, told by one run of ffmpeg. The slightest error in it fails the test.</summary>
/// <param name="Numbers">Of each picture, in the order in which they are shown.</param>
/// <param name="Times">When each of them is shown, by the times of the file.</param>
/// <param name="Coded">A hash of each picture's coded data, in the order of decoding.</param>
/// <param name="Decoded">A hash of each picture as it is shown.</param>
/// <param name="Sound">48,000 samples a second in one channel, from time 0 of the file on.</param>
public sealed record DecodedMedia(
    IReadOnlyList<int> Numbers, IReadOnlyList<TimeSpan> Times, IReadOnlyList<string> Coded, IReadOnlyList<string> Decoded, short[] Sound)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static async Task<DecodedMedia> ReadAsync(string file)
    {
        using var folder = new TempFolder();
        var (coded, decoded, sound) = (folder.File("coded"), folder.File("decoded"), folder.File("sound"));
        var numbers = new List<int>();
        string[] each = ["-map", "0:v:0", "-fps_mode", "passthrough"];
        var ffmpeg = await ChildProcess.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-copyts", "-i", file,
                "-map", "0:v:0", "-c", "copy", "-f", "framehash", "-hash", "md5", coded,
                // By itself it would count in pictures, and round.
                .. each, "-enc_time_base", "1:90000", "-f", "framehash", "-hash", "md5", decoded,
                "-map", "0:a:0", .. DecodedAudio.Output, sound,
                .. each, .. DecodedVideo.Output, "pipe:1",
            ],
            Timeout,
            output => DecodedVideo.ReadNumbersAsync(output, numbers));
        Assert.True(ffmpeg.Lines.Count == 0, $"{file} does not decode cleanly: {ffmpeg.Transcript}");
        var shown = await File.ReadAllLinesAsync(decoded);
        return new DecodedMedia(
            numbers,
            [.. TimesOf(shown)],
            [.. Rows(await File.ReadAllLinesAsync(coded)).Select(row => row[^1])],
            [.. Rows(shown).Select(row => row[^1])],
            MemoryMarshal.Cast<byte, short>(await File.ReadAllBytesAsync(sound)).ToArray());
    }

    /// <summary>Stream, decode time, presentation time, duration, size, hash; behind what the file says of itself.</summary>
    private static IEnumerable<string[]> Rows(IEnumerable<string> lines) =>
        lines.Where(line => !line.StartsWith('#')).Select(line => line.Split(',', StringSplitOptions.TrimEntries));

    private static IEnumerable<TimeSpan> TimesOf(string[] lines)
    {
        const string TimeBase = "#tb 0: ";
        var unit = lines.Single(line => line.StartsWith(TimeBase, StringComparison.Ordinal))[TimeBase.Length..].Split('/');
        var second = decimal.Parse(unit[1], CultureInfo.InvariantCulture) / decimal.Parse(unit[0], CultureInfo.InvariantCulture);
        return Rows(lines).Select(row => TimeSpan.FromSeconds((double)(decimal.Parse(row[2], CultureInfo.InvariantCulture) / second)));
    }
}
