namespace LiveClip.Core.OnAir;

/// <summary>What an encoder is sending, as measured over the last seconds of media.</summary>
/// <param name="Width">Of the coded picture after cropping; 0 while no picture has come.</param>
/// <param name="FramesPerSecond">Pictures by their own time stamps.</param>
/// <param name="GopSeconds">Between the last two sync samples.</param>
/// <param name="Repairs">What had to be mended or left out, of all kinds.</param>
public sealed record BroadcastHealth(
    int Width, int Height, double FramesPerSecond, double BitsPerSecond, double GopSeconds, bool HasAudio, long Repairs);
