using System.Diagnostics;

namespace LiveClip.Benchmarks;

/// <summary>
/// Publishes to a server in real time, all connections from one thread, and measures how late writes are. Connections begin one after
/// another over a GOP, so that their sync samples do not come at once.
/// </summary>
internal sealed class IngestLoad(MediaLoop media, IReadOnlyList<PublishingSocket> publishers, PictureTimes? times = null)
{
    private const double Gop = 2_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly PriorityQueue<Publishing, double> _due = new();
    private readonly List<Publishing> _blocked = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private List<double> _lags = [];

    private double Now => _clock.Elapsed.TotalMilliseconds;

    /// <summary>Everybody begins; the decoder configurations go first.</summary>
    public void Start()
    {
        for (var i = 0; i < publishers.Count; i++)
        {
            var publishing = new Publishing(publishers[i], Now + (Gop * i / publishers.Count));
            foreach (var header in media.Headers)
            {
                publishers[i].TrySend(header, 0);
            }

            _due.Enqueue(publishing, publishing.Begun);
        }
    }

    /// <summary>For that long; how late each message was handed to the kernel as a whole, in milliseconds, in rising order.</summary>
    public IReadOnlyList<double> Run(TimeSpan duration)
    {
        _lags = new List<double>((int)(duration.TotalSeconds * publishers.Count * 80));
        var end = Now + duration.TotalMilliseconds;
        while (Now < end)
        {
            FinishBlocked();
            while (_due.TryPeek(out var next, out var due) && due <= Now)
            {
                _due.Dequeue();
                Send(next, due);
            }

            Thread.Sleep(Tick);
        }

        _lags.Sort();
        return _lags;
    }

    private void Send(Publishing publishing, double due)
    {
        var message = media.Media[publishing.Next];
        publishing.Due = due;
        if (publishing.Socket.TrySend(message, (uint)(publishing.Rounds * media.Length) + message.Timestamp))
        {
            Finish(publishing);
        }
        else
        {
            _blocked.Add(publishing);
        }
    }

    private void FinishBlocked()
    {
        for (var i = _blocked.Count - 1; i >= 0; i--)
        {
            if (_blocked[i].Socket.TryFinish())
            {
                Finish(_blocked[i]);
                _blocked.RemoveAt(i);
            }
        }
    }

    private void Finish(Publishing publishing)
    {
        _lags.Add(Now - publishing.Due);
        if (media.Media[publishing.Next].IsPicture)
        {
            times?.Add();
        }

        if (++publishing.Next == media.Media.Count)
        {
            publishing.Next = 0;
            publishing.Rounds++;
        }

        _due.Enqueue(publishing, publishing.Begun + (publishing.Rounds * media.Length) + media.Media[publishing.Next].Timestamp);
    }

    private sealed class Publishing(PublishingSocket socket, double begun)
    {
        public PublishingSocket Socket => socket;

        /// <summary>On the load's clock, in milliseconds.</summary>
        public double Begun => begun;

        public double Due { get; set; }

        public int Next { get; set; }

        public long Rounds { get; set; }
    }
}
