using LiveClip.Core.Catalog;

namespace LiveClip.Web.Components.Controls;

/// <summary>What things are called on screen, also when nobody gave them a name.</summary>
internal static class Names
{
    /// <summary>Why a stream takes no further encoder for a while.</summary>
    public const string TwoEncoders = "Another encoder keeps trying with this key and is refused: stop one of the two";

    /// <summary>Its name, else the one that an API program put into its metadata, else the beginning of its id.</summary>
    public static string DisplayName(this LiveStream stream) =>
        stream.Name is { Length: > 0 } name ? name
        : stream.Metadata.GetValueOrDefault("livestream_name") is { Length: > 0 } given ? given
        : $"Stream {stream.Id[..8]}";

    public static string DisplayTitle(this Clip clip) =>
        clip.Title is { Length: > 0 } title ? title : $"Clip at {Timecode.At(clip.Start)[..8]}";
}
