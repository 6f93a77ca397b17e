using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Turns the parts of a plan into pieces of a clip: each picture with its time and where its bytes come from, and the numbers of the IDR
/// pictures, of which no two that follow each other may have the same.
/// </summary>
internal static class ClipPieces
{
    /// <param name="encode">Starts the encoder on all encoded parts, given their IDR pictures' numbers.</param>
    /// <exception cref="SampleFormatException">A picture where two parts meet is broken.</exception>
    public static IReadOnlyList<ClipPiece> Of(
        CutPlan plan, SampleSource source, Func<IReadOnlyList<RunPart>, IReadOnlyList<int>, Task<EncodedPictures>> encode)
    {
        var parts = plan.Parts.Select(part => (Part: part, Run: source.RunOf(part))).ToList();
        if (parts[0].Run.Configuration is null)
        {
            return [.. parts.Select(piece => OfSound(piece.Part, piece.Run))];
        }

        var numbers = IdrNumbers.Of([.. parts]);
        var encoded = parts.Where(piece => piece.Part is EncodedPart)
            .Select(piece => new RunPart((EncodedPart)piece.Part, piece.Run)).ToList();
        var encoding = encoded.Count == 0 ? null
            : encode(encoded, [.. parts.Zip(numbers).Where(piece => piece.First.Part is EncodedPart).Select(piece => piece.Second.First)]);
        var next = 0;
        return
        [
            .. parts.Zip(numbers).Select(piece => piece.First.Part is EncodedPart
                ? OfEncoded(piece.First.Part, piece.First.Run, next++, encoding!)
                : OfCopied(piece.First.Part, piece.First.Run, piece.Second.First)),
        ];
    }

    /// <summary>Of parts of which every picture was encoded, one after the other.</summary>
    public static IReadOnlyList<ClipPiece> OfWhole(IReadOnlyList<RunPart> parts, EncodedFile encoded)
    {
        var next = 0;
        return
        [
            .. parts.Select(piece => Piece(piece.Part, piece.Run, Times(piece.Part, piece.Run).Select(time =>
            {
                var picture = encoded[next++];
                return new ClipPicture(time, picture.Sample.IsSync, ClipSource.Of(picture));
            }))),
        ];
    }

    private static ClipPiece OfSound(CutPart part, SourceRun run) =>
        new(run, part.Start - run.Run.TimelineStart, part.End - run.Run.TimelineStart, []);

    private static ClipPiece OfEncoded(CutPart part, SourceRun run, int index, Task<EncodedPictures> encoding)
    {
        return Piece(part, run, Times(part, run).Select((time, i) => new ClipPicture(
            time, IsSync: i == 0, ClipSource.Of(0, async () => (await encoding).Parts[index][i]))));
    }

    private static ClipPiece OfCopied(CutPart part, SourceRun run, int idrPicId)
    {
        var configuration = run.Configuration!;
        if (run.Lead[part.First].IsIdr(configuration))
        {
            return Piece(part, run, Shown(part, run).Select(i => new ClipPicture(
                run.Lead[i].Sample.PresentationTime, IsIdr(run.Lead[i], configuration), ClipSource.Of(run.Lead[i]))));
        }

        // An open GOP: closed by other numbers in the headers, up to the first IDR picture of the source.
        var nextIdr = Enumerable.Range(part.First, part.Count).Where(i => IsIdr(run.Lead[i], configuration)).Append(int.MaxValue).First();
        var rebased = new RebasedPictures(run, part.First, idrPicId);
        return Piece(part, run, Shown(part, run).Select(i => new ClipPicture(
            run.Lead[i].Sample.PresentationTime,
            i == part.First || IsIdr(run.Lead[i], configuration),
            i < nextIdr ? ClipSource.Of(run.Lead[i].Sample.Size, () => rebased.Next(i)) : ClipSource.Of(run.Lead[i]))));
    }

