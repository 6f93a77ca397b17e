using LiveClip.Core.OnAir;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>Publishes as an encoder that nobody fights with.</summary>
internal static class Publishing
{
    public static Publication Begin(
        this BroadcastRegistry broadcasts, string streamId, TimeSpan reconnectWindow, string remoteAddress, string? encoder)
    {
        var publication = broadcasts.TryBegin(streamId, reconnectWindow, remoteAddress, encoder);
        Assert.NotNull(publication);
        return publication;
    }
}
