namespace LiveClip.Core.Mp4;

/// <summary>Bytes that break the rules of ISO 14496-12: in which box, at which byte of the file, and what is wrong.</summary>
public sealed class Mp4FormatException : FormatException
{
    public Mp4FormatException(BoxType box, long offset, string what, Exception? inner = null)
        : base($"{(box == default ? "file" : box)} at byte {offset}: {what}", inner)
    {
        Box = box;
        Offset = offset;
    }

    /// <summary>The innermost box that holds the byte; default for the file itself.</summary>
    public BoxType Box { get; }

    public long Offset { get; }
}
