using System.Diagnostics;
using System.Text;

namespace LiveClip.Benchmarks;

/// <summary>
/// Watches as hls.js does: one connection waits for the playlist with the next part, as a delta update, while another one gets the parts
/// that are new.
/// </summary>
internal sealed class Viewer(Uri server, string playbackId, ViewerTimes times) : IDisposable
{
    /// <summary>Enough to be full at once, too little for the server's own buffers to take what is on its way.</summary>
    private const int SmallBuffer = 4096;

    private readonly Queue<(string Address, int Pictures)> _parts = new();
    private KeepAliveSocket _playlists = KeepAliveSocket.Connect(server);
    private KeepAliveSocket _media = KeepAliveSocket.Connect(server);
    private int _newest;
    private (long Asked, int Pictures) _part;
    private bool _hasStopped;

    public IEnumerable<KeepAliveSocket> Connections => _hasStopped ? [] : [_playlists, _media];

    public void Start() => _playlists.Ask(Request($"/{playbackId}/index.m3u8"));

    /// <summary>Something has come on one of its connections.</summary>
    public void Read(KeepAliveSocket connection)
    {
        if (connection == _playlists)
        {
            ReadPlaylist();
        }
        else
        {
            ReadPart();
        }
    }

    /// <summary>As a player does whose connection is gone: it begins anew.</summary>
    public void Restart()
    {
        Dispose();
        (_playlists, _media, _newest) = (KeepAliveSocket.Connect(server), KeepAliveSocket.Connect(server), 0);
        _parts.Clear();
        Start();
    }

    /// <summary>It asks for segments, again and again, and takes nothing of them, nor of the playlist that it waits for.</summary>
    public void Stop()
    {
        _hasStopped = true;
        _media.Dispose();
        _media = KeepAliveSocket.Connect(server, SmallBuffer);
        if (times.Newest is { Parts.Values: [var part, ..] } newest)
        {
            var segment = $"{part[..(part.LastIndexOf('/') + 1)]}{newest.Segment - 1}.m4s";
            _media.Ask([.. Enumerable.Repeat(Request($"/{playbackId}/{segment}"), 3).SelectMany(request => request)]);
        }
    }

    public void Dispose()
    {
        _playlists.Dispose();
        _media.Dispose();
    }

    private void ReadPlaylist()
    {
        if (!_playlists.TryReceive(keeps: true))
        {
            return;
        }

        var now = _playlists.Arrived;
        times.Count(_playlists.Status);
        if (_playlists.Status != 200)
        {
            Start();
            return;
        }

        var playlist = times.Playlist(_playlists.Body, _playlists.IsPacked, now, isFirst: _newest == 0);
        // In front of what is new, as a player does it: whoever waits for the next part is not to miss it.
        _playlists.Ask(times.RequestAfter(playlist, next => Request($"/{playbackId}/index.m3u8?_HLS_msn={next.Segment}&_HLS_part={next.Part}&_HLS_skip=YES")));
        var newest = playlist.Parts.Count > 0 ? playlist.Parts.Keys[^1] : _newest;
        for (var part = _newest == 0 ? newest : _newest + 1; part <= newest; part++)
        {
            if (playlist.Parts.TryGetValue(part, out var address))
            {
                _parts.Enqueue((address, times.PicturesUpTo(part)));
            }
        }

        _newest = newest;
        AskForPart();
    }

    private void ReadPart()
    {
        if (!_media.TryReceive(keeps: false))
        {
            return;
        }

        times.Count(_media.Status);
        times.Part(_part.Asked, _media.Arrived, _part.Pictures);
        AskForPart();
    }

    private void AskForPart()
    {
        if (!_media.IsBusy && _parts.TryDequeue(out var part))
        {
            _part = (Stopwatch.GetTimestamp(), part.Pictures);
            _media.Ask(Request($"/{playbackId}/{part.Address}"));
        }
    }

    /// <summary>With what Chromium sends along from another site's page.</summary>
    private byte[] Request(string path) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) "
        + "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\nAccept: */*\r\nOrigin: https://example.com\r\n"
        + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: https://example.com/\r\n"
        + "Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n");
}
