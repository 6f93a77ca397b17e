using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LiveClip.Benchmarks;

/// <summary>Any number of viewers on one thread.</summary>
internal sealed class ViewerLoad(Uri server, string playbackId, ViewerTimes times) : IDisposable
{
    private const short Readable = 1; // POLLIN

    private readonly List<Viewer> _viewers = [];
    private (Viewer Viewer, KeepAliveSocket Connection)[] _reading = [];
    private Waiting[] _waiting = [];

    /// <summary>They come one after another over a second.</summary>
    public void Start(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var viewer = new Viewer(server, playbackId, times);
            viewer.Start();
            _viewers.Add(viewer);
            if (i % 25 == 24)
            {
                Watch();
                var started = Stopwatch.GetTimestamp();
                Run(() => Stopwatch.GetElapsedTime(started).TotalSeconds < 25.0 / count);
            }
        }

        Watch();
    }

    /// <summary>So many of them read nothing any more.</summary>
    public void Stop(int count)
    {
        _viewers.Take(count).ToList().ForEach(viewer => viewer.Stop());
        Watch();
    }

    /// <summary>Never to be left alone for long: what comes meanwhile would look late.</summary>
    public void Run(Func<bool> goesOn)
    {
        while (goesOn())
        {
            if (Poll(_waiting, (nuint)_waiting.Length, 20) <= 0)
            {
                continue;
            }

            for (var i = 0; i < _waiting.Length; i++)
            {
                if (_waiting[i].Happened != 0 && !TryRead(_reading[i].Viewer, _reading[i].Connection))
                {
                    break;
                }
            }
        }
    }

    public void Dispose() => _viewers.ForEach(viewer => viewer.Dispose());

    /// <summary>False when there are other connections to watch now.</summary>
    private bool TryRead(Viewer viewer, KeepAliveSocket connection)
    {
        try
        {
            viewer.Read(connection);
            return true;
        }
        catch (IOException)
        {
            times.Broken++;
            viewer.Restart();
            Watch();
            return false;
        }
    }

    private void Watch()
    {
        _reading = [.. _viewers.SelectMany(viewer => viewer.Connections.Select(connection => (viewer, connection)))];
        _waiting = [.. _reading.Select(reading => new Waiting { Descriptor = reading.Connection.Descriptor, Awaited = Readable })];
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll([In, Out] Waiting[] descriptors, nuint count, int milliseconds);

    /// <summary>poll(2):  fd(32) | events(16) | revents(16)</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Waiting
    {
        public int Descriptor;
        public short Awaited;
        public short Happened;
    }
}
