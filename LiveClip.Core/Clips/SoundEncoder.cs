using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Encodes the sound of runs anew where the encoder came back with other settings of it: a file's sound is of one kind, that of the first
/// run.
/// </summary>
public sealed class SoundEncoder(FfmpegRunner ffmpeg)
{
    private const int FrameLength = 1024;
    private const int LargestRate = 48_000;

    private static readonly TimeSpan LeastDeadline = TimeSpan.FromSeconds(30);

    internal static bool IsNeeded(IReadOnlyList<SourceRun> runs) =>
        runs.Select(run => run.AnySound).OfType<AudioTrack>().Distinct().Count() > 1;

    /// <summary>The same pieces, with sound of one kind.</summary>
    /// <exception cref="ClipException">It cannot be decoded here.</exception>
    /// <exception cref="FfmpegException">ffmpeg failed.</exception>
    internal async Task<IReadOnlyList<ClipPiece>> UnifyAsync(IReadOnlyList<ClipPiece> pieces, CancellationToken cancellationToken)
    {
        if (!IsNeeded([.. pieces.Select(piece => piece.Run)]))
        {
            return pieces;
        }

        var target = TargetOf(pieces.Select(piece => piece.Run.AnySound).OfType<AudioTrack>().First().Configuration);
        var unified = new List<ClipPiece>();
        foreach (var group in pieces.GroupBy(piece => piece.Run.Run.Number))
        {
            var (run, start, end) = (group.First().Run, group.First().Start, group.Last().End);
            var packets = await EncodeAsync(run, start, end, target, cancellationToken);
            var other = run.LeadTrack is AudioTrack
                ? run with { LeadTrack = target, Lead = packets }
                : run with { SoundTrack = run.SoundTrack is null ? null : target, Sound = packets };
            unified.AddRange(group.Select(piece => piece with { Run = other }));
        }

        return unified;
    }

    /// <summary>HE-AAC plays at twice the rate that its frames count in, and in its second version one channel as two.</summary>
    private static AudioTrack TargetOf(AudioSpecificConfig first)
    {
        var rate = first.ObjectType == 2 ? first.SampleRate : 2 * first.SampleRate;
        return new AudioTrack(AudioSpecificConfig.OfLowComplexity(
            Math.Min(rate, LargestRate), first.ObjectType == 29 ? 2 : first.Channels));
    }

    /// <param name="start">On the run's own clock, 1/90,000 s.</param>
    private async Task<IReadOnlyList<SourceSample>> EncodeAsync(
        SourceRun run, long start, long end, AudioTrack target, CancellationToken cancellationToken)
    {
        if (run.AnySound is not { } own)
        {
            return [];
        }

        if (!Adts.CanTell(own.Configuration))
        {
            throw new ClipException($"the settings of the sound change at run {run.Run.Number}: choose a range on one side of it");
        }

        var zero = Timescale.Video.To(own.Timescale, start);
        var behind = Timescale.Video.To(own.Timescale, end);
        var first = Math.Max(0, run.Packets.TakeWhile(packet => packet.Sample.DecodeTime + packet.Sample.Duration <= zero).Count() - 1);
        var packets = run.Packets.Skip(first).TakeWhile(packet => packet.Sample.DecodeTime < behind).ToList();
        if (packets.Count == 0)
        {
            return [];
        }

        using var input = new MemoryStream();
        packets.ForEach(packet => input.Write(Adts.FromSample(packet.Read(), own.Configuration)));
        input.Position = 0;
        using var output = new MemoryStream();
        // Where the sound begins later than the pictures, so does what is encoded of it.
        var from = Math.Max(zero, packets[0].Sample.DecodeTime);
        await ffmpeg.RunAsync(
            FfmpegArguments.EncodeSound(
                own.Timescale.ToTimeSpan(from - packets[0].Sample.DecodeTime),
                own.Timescale.ToTimeSpan(behind - from),
                target.Configuration.SampleRate,
                target.Configuration.Channels),
            LeastDeadline + own.Timescale.ToTimeSpan(behind - from),
            input,
            output,
            cancellationToken);
        return Index(output.ToArray(), own.Timescale.To(target.Timescale, from));
    }

    /// <summary>The encoder's first frame is what it needs to begin with: it comes before the sound.</summary>
    private static List<SourceSample> Index(ReadOnlyMemory<byte> stream, long start)
    {
        var frames = Adts.Split(stream).ToList();
        var bytes = new byte[frames.Sum(frame => frame.Length)];
        var stored = new SegmentBytes(bytes);
        var samples = new List<SourceSample>();
        var offset = 0;
        foreach (var frame in frames)
        {
            frame.CopyTo(bytes.AsMemory(offset));
            var time = start + ((samples.Count - 1) * FrameLength);
            samples.Add(new SourceSample(
                new IndexedSample(AudioTrack.TrackId, time, 0, FrameLength, IsSync: true, offset, frame.Length), stored));
            offset += frame.Length;
        }

        return samples;
    }
}
