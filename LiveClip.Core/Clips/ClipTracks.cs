using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Lays the samples of a plan's parts end to end on a clip's own clock, which begins at 0 with the first picture. Pictures keep the
/// times that they had; the sound is cut once across the whole, to the sample at its beginning.
/// </summary>
internal static class ClipTracks
{
    public static IReadOnlyList<ClipTrack> Of(CutPlan plan, SampleSource source)
    {
        var parts = plan.Parts.Select(part => new Piece(part, source.Runs.Single(run => run.Run.Number == part.Run))).ToList();
        var first = parts[0].Run;
        if (parts.Find(piece => !SameTracks(piece.Run, first)) is { } other)
        {
            throw new ClipException(
                $"the encoder's settings change inside the clip, at run {other.Run.Run.Number}: choose a range on one side of it");
        }

        var (lead, starts, duration) = Lead(parts);
        var sound = first.SoundTrack is null ? null : Sound(parts, starts, duration);
        return sound is null ? [lead] : [lead, sound];
    }

    private static (ClipTrack Track, long[] Starts, long Duration) Lead(List<Piece> parts)
    {
        var track = parts[0].Run.LeadTrack;
        var samples = new List<Placed>();
        var starts = new long[parts.Count];
        var (start, duration) = (0L, 0L);
        for (var p = 0; p < parts.Count; p++)
        {
            starts[p] = start;
            var run = parts[p].Run;
            var zero = track.Timescale.FromVideo(parts[p].Part.Start - run.Run.TimelineStart);
            var kept = run.Lead.Skip(parts[p].Part.First).Take(parts[p].Part.Count)
                .Where(sample => sample.Sample.PresentationTime >= zero).ToList();
            // Decode times count from the part's own first one: at a sync sample they may be a millisecond off its presentation time.
            var decodeZero = kept[0].Sample.DecodeTime;
            var place = track.Timescale.FromVideo(start);
            samples.AddRange(kept.Select(sample => new Placed(
                sample,
                place + sample.Sample.DecodeTime - decodeZero,
                place + sample.Sample.PresentationTime - kept[0].Sample.PresentationTime)));
            var length = parts[p].Part.End - parts[p].Part.Start;
            duration = start + length;
            // Where leading pictures are left out, the last decode time may lie behind the part's end; the next part's lie later still.
            start += Math.Max(length, track.Timescale.To(Timescale.Video, samples[^1].Decode - place) + 1);
        }

        // Composition offsets of a plain file are not negative (ctts version 0): all pictures are shown that much later, and the edit
        // list takes it back.
        var shift = -samples.Min(sample => sample.Presentation - sample.Decode);
        var lead = ToTrack(track, samples, shift, editMediaTime: shift, duration, delay: 0);
        return (new ClipTrack(lead, Sources(samples)), starts, duration);
    }

    private static ClipTrack? Sound(List<Piece> parts, long[] starts, long duration)
    {
        var track = parts[0].Run.SoundTrack!;
        var samples = new List<Placed>();
        for (var p = 0; p < parts.Count; p++)
        {
            // The sound of one part may reach into the next: what is there already is heard once.
            var next = samples.Count > 0 ? samples[^1].Decode + 1 : long.MinValue;
            samples.AddRange(SoundOf(parts[p], track.Timescale.FromVideo(starts[p]), isFirst: p == 0).Where(sound => sound.Decode >= next));
        }

        if (samples.Count == 0)
        {
            return null;
        }

        var lead = samples[0].Decode;
        var moved = samples.ConvertAll(sample => sample with { Decode = sample.Decode - lead, Presentation = sample.Presentation - lead });
        var delay = track.Timescale.To(Timescale.Video, Math.Max(lead, 0));
        return new ClipTrack(
            ToTrack(track, moved, shift: 0, editMediaTime: Math.Max(-lead, 0), duration - delay, delay), Sources(samples));
    }

    /// <summary>
    /// The sound of one part, laid at its place on the clip's clock. The first part's begins a frame before what is heard, because a
    /// decoder needs it; the edit list leaves it out.
    /// </summary>
    private static IEnumerable<Placed> SoundOf(Piece piece, long place, bool isFirst)
    {
        var (part, run) = piece;
        var timescale = run.SoundTrack!.Timescale;
        var zero = timescale.FromVideo(part.Start - run.Run.TimelineStart);
        var end = timescale.FromVideo(part.End - run.Run.TimelineStart);
        var first = run.Sound.FindIndex(sound => isFirst
            ? sound.Sample.DecodeTime + sound.Sample.Duration > zero
            : sound.Sample.DecodeTime >= zero);
        return first < 0
            ? []
            : run.Sound.Skip(isFirst ? Math.Max(first - 1, 0) : first)
                .TakeWhile(sound => sound.Sample.DecodeTime < end)
                .Select(sound => new Placed(sound, place + sound.Sample.DecodeTime - zero, place + sound.Sample.DecodeTime - zero));
    }

    private static ProgressiveTrack ToTrack(
        Track track, List<Placed> samples, long shift, long editMediaTime, long editDuration, long delay)
    {
        var indexed = new IndexedSample[samples.Count];
        for (var i = 0; i < indexed.Length; i++)
        {
            var (source, decode, presentation) = samples[i];
            var duration = i + 1 < indexed.Length ? samples[i + 1].Decode - decode : source.Sample.Duration;
            indexed[i] = source.Sample with
            {
                DecodeTime = decode,
                CompositionOffset = (int)(presentation + shift - decode),
                Duration = (int)Math.Max(duration, 1),
            };
        }

        return new ProgressiveTrack(track, indexed, track.Timescale, editMediaTime, editDuration) { EditDelay = delay };
    }

    private static SourceSample[] Sources(List<Placed> samples) => [.. samples.Select(sample => sample.Source)];

    private static bool SameTracks(SourceRun a, SourceRun b) => a.LeadTrack.Equals(b.LeadTrack) && Equals(a.SoundTrack, b.SoundTrack);

    private static long FromVideo(this Timescale timescale, long ticks) => Timescale.Video.To(timescale, ticks);

    private static int FindIndex(this IReadOnlyList<SourceSample> samples, Func<SourceSample, bool> match)
    {
        for (var i = 0; i < samples.Count; i++)
        {
            if (match(samples[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private sealed record Piece(CopiedPart Part, SourceRun Run);

    /// <summary>A sample and its times on the clip's clock, in ticks of its track.</summary>
    private readonly record struct Placed(SourceSample Source, long Decode, long Presentation);
}

/// <summary>A track of a clip and, sample for sample, where its bytes come from.</summary>
internal sealed record ClipTrack(ProgressiveTrack Track, IReadOnlyList<SourceSample> Sources);
