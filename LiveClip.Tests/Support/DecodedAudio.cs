using System.Runtime.InteropServices;

namespace LiveClip.Tests.Support;

/// <summary>What a viewer gets to hear of a file or an address, told by ffmpeg.</summary>
public static class DecodedAudio
{
    private const int SampleRate = 48_000;
    private const int Loud = 3_000;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>Samples as <see cref="SamplesAsync"/> has them, as ffmpeg's options for an output.</summary>
    internal static IReadOnlyList<string> Output { get; } =
        ["-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", $"{SampleRate}", "-f", "s16le"];

    /// <summary>When each tick of a <see cref="TestMedia"/> begins, by the times of the file; good to a few milliseconds.</summary>
    public static async Task<IReadOnlyList<TimeSpan>> TickTimesAsync(string input) => Ticks(await SamplesAsync(input));

    /// <summary>48,000 a second in one channel, from time 0 of the file on.</summary>
    public static async Task<short[]> SamplesAsync(string input)
    {
        using var sound = new MemoryStream();
        await ChildProcess.RunAsync(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-copyts", "-i", input, "-map", "0:a:0", .. Output, "pipe:1"],
            Timeout,
            output => output.CopyToAsync(sound));
        return MemoryMarshal.Cast<byte, short>(sound.GetBuffer().AsSpan(0, (int)sound.Length)).ToArray();
    }

    private static List<TimeSpan> Ticks(ReadOnlySpan<short> samples)
    {
        var ticks = new List<TimeSpan>();
        var lastLoud = -SampleRate;
        for (var index = 0; index < samples.Length; index++)
        {
            if (Math.Abs((int)samples[index]) < Loud)
            {
                continue;
            }
            if (index - lastLoud > SampleRate / 2)
            {
                ticks.Add(TimeSpan.FromSeconds(index / (double)SampleRate));
            }
            lastLoud = index;
        }
        return ticks;
    }
}
