using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Lays the pieces of a plan end to end on a clip's own clock, which begins at 0 with the first picture: the pictures on the exact grid of
/// their frame rate where they have one, the sound cut once across the whole, to the sample at its beginning.
/// </summary>
internal sealed class ClipTracks
{
    private readonly IReadOnlyList<Stretch> _stretches;
    private readonly Timescale _timescale;
    private readonly long _duration;

    /// <param name="pieces">In the order in which they are shown.</param>
    /// <param name="track">What all pictures are coded as; null where a clip has nothing but sound.</param>
    private ClipTracks(IReadOnlyList<ClipPiece> pieces, VideoTrack? track)
    {
        Grid = track is null ? null : FindGrid(pieces, track);
        _timescale = Grid?.Timescale ?? Timescale.Video;
        var stretches = new List<Stretch>();
        foreach (var group in ByRun(pieces))
        {
            var stretch = track is null ? Stretch.OfSound(group, _duration) : Stretch.OfPictures(group, _duration, Grid);
            stretches.Add(stretch);
            _duration += stretch.Length;
        }

        _stretches = stretches;
        Video = track is null ? null : PicturesOf(track);
        Sound = SoundOf(pieces.Select(piece => piece.Run.AnySound).FirstOrDefault(sound => sound is not null));
    }

    /// <summary>The constant rate of the pictures; null where they have none.</summary>
    public PictureGrid? Grid { get; }

    public ClipTrack? Video { get; }

    public ClipTrack? Sound { get; }

    /// <summary>Playing time, 1/90,000 s.</summary>
    public long Duration => _timescale.To(Timescale.Video, _duration);

    public IReadOnlyList<ClipTrack> All => [.. new[] { Video, Sound }.OfType<ClipTrack>()];

    /// <exception cref="ClipException">There is nothing to play.</exception>
    public static ClipTracks Of(IReadOnlyList<ClipPiece> pieces, VideoTrack? track)
    {
        var tracks = new ClipTracks(pieces, track);
        return tracks.All.Count > 0 ? tracks : throw new ClipException("there is neither picture nor sound in this range");
    }

    private static PictureGrid? FindGrid(IReadOnlyList<ClipPiece> pieces, VideoTrack track) => PictureGrid.Find(
        [.. ByRun(pieces).Select(group => group.SelectMany(piece => piece.Pictures).Select(picture => picture.Time).Order().ToList())],
        [.. pieces[0].Run.Lead.Select(picture => picture.Sample.PresentationTime).Order()],
        track.Configuration.Sps.FrameRate);

    private static IEnumerable<List<ClipPiece>> ByRun(IReadOnlyList<ClipPiece> pieces) =>
        pieces.GroupBy(piece => piece.Run.Run.Number).Select(group => group.ToList());

    private ClipTrack PicturesOf(VideoTrack track)
    {
        var samples = _stretches.SelectMany(stretch => stretch.Pictures).ToList();
        // Each is decoded at the time at which the picture of its number is shown, so that decoding goes on evenly. Composition offsets of
        // a plain file are not negative (ctts version 0): all pictures are shown that much later, and the edit list takes it back.
        var shown = samples.Select(sample => sample.Shown).Order().ToList();
        var delay = samples.Select((sample, i) => shown[i] - sample.Shown).Max();
        var indexed = samples.Select((sample, i) => new IndexedSample(
            track.Id,
            shown[i],
            (int)(sample.Shown + delay - shown[i]),
            (int)((i + 1 < shown.Count ? shown[i + 1] : _duration) - shown[i]),
            sample.Picture.IsSync,
            0,
            sample.Picture.Source.ExpectedSize));
        return new ClipTrack(
            new ProgressiveTrack(track, [.. indexed], _timescale, delay, Duration), [.. samples.Select(sample => sample.Picture.Source)]);
    }

