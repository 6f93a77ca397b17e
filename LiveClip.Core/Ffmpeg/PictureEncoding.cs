namespace LiveClip.Core.Ffmpeg;

/// <summary>Which pictures of a byte stream are to be encoded anew, and how.</summary>
/// <param name="Parts">The first one in the order in which they are shown, from 0 on, and how many.</param>
public sealed record PictureEncoding(IReadOnlyList<(int First, int Count)> Parts, (uint Numerator, uint Denominator) FrameRate)
{
    public required string Profile { get; init; }

    public required string PixelFormat { get; init; }

    /// <summary>How much time each picture may take, in x264's words.</summary>
    public required string Preset { get; init; }

    public required string X264Params { get; init; }

    /// <summary>What happens to the pictures in between, each step closed by a comma.</summary>
    public string Filter { get; init; } = "";

    public required int Threads { get; init; }
}
