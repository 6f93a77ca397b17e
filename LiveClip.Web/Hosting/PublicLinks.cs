using LiveClip.Core.Ingest;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace LiveClip.Web.Hosting;

/// <summary>Absolute addresses for other people: from <c>LiveClip:PublicUrl</c>, else from the origin that the browser itself uses.</summary>
public sealed class PublicLinks
{
    private readonly IConfiguration _configuration;
    private readonly Func<string> _origin;
    private readonly Func<int> _rtmpPort;

    /// <summary>For pages: in a circuit the browser's address is the navigation's, and there is no request to ask.</summary>
    public PublicLinks(IConfiguration configuration, IOptions<IngestOptions> ingest, Listeners listeners, NavigationManager navigation)
        : this(configuration, ingest, listeners, () => navigation.BaseUri)
    {
    }

    private PublicLinks(IConfiguration configuration, IOptions<IngestOptions> ingest, Listeners listeners, Func<string> origin)
    {
        (_configuration, _origin) = (configuration, origin);
        _rtmpPort = () => ingest.Value.RtmpPort is var port and not 0 ? port : listeners.RtmpPort;
    }

    /// <summary>Ends in a slash.</summary>
    public Uri Root => new((_configuration["LiveClip:PublicUrl"] is { Length: > 0 } configured ? configured : _origin()).TrimEnd('/') + "/");

    /// <summary>Whoever gets such a link on another machine reaches their own machine with it.</summary>
    public bool IsThisMachineOnly => Root.IsLoopback;

    /// <summary>Where encoders send to; the stream key comes on top.</summary>
    public string RtmpServer => $"rtmp://{Root.Host}:{_rtmpPort()}/live";

    /// <summary>For endpoints and hubs.</summary>
    public static PublicLinks Of(HttpContext context) => new(
        context.RequestServices.GetRequiredService<IConfiguration>(),
        context.RequestServices.GetRequiredService<IOptions<IngestOptions>>(),
        context.RequestServices.GetRequiredService<Listeners>(),
        () => $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}/");

    public string Share(string slug) => new Uri(Root, $"c/{slug}").ToString();

    public string Embed(string slug) => new Uri(Root, $"embed/{slug}").ToString();

    public string Mp4(string slug) => new Uri(Root, $"c/{slug}/clip.mp4").ToString();

    public string Playlist(string slug) => new Uri(Root, $"c/{slug}/playlist.m3u8").ToString();

    public string Poster(string slug) => new Uri(Root, $"c/{slug}/poster.jpg").ToString();
}
