using LiveClip.Core.OnAir;
using static LiveClip.Core.Health.HealthWindow;

namespace LiveClip.Core.Health;

/// <summary>What is set wrongly in the encoder.</summary>
internal static class EncoderRules
{
    private const double GopOver = 10;
    private const double GopLong = 4;
    private const double GopShort = 0.5;
    private const double BitrateHigh = 12e6;
    private const double AudioBitrateLow = 16e3;
    private const double FrameRateHigh = 60.5;
    private const double FrameRateKept = 0.85;
    private const string KeyframeSetting = "OBS: Settings → Output → Keyframe Interval 2 s";

    /// <summary>Below this a picture of so many lines looks broken when it moves; slides need less, so it is no warning.</summary>
    private static readonly (int Lines, double BitsPerSecond)[] BitrateLow = [(1080, 1.5e6), (720, 0.8e6), (480, 0.4e6), (0, 0.1e6)];

    public static IEnumerable<HealthIssue?> Decide(HealthWindow window) =>
        [Video(window), Audio(window), GopSize(window), GopMismatch(window), .. Rates(window), .. Format(window)];

    private static HealthIssue? Video(HealthWindow window)
    {
        var last = window.Last(2);
        if (last.Count < 2 || last.Any(reading => reading.VideoBitsPerSecond > 0))
        {
            return null;
        }

        return IsUnsupported(window)
            ? new HealthIssue(
                HealthIssueType.VideoCodec, HealthSeverity.Error, "Wrong video codec",
                "The picture is coded in a way that cannot be recorded.",
                "Set the video encoder to H.264 (OBS: Settings → Output → Video Encoder x264 or NVENC H.264).")
            : new HealthIssue(
                HealthIssueType.NoVideoStream, HealthSeverity.Error, "No picture",
                "Sound arrives, and no picture.",
                "See whether the encoder has a picture source and sends H.264.");
    }

    private static HealthIssue? Audio(HealthWindow window)
    {
        var last = window.Last(2);
        if (last.Count < 2 || last.Any(reading => reading.AudioBitsPerSecond > 0))
        {
            return null;
        }

        if (!window.Now.HasAudio && IsUnsupported(window) && last.Any(reading => reading.VideoBitsPerSecond > 0))
        {
            return new HealthIssue(
                HealthIssueType.AudioCodec, HealthSeverity.Error, "Wrong audio codec",
                "The sound is coded in a way that cannot be recorded.",
                "Set the audio encoder to AAC (OBS: Settings → Output → Audio Encoder).");
        }

        return new HealthIssue(
            HealthIssueType.NoAudioStream, HealthSeverity.Warning, "No sound",
            window.Now.HasAudio ? "Sound has stopped to arrive, the picture goes on." : "The encoder sends no sound.",
            "Add a sound source to the encoder and send AAC (OBS: Audio Mixer; Settings → Output → Audio Track 1).");
    }

    private static HealthIssue? GopSize(HealthWindow window)
    {
        var gop = Math.Max(window.Now.GopSeconds, window.Now.OpenGopSeconds);
        return gop switch
        {
            > (float)GopOver => new HealthIssue(
                HealthIssueType.GopSizeOver, HealthSeverity.Error, "Keyframes too rare",
                Text($"No keyframe for {gop:0.0} s: rewinding and clips have to begin at one."),
                $"Set the keyframe interval to 2 s ({KeyframeSetting})."),
            > (float)GopLong => new HealthIssue(
                HealthIssueType.GopSizeLong, HealthSeverity.Warning, "Keyframes rare",
                Text(
                    $"A keyframe comes every {gop:0.0} s, more than {GopLong:0} s: the picture starts late, and clips are slower to make."),
                $"Set the keyframe interval to 2 s ({KeyframeSetting})."),
            > 0 and < (float)GopShort => new HealthIssue(
                HealthIssueType.GopSizeShort, HealthSeverity.Info, "Keyframes frequent",
                Text($"A keyframe comes every {gop:0.00} s, which costs quality at the same bit rate."),
                $"Set the keyframe interval to 2 s ({KeyframeSetting})."),
            _ => null,
        };
    }

