namespace LiveClip.Core.Images;

/// <summary>How large an image is to be, in pixels; what is not said follows from the picture.</summary>
/// <param name="Stretch">Both sides exactly, rather than the largest picture of its own shape that fits.</param>
public readonly record struct ImageSize(int? Width = null, int? Height = null, bool Stretch = false)
{
    /// <summary>Of either side.</summary>
    public const int Most = 3840;
}
