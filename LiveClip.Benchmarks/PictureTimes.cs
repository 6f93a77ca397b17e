using System.Diagnostics;

namespace LiveClip.Benchmarks;

/// <summary>When the last byte of each picture was sent. One thread writes, another one reads.</summary>
internal sealed class PictureTimes
{
    /// <summary>An hour and more at 30 pictures a second.</summary>
    private readonly long[] _sent = new long[120_000];

    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add()
    {
        _sent[_count] = Stopwatch.GetTimestamp();
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Of the picture with that number, 0 being the first.</summary>
    public long SentAt(int number) =>
        number < Count ? _sent[number] : throw new InvalidDataException($"Picture {number} is in a playlist and has not been sent.");
}
