using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace LiveClip.Benchmarks;

/// <summary>How long a picture takes from its last byte sent to a canvas in Chromium.</summary>
internal sealed class CanvasTimes(PictureTimes pictures, int picturesOfLoop, string hlsScript) : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<double> _times = [];
    private readonly string _profile = Directory.CreateTempSubdirectory("liveclip-chromium-").FullName;
    private Process? _browser;

    public void Start(string chromium, Uri playlist)
    {
        var page = $"http://127.0.0.1:{FreePort()}/";
        _listener.Prefixes.Add(page);
        _listener.Start();
        _ = AnswerAsync(CanvasPage.For(playlist));
        _browser = Process.Start(new ProcessStartInfo(
            chromium,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0",
                $"--user-data-dir={_profile}", page,
            ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        });
        _browser!.ErrorDataReceived += (_, _) => { };
        _browser.OutputDataReceived += (_, _) => { };
        _browser.BeginErrorReadLine();
        _browser.BeginOutputReadLine();
    }

    /// <summary>What has come until now, and forgets it.</summary>
    public List<double> Take()
    {
        lock (_gate)
        {
            List<double> times = [.. _times];
            _times.Clear();
            return times;
        }
    }

    public void Dispose()
    {
        _browser?.Kill(entireProcessTree: true);
        _browser?.WaitForExit();
        _browser?.Dispose();
        _listener.Close();
        Directory.Delete(_profile, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AnswerAsync(string page)
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var answer = context.Request.Url!.AbsolutePath switch
            {
                "/" => Encoding.UTF8.GetBytes(page),
                "/hls.js" => await File.ReadAllBytesAsync(hlsScript),
                _ => [],
            };
            if (context.Request.HttpMethod == "POST")
            {
                Add(await JsonSerializer.DeserializeAsync<double[][]>(context.Request.InputStream) ?? []);
            }

            context.Response.ContentType = context.Request.Url.AbsolutePath == "/" ? "text/html" : "text/javascript";
            await context.Response.OutputStream.WriteAsync(answer);
            context.Response.Close();
        }
    }

    private void Add(double[][] seen)
    {
        var (now, clock) = (Stopwatch.GetTimestamp(), (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds);
        lock (_gate)
        {
            foreach (var picture in seen)
            {
                if (SentBefore((int)picture[0], age => clock - age <= picture[1], now) is { } sent)
                {
                    _times.Add(picture[1] - (clock - sent));
                }
            }
        }
    }

    /// <summary>How many milliseconds ago the newest picture with that number was sent that may be the one: numbers come again each round.</summary>
    private double? SentBefore(int number, Predicate<double> isPossible, long now)
    {
        for (var i = pictures.Count - 1; i >= 0; i--)
        {
            if (i % picturesOfLoop == number && Stopwatch.GetElapsedTime(pictures.SentAt(i), now).TotalMilliseconds is var age && isPossible(age))
            {
                return age;
            }
        }

        return null;
    }
}
