using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace LiveClip.Web.Api;

/// <summary>A playlist as it is sent, packed for whoever can unpack it: each form of it is made once, however many get it.</summary>
internal sealed class PlaylistResult : IResult
{
    private const string ContentType = "application/vnd.apple.mpegurl";

    private readonly byte[] _plain;
    private readonly Lazy<byte[]> _gzip;
    private readonly Lazy<byte[]> _brotli;

    // It holds nothing that its reader could not know, and nothing that somebody else put in: it may be packed behind TLS too.
    public PlaylistResult(string text)
    {
        _plain = Encoding.UTF8.GetBytes(text);
        _gzip = new Lazy<byte[]>(() => Pack(packed => new GZipStream(packed, CompressionLevel.Fastest)));
        _brotli = new Lazy<byte[]>(() => Pack(packed => new BrotliStream(packed, CompressionLevel.Fastest)));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var accepted = httpContext.Request.Headers.AcceptEncoding;
        var (packing, bytes) = Accepts(accepted, "br") ? ("br", _brotli.Value) : Accepts(accepted, "gzip") ? ("gzip", _gzip.Value) : (null, _plain);
        var headers = httpContext.Response.Headers;
        headers.ContentType = ContentType;
        headers.ContentLength = bytes.Length;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (packing is not null)
        {
            headers.ContentEncoding = packing;
        }

        return HttpMethods.IsHead(httpContext.Request.Method)
            ? Task.CompletedTask
            : httpContext.Response.Body.WriteAsync(bytes, httpContext.RequestAborted).AsTask();
    }

    /// <summary>RFC 9110 §12.5.3: named, and not with a weight of 0.</summary>
    private static bool Accepts(StringValues accepted, string packing)
    {
        foreach (var line in accepted)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var coding = line.AsSpan()[range].Trim();
                if (coding.StartsWith(packing, StringComparison.OrdinalIgnoreCase)
                    && (coding.Length == packing.Length || (coding[packing.Length] is ';' or ' ' && !IsRefused(coding[packing.Length..]))))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>OWS ";" OWS "q=0" [ "." *3"0" ]</summary>
    private static bool IsRefused(ReadOnlySpan<char> parameters) =>
        parameters.TrimStart(" ;").StartsWith("q=0", StringComparison.OrdinalIgnoreCase) && parameters.IndexOfAnyInRange('1', '9') < 0;

    private byte[] Pack(Func<Stream, Stream> packerOf)
    {
        var packed = new MemoryStream();
        using (var packer = packerOf(packed))
        {
            packer.Write(_plain);
        }

        return packed.ToArray();
    }
}
