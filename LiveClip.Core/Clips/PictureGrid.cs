using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// The constant frame rate behind time stamps that RTMP has rounded to milliseconds (33, 33, 34): pictures are put back on it, because
/// platforms that demand a constant rate refuse a file without.
/// </summary>
internal sealed record PictureGrid(FrameRate Rate)
{
    /// <summary>How far a picture may lie beside its place: a millisecond.</summary>
    private const double Tolerance = 90;

    private static readonly FrameRate[] Usual =
    [
        new(30, 1), new(30_000, 1001), new(60, 1), new(60_000, 1001), new(25, 1), new(50, 1), new(24, 1), new(24_000, 1001),
        new(15, 1), new(12, 1), new(10, 1), new(20, 1), new(48, 1), new(15_000, 1001), new(100, 1), new(120, 1), new(120_000, 1001),
    ];

    /// <summary>In which a picture lasts a whole number of ticks, <see cref="PictureTicks"/>.</summary>
    public Timescale Timescale => new(TicksPerSecond);

    public uint PictureTicks => TicksPerSecond / Rate.Numerator * Rate.Denominator;

    private uint TicksPerSecond => Rate.Denominator == 1 && 90_000 % Rate.Numerator == 0 ? 90_000
        : Rate.Numerator * Math.Max(1, 10_000 / Rate.Numerator);

    private double Period => 90_000.0 * Rate.Denominator / Rate.Numerator;

    /// <summary>Null when the pictures do not come at a constant rate.</summary>
    /// <param name="stretches">What is to be put on the grid: presentation times in order, 1/90,000 s; each may begin anywhere.</param>
    /// <param name="around">More pictures of the same encoder: a few of 29.97 a second could as well be of 30.</param>
    /// <param name="told">What the encoder says.</param>
    public static PictureGrid? Find(IReadOnlyList<IReadOnlyList<long>> stretches, IReadOnlyList<long> around, FrameRate? told)
    {
        var saysSo = told is { } rate && rate.Numerator <= 1_000_000 && rate.Numerator / (double)rate.Denominator is >= 1 and <= 240
            ? [new PictureGrid(rate)]
            : Array.Empty<PictureGrid>();
        return saysSo.Concat(Usual.Select(usual => new PictureGrid(usual)))
            .Where(grid => grid.HasPictureAtMostPlaces(around) && stretches.All(grid.Fits))
            .MinBy(grid => Math.Round(grid.SpreadOf(around) / Tolerance, 1));
    }

    /// <summary>The number of each picture's place on the grid, from 0 on; where pictures were lost, places stay empty.</summary>
    public IReadOnlyList<long> PlacesOf(IReadOnlyList<long> times) =>
        [.. times.Select(time => (long)Math.Round((time - times[0]) / Period))];

    /// <summary>Where the first place lies, so that all pictures are as near to theirs as can be.</summary>
    public long ZeroOf(IReadOnlyList<long> times)
    {
        var (least, most) = DeviationsOf(times);
        return times[0] + (long)Math.Round((least + most) / 2);
    }

    private bool Fits(IReadOnlyList<long> times)
    {
        var places = PlacesOf(times);
        return SpreadOf(times) <= 2 * Tolerance && places.Zip(places.Skip(1)).All(pair => pair.Second > pair.First);
    }

    /// <summary>Pictures of 30 a second lie on the grid of 60 a second as well, at every other place.</summary>
    private bool HasPictureAtMostPlaces(IReadOnlyList<long> times) =>
        times.Count < 2
        || times.Zip(times.Skip(1)).Count(pair => Math.Round((pair.Second - pair.First) / Period) == 1) * 2 > times.Count - 1;

    private double SpreadOf(IReadOnlyList<long> times)
    {
        var (least, most) = DeviationsOf(times);
        return most - least;
    }

    private (double Least, double Most) DeviationsOf(IReadOnlyList<long> times)
    {
        var (least, most) = (0.0, 0.0);
        foreach (var time in times)
        {
            var passed = time - times[0];
            var off = passed - (Math.Round(passed / Period) * Period);
            (least, most) = (Math.Min(least, off), Math.Max(most, off));
        }

        return (least, most);
    }
}