    private ClipTrack? SoundOf(AudioTrack? track)
    {
        if (track is null)
        {
            return null;
        }

        var packets = new List<Packet>();
        foreach (var stretch in _stretches)
        {
            // The sound of one run may reach into the next: what is there already is heard once. Players play whole packets, whatever the
            // table says, so the two meet where the least is doubled or missing.
            var next = packets.Count > 0 ? packets[^1].Time + (packets[^1].Source.Sample.Duration / 2) : long.MinValue;
            packets.AddRange(PacketsOf(stretch, track, isFirst: packets.Count == 0).Where(packet => packet.Time >= next));
        }

        if (packets.Count == 0)
        {
            return null;
        }

        var first = packets[0].Time;
        var indexed = packets.Select((packet, i) => packet.Source.Sample with
        {
            TrackId = track.Id,
            DecodeTime = packet.Time - first,
            CompositionOffset = 0,
            Duration = (int)Math.Max(i + 1 < packets.Count ? packets[i + 1].Time - packet.Time : packet.Source.Sample.Duration, 1),
        });
        var delay = track.Timescale.To(Timescale.Video, Math.Max(first, 0));
        return new ClipTrack(
            new ProgressiveTrack(track, [.. indexed], track.Timescale, Math.Max(-first, 0), Duration - delay) { EditDelay = delay },
            [.. packets.Select(packet => ClipSource.Of(packet.Source))]);
    }

    /// <summary>
    /// The sound of one run, laid at its place on the clip's clock. The first begins a packet before what is heard, because a decoder
    /// needs it; the edit list leaves it out.
    /// </summary>
    private IEnumerable<Packet> PacketsOf(Stretch stretch, AudioTrack track, bool isFirst)
    {
        var timescale = track.Timescale;
        var packets = track.Equals(stretch.Run.AnySound) ? stretch.Run.Packets : [];
        var place = _timescale.To(timescale, stretch.Place);
        var zero = Timescale.Video.To(timescale, stretch.Zero);
        var end = zero + _timescale.To(timescale, stretch.Length);
        var heard = packets.TakeWhile(packet => isFirst
            ? packet.Sample.DecodeTime + packet.Sample.Duration <= zero
            : packet.Sample.DecodeTime < zero).Count();
        return packets.Skip(isFirst ? Math.Max(heard - 1, 0) : heard)
            .TakeWhile(packet => packet.Sample.DecodeTime < end)
            .Select(packet => new Packet(packet, place + packet.Sample.DecodeTime - zero));
    }

    /// <summary>What a clip takes from one run.</summary>
    /// <param name="Place">Where it begins on the clip's clock, in ticks of the pictures.</param>
    /// <param name="Zero">The same place on the run's own clock, 1/90,000 s.</param>
    /// <param name="Length">How long it plays, in ticks of the pictures.</param>
    private sealed record Stretch(SourceRun Run, long Place, long Zero, long Length, IReadOnlyList<PlacedPicture> Pictures)
    {
        public static Stretch OfSound(List<ClipPiece> pieces, long place)
        {
            var run = pieces[0].Run;
            return new Stretch(run, place, pieces[0].Start, pieces[^1].End - pieces[0].Start, []);
        }

        public static Stretch OfPictures(List<ClipPiece> pieces, long place, PictureGrid? grid)
        {
            var pictures = pieces.SelectMany(piece => piece.Pictures).ToList();
            var inOrder = Enumerable.Range(0, pictures.Count).OrderBy(i => pictures[i].Time).ToList();
            var times = inOrder.ConvertAll(i => pictures[i].Time);
            var zero = grid?.ZeroOf(times) ?? times[0];
            var shown = grid is null ? Rising(times, zero) : [.. grid.PlacesOf(times).Select(index => index * grid.PictureTicks)];
            var length = grid is null ? Math.Max(pieces[^1].End - zero, shown[^1] + 1) : shown[^1] + grid.PictureTicks;
            var placed = new PlacedPicture[pictures.Count];
            foreach (var (i, time) in inOrder.Zip(shown))
            {
                placed[i] = new PlacedPicture(pictures[i], place + time);
            }

            return new Stretch(pieces[0].Run, place, zero, length, placed);
        }

        /// <summary>Of an encoder that shows two pictures at once, the second comes a tick later.</summary>
        private static List<long> Rising(List<long> times, long zero)
        {
            var last = -1L;
            return times.ConvertAll(time => last = Math.Max(time - zero, last + 1));
        }
    }

    /// <param name="Shown">On the clip's clock, in ticks of the pictures.</param>
    private sealed record PlacedPicture(ClipPicture Picture, long Shown);

    private readonly record struct Packet(SourceSample Source, long Time);
}

/// <summary>A track of a clip and, sample for sample, where its bytes come from.</summary>
internal sealed record ClipTrack(ProgressiveTrack Track, IReadOnlyList<ClipSource> Sources);
