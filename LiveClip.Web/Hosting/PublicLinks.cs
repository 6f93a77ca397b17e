using LiveClip.Core.Ingest;
using Microsoft.AspNetCore.Components;

namespace LiveClip.Web.Hosting;

/// <summary>Absolute addresses for other people: from <c>LiveClip:PublicUrl</c>, else from the origin that the browser itself uses.</summary>
public sealed class PublicLinks
{
    private readonly IConfiguration _configuration;
    private readonly Func<string> _origin;
    private readonly RtmpAddress _rtmp;

    /// <summary>For pages: in a circuit the browser's address is the navigation's, and there is no request to ask.</summary>
    public PublicLinks(IConfiguration configuration, RtmpAddress rtmp, NavigationManager navigation)
        : this(configuration, rtmp, () => navigation.BaseUri)
    {
    }

    private PublicLinks(IConfiguration configuration, RtmpAddress rtmp, Func<string> origin) =>
        (_configuration, _rtmp, _origin) = (configuration, rtmp, origin);

    /// <summary>Ends in a slash.</summary>
    public Uri Root => new((_configuration["LiveClip:PublicUrl"] is { Length: > 0 } configured ? configured : _origin()).TrimEnd('/') + "/");

    /// <summary>Whoever gets such a link on another machine reaches their own machine with it.</summary>
    public bool IsThisMachineOnly => Root.IsLoopback;

    /// <summary>Where encoders send to; the stream key comes on top.</summary>
    public string RtmpServer => $"rtmp://{Root.Host}:{_rtmp.Port}/live";

    /// <summary>For endpoints and hubs.</summary>
    public static PublicLinks Of(HttpContext context) => new(
        context.RequestServices.GetRequiredService<IConfiguration>(),
        context.RequestServices.GetRequiredService<RtmpAddress>(),
        () => $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}/");

    public string Share(string slug) => new Uri(Root, $"c/{slug}").ToString();

    public string Embed(string slug) => new Uri(Root, $"embed/{slug}").ToString();

    public string Mp4(string slug) => new Uri(Root, $"c/{slug}/clip.mp4").ToString();

    public string Mp4(string slug, int version) => new Uri(Root, $"c/{slug}/v{version}/clip.mp4").ToString();

    public string Playlist(string slug) => new Uri(Root, $"c/{slug}/playlist.m3u8").ToString();

    public string Poster(string slug) => new Uri(Root, $"c/{slug}/poster.jpg").ToString();
}