    /// <summary>When its pictures are shown, in order, on the run's own clock.</summary>
    private static IEnumerable<long> Times(CutPart part, SourceRun run) =>
        Shown(part, run).Select(i => run.Lead[i].Sample.PresentationTime).Order();

    /// <summary>The indexes of its pictures, in decode order.</summary>
    private static IEnumerable<int> Shown(CutPart part, SourceRun run) =>
        Enumerable.Range(part.First, part.Count).Where(i => part.Shows(run.OnTimeline(run.Lead[i].Sample.PresentationTime)));

    private static ClipPiece Piece(CutPart part, SourceRun run, IEnumerable<ClipPicture> pictures) =>
        new(run, part.Start - run.Run.TimelineStart, part.End - run.Run.TimelineStart, [.. pictures]);

    private static bool IsIdr(SourceSample picture, AvcConfiguration configuration) =>
        picture.Sample.IsSync && picture.IsIdr(configuration);

    /// <summary>Rebases one picture after the other, as they are asked for, in decode order.</summary>
    private sealed class RebasedPictures(SourceRun run, int first, int idrPicId)
    {
        private readonly RandomAccessRebaser _rebaser = new(run.Configuration!, idrPicId);
        private int _next = first;

        public ValueTask<ReadOnlyMemory<byte>> Next(int picture)
        {
            // It counts those, too, that are left out.
            ReadOnlyMemory<byte>? rebased = null;
            while (_next <= picture)
            {
                rebased = _rebaser.Rebase(run.Lead[_next++].Read());
            }

            return new ValueTask<ReadOnlyMemory<byte>>(rebased
                ?? throw new SampleFormatException("pic_order_cnt_lsb", 0, "a picture that is shown later is a leading one"));
        }
    }
}

/// <summary>Each encoded part's pictures, in the order in which they are shown and decoded.</summary>
/// <param name="Elapsed">How long it took.</param>
internal sealed record EncodedPictures(IReadOnlyList<IReadOnlyList<ReadOnlyMemory<byte>>> Parts, TimeSpan Elapsed);

/// <summary>
/// idr_pic_id of the first and of the last IDR picture of each part: that of the source where it is copied, else one that neither the
/// IDR picture before nor the one behind it has (H.264 §7.4.3).
/// </summary>
internal readonly record struct IdrNumbers(int First, int Last)
{
    public static IReadOnlyList<IdrNumbers> Of(IReadOnlyList<(CutPart Part, SourceRun Run)> parts)
    {
        var own = parts.Select(piece => piece.Part is CopiedPart ? InSource(piece.Part, piece.Run) : []).ToList();
        var numbers = new List<IdrNumbers>();
        for (var i = 0; i < parts.Count; i++)
        {
            var isFree = parts[i].Part is EncodedPart || !parts[i].Run.Lead[parts[i].Part.First].IsIdr(parts[i].Run.Configuration!);
            var before = i > 0 ? numbers[i - 1].Last : -1;
            var behind = own[i].Count > 0 ? own[i][0] : i + 1 < parts.Count && own[i + 1].Count > 0 ? own[i + 1][0] : -1;
            var first = isFree ? Enumerable.Range(0, 3).First(id => id != before && id != behind) : own[i][0];
            numbers.Add(new IdrNumbers(first, own[i].Count > 0 ? own[i][^1] : first));
        }

        return numbers;
    }

    private static List<int> InSource(CutPart part, SourceRun run)
    {
        var configuration = run.Configuration!;
        var idrs = run.Lead.Skip(part.First).Take(part.Count)
            .Where(picture => picture.Sample.IsSync && picture.IsIdr(configuration)).ToList();
        return [.. new[] { idrs.FirstOrDefault(), idrs.LastOrDefault() }.Where(idr => idr.Bytes is not null)
            .Select(idr => RandomAccessRebaser.IdrPicIdOf(idr.Read(), configuration)!.Value)];
    }
}
