using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// What ffmpeg is given to decode the pictures of some parts: a byte stream that is read as it is needed, so that its length costs no
/// memory. Pictures that nobody asks for and nobody refers to are left out: they would only take time.
/// </summary>
internal sealed class PictureFeed : Stream
{
    /// <summary>Hardly ever is an IDR picture right before or behind, whose number it must not have; x264's are 0 and 1.</summary>
    private const int AnyIdrPicId = 77;

    private readonly IEnumerator<ReadOnlyMemory<byte>> _pieces;
    private ReadOnlyMemory<byte> _rest;

    private PictureFeed(IEnumerable<ReadOnlyMemory<byte>> pieces, IReadOnlyList<(int First, int Count)> parts)
    {
        _pieces = pieces.GetEnumerator();
        Parts = parts;
    }

    /// <summary>Of each part the number of its first picture among all that come out of the decoder, and how many it has.</summary>
    public IReadOnlyList<(int First, int Count)> Parts { get; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static PictureFeed Of(IReadOnlyList<RunPart> parts)
    {
        var chosen = parts.Select(Choose).ToList();
        var ranges = new List<(int, int)>();
        var before = 0;
        foreach (var ((part, run), pictures) in parts.Zip(chosen))
        {
            var start = part.Start - run.Run.TimelineStart;
            ranges.Add((before + pictures.Count(i => run.Lead[i].Sample.PresentationTime < start), part.Frames));
            before += pictures.Count;
        }

        return new PictureFeed(Read(parts, chosen), ranges);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (_rest.IsEmpty)
        {
            if (!_pieces.MoveNext())
            {
                return 0;
            }

            _rest = _pieces.Current;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(Read(buffer.Span));
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _pieces.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Their indexes, in decode order.</summary>
    private static SortedSet<int> Choose(RunPart piece)
    {
        var (part, run) = piece;
        var lengthSize = run.Configuration!.LengthSize;
        var zero = run.Lead[part.First].Sample.PresentationTime;
        return [.. Enumerable.Range(part.First, part.Count).Where(i =>
        {
            var time = run.Lead[i].Sample.PresentationTime;
            return time >= zero && (part.Shows(run.OnTimeline(time)) || run.Lead[i].FirstSlice(lengthSize).RefIdc > 0);
        })];
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Read(IReadOnlyList<RunPart> parts, List<SortedSet<int>> chosen)
    {
        yield return AnnexB.ParameterSets(parts[0].Run.Configuration!);
        foreach (var ((part, run), pictures) in parts.Zip(chosen))
        {
            var configuration = run.Configuration!;
            // Where decoding begins inside an open GOP, it is given one that is closed.
            var rebaser = run.Lead[part.First].IsIdr(configuration) ? null : new RandomAccessRebaser(configuration, AnyIdrPicId);
            for (var i = part.First; i < part.First + part.Count; i++)
            {
                if (rebaser is null && !pictures.Contains(i))
                {
                    continue;
                }

                ReadOnlyMemory<byte>? picture = run.Lead[i].Read();
                picture = rebaser is null ? picture : rebaser.Rebase(picture.Value);
                if (picture is { } kept && pictures.Contains(i))
                {
                    yield return AnnexB.FromSample(kept, configuration.LengthSize);
                }
            }
        }
    }
}

/// <summary>A part of a plan and the run that it is of.</summary>
internal readonly record struct RunPart(EncodedPart Part, SourceRun Run);