    private static HealthIssue? GopMismatch(HealthWindow window)
    {
        var gops = window.Publish.Select(reading => reading.GopSeconds).Where(gop => gop > 0).ToList();
        return gops.Count > 0 && gops.Max() > 1.5 * gops.Min() && gops.Max() - gops.Min() > 0.5
            ? new HealthIssue(
                HealthIssueType.GopMismatch, HealthSeverity.Info, "Keyframes irregular",
                Text($"Keyframes came {gops.Min():0.0} to {gops.Max():0.0} s apart within a minute."),
                $"Set a fixed keyframe interval ({KeyframeSetting}; x264 options: scenecut=0).")
            : null;
    }

    private static IEnumerable<HealthIssue?> Rates(HealthWindow window)
    {
        var now = window.Now;
        var video = window.Average(10, reading => reading.VideoBitsPerSecond);
        var low = BitrateLow.First(step => Lines(now) >= step.Lines);
        yield return video > BitrateHigh
            ? new HealthIssue(
                HealthIssueType.BitrateHigh, HealthSeverity.Warning, "Bit rate high",
                Text($"The picture takes {video / 1e6:0.0} Mb/s, more than {BitrateHigh / 1e6:0}: viewers' networks may not carry it."),
                "Set the video bit rate to 6 Mb/s for 1080p (OBS: Settings → Output → Bitrate 6000 kbps).")
            : null;
        yield return video > 0 && video < low.BitsPerSecond
            ? new HealthIssue(
                HealthIssueType.BitrateLow, HealthSeverity.Info, "Bit rate low",
                Text($"The picture takes {video / 1e6:0.00} Mb/s, which is little for {now.Width}×{now.Height} unless it stands still."),
                Text($"Set the video bit rate to {low.BitsPerSecond * 3e-6:0.0} Mb/s or more (OBS: Settings → Output → Bitrate)."))
            : null;
        var audio = window.Average(10, reading => reading.AudioBitsPerSecond);
        yield return audio is > 0 and < AudioBitrateLow
            ? new HealthIssue(
                HealthIssueType.AudioBitrateLow, HealthSeverity.Info, "Sound faint",
                Text($"The sound takes {audio / 1e3:0} kb/s: it is silent or coded too small."),
                "See whether the microphone is muted; set 128 kb/s (OBS: Settings → Output → Audio Bitrate).")
            : null;
        yield return now.FramesPerSecond > FrameRateHigh
            ? new HealthIssue(
                HealthIssueType.FrameRateHigh, HealthSeverity.Warning, "Frame rate high",
                Text($"{now.FramesPerSecond:0.#} pictures a second come, more than the 60 that every viewer can play."),
                "Set 60 or fewer (OBS: Settings → Video → Common FPS Values).")
            : null;
        yield return now is { IsInterlaced: false, AnnouncedFramesPerSecond: >= 10 and <= 120 and var announced }
            && window.Average(5, reading => reading.FramesPerSecond) is > 0 and var fps && fps < FrameRateKept * announced
            ? new HealthIssue(
                HealthIssueType.FramerateMismatch, HealthSeverity.Warning, "Pictures left out",
                Text($"{fps:0.#} pictures a second come, and the stream announces {announced:0.##}."),
                "The encoder may be too slow: choose a faster preset or a smaller picture (OBS: Settings → Output → CPU Usage Preset).")
            : null;
    }

    private static IEnumerable<HealthIssue?> Format(HealthWindow window)
    {
        var now = window.Now;
        yield return window.Context.MaxLines is { } most && Lines(now) > most
            ? new HealthIssue(
                HealthIssueType.VideoResolutionSuboptimal, HealthSeverity.Warning, "Picture too large",
                Text($"{now.Width}×{now.Height} is larger than this stream's {most}p; it is recorded untouched."),
                Text($"Set the output to {most} lines (OBS: Settings → Video → Output (Scaled) Resolution)."))
            : null;
        yield return now.IsInterlaced
            ? new HealthIssue(
                HealthIssueType.InterlacedVideo, HealthSeverity.Warning, "Interlaced",
                "The picture is coded as fields, which browsers show with combs.",
                "Set camera or encoder to progressive (1080p, not 1080i), or switch deinterlacing on.")
            : null;
    }

    /// <summary>"1080p" bounds the shorter side, so that upright pictures are measured alike.</summary>
    private static int Lines(HealthReading reading) => Math.Min(reading.Width, reading.Height);

    private static bool IsUnsupported(HealthWindow window) =>
        window.Last(5).Any(reading => reading.RepairsByKind?[(int)Repair.UnsupportedDropped] > 0);
}
