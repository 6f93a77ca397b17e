namespace LiveClip.Core.Ffmpeg;

/// <summary>An ffmpeg run that did not end well: what it was asked, its exit code, and the last that it said on stderr.</summary>
public sealed class FfmpegException(string reason, FfmpegArguments arguments, int exitCode, IReadOnlyList<string> errorLines)
    : Exception($"ffmpeg {reason}: {(errorLines.Count > 0 ? errorLines[^1] : "it said nothing")} (ffmpeg {arguments})")
{
    public FfmpegArguments Arguments { get; } = arguments;

    /// <summary>Above 128 when a signal ended it, and then 128 + the signal; ffmpeg answers SIGTERM with 255 of its own.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>The lines of the last 64 KiB of stderr, oldest first.</summary>
    public IReadOnlyList<string> ErrorLines { get; } = errorLines;
}
