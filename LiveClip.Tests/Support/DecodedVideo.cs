using System.Globalization;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>What a viewer gets to see of a file or an address, told by ffmpeg. The slightest error in it fails the test.</summary>
public static class DecodedVideo
{
    private const int Width = 320;
    private const int Height = 180;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>What <see cref="ReadNumbersAsync"/> reads, as ffmpeg's options for an output.</summary>
    internal static IReadOnlyList<string> Output { get; } =
        ["-vf", $"scale={Width}:{Height}:flags=area", "-pix_fmt", "gray", "-f", "rawvideo"];

    /// <summary>The number of each picture, in the order in which they are shown.</summary>
    /// <param name="atMost">Stops after so many: what is live has no end.</param>
    /// <param name="strict">Whether a complaint of ffmpeg's fails the test too, and not only a picture that is not right.</param>
    public static async Task<IReadOnlyList<int>> FrameNumbersAsync(string input, int? atMost = null, bool strict = true)
    {
        string[] strictness = strict ? ["-xerror", "-err_detect", "explode"] : [];
        string[] limit = atMost is { } count ? ["-frames:v", count.ToString(CultureInfo.InvariantCulture)] : [];
        var numbers = new List<int>();
        var ffmpeg = await ChildProcess.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", .. strictness, "-i", input, "-map", "0:v:0", "-fps_mode", "passthrough",
                .. limit, .. Output, "pipe:1",
            ],
            Timeout,
            output => ReadNumbersAsync(output, numbers));
        Assert.True(!strict || ffmpeg.Lines.Count == 0, $"{input} does not decode cleanly: {ffmpeg.Transcript}");
        var broken = numbers.IndexOf(Unreadable);
        Assert.True(broken < 0, $"Picture {broken} of {numbers.Count} of {input} has no readable number");
        return numbers;
    }

    /// <summary>The presentation time of each picture, in the order in which they are shown, by the times of the file.</summary>
    public static async Task<IReadOnlyList<TimeSpan>> PresentationTimesAsync(string input)
    {
        var ffprobe = await ChildProcess.RunAsync(
            "ffprobe",
            ["-v", "fatal", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "default=nk=1:nw=1", input],
            Timeout);
        return [.. ffprobe.Lines.Select(line => TimeSpan.FromSeconds((double)decimal.Parse(line, CultureInfo.InvariantCulture)))];
    }

    private const int Unreadable = int.MinValue;

    internal static async Task ReadNumbersAsync(Stream pictures, List<int> numbers)
    {
        var picture = new byte[Width * Height];
        while (await pictures.ReadAtLeastAsync(picture, picture.Length, throwOnEndOfStream: false) == picture.Length)
        {
            numbers.Add(BarCode.Read(picture, Width, Height) ?? Unreadable);
        }
    }
}
