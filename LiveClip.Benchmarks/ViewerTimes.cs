using System.Diagnostics;
using LiveClip.Core.Live;

namespace LiveClip.Benchmarks;

/// <summary>How long all viewers together waited for what.</summary>
internal sealed class ViewerTimes(PictureTimes pictures)
{
    private readonly Dictionary<int, long> _first = [];
    private readonly Dictionary<int, int> _pictures = [];
    private byte[] _body = [];
    private byte[] _request = [];
    private LivePlaylist? _requestFor;

    /// <summary>The playlist that has come last; viewers who get the same one need not read it again.</summary>
    public LivePlaylist? Newest { get; private set; }

    /// <summary>Milliseconds from the picture that completed a part, sent as a whole, to a playlist with that part.</summary>
    public List<double> AfterPicture { get; } = [];

    /// <summary>The same, from when the first viewer had that playlist.</summary>
    public List<double> AfterFirst { get; } = [];

    /// <summary>Milliseconds from each picture, sent as a whole, to the first playlist with the part that it is in.</summary>
    public List<double> PicturesListed { get; } = [];

    /// <summary>Milliseconds from a part's request to its last byte.</summary>
    public List<double> Parts { get; } = [];

    /// <summary>Parts that had not come when the next one was there.</summary>
    public int LateParts { get; private set; }

    public SortedDictionary<int, int> Answers { get; } = [];

    /// <summary>Connections that the server closed.</summary>
    public int Broken { get; set; }

    /// <summary>What came until now was warming up.</summary>
    public void Forget()
    {
        AfterPicture.Clear();
        AfterFirst.Clear();
        PicturesListed.Clear();
        Parts.Clear();
        Answers.Clear();
        (LateParts, Broken) = (0, 0);
    }

    public void Count(int status) => Answers[status] = Answers.GetValueOrDefault(status) + 1;

    /// <param name="isFirst">It was not waited for.</param>
    public LivePlaylist Playlist(ReadOnlySpan<byte> body, bool isPacked, long now, bool isFirst)
    {
        if (Newest is null || !body.SequenceEqual(_body))
        {
            _body = body.ToArray();
            var before = Newest;
            Newest = LivePlaylist.Parse(body, isPacked);
            if (Newest.Parts.Count > 0)
            {
                _pictures.TryAdd(Newest.Parts.Keys[^1], Newest.Pictures);
            }

            if (_first.TryAdd(Newest.Pictures, now) && before is not null)
            {
                for (var picture = before.Pictures; picture < Newest.Pictures; picture++)
                {
                    PicturesListed.Add(Between(pictures.SentAt(picture), now));
                }
            }
        }

        if (!isFirst)
        {
            AfterPicture.Add(Between(pictures.SentAt(Newest.Pictures), now));
            AfterFirst.Add(Between(_first[Newest.Pictures], now));
        }

        return Newest;
    }

    /// <summary>The request for what follows that playlist, made once for all who have it.</summary>
    public ReadOnlySpan<byte> RequestAfter(LivePlaylist playlist, Func<LivePlaylist, byte[]> make)
    {
        if (_requestFor != playlist)
        {
            (_requestFor, _request) = (playlist, make(playlist));
        }

        return _request;
    }

    /// <summary>The picture that has completed a part; of one that was never the newest, what completed that.</summary>
    public int PicturesUpTo(int part) => _pictures.TryGetValue(part, out var pictures) ? pictures : Newest!.Pictures;

    /// <param name="completedBy">The picture that completed it.</param>
    public void Part(long asked, long now, int completedBy)
    {
        Parts.Add(Between(asked, now));
        LateParts += Between(pictures.SentAt(completedBy), now) > Segmenter.PartTarget / 90.0 ? 1 : 0;
    }

    private static double Between(long start, long end) => Stopwatch.GetElapsedTime(start, end).TotalMilliseconds;
}
