using System.Buffers;
using System.Diagnostics;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using LiveClip.Core.Storage;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Clips;

/// <summary>
/// Carries out a cut plan: what can be copied goes byte for byte into one faststart MP4, up to where encoded pictures belong while the
/// encoder is still at work on them.
/// </summary>
public sealed class ClipRenderer(PictureEncoder encoder, SoundEncoder sound)
{
    private const int BufferSize = 1 << 20;

    /// <summary>How much longer than expected the encoded pictures may be before narrow offsets do not reach.</summary>
    private const long OffsetReserve = 256 << 20;

    /// <exception cref="ClipException">The plan cannot be one file.</exception>
    /// <exception cref="SampleFormatException">The source's pictures cannot be cut: all of them have to be encoded.</exception>
    /// <exception cref="Mp4FormatException">What was written does not read back.</exception>
    internal async Task<RenderedClip> RenderAsync(CutPlan plan, SampleSource source, string path, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<EncodedPictures>? encoding = null;
        try
        {
            var pieces = ClipPieces.Of(plan, source, (parts, numbers) => encoding = EncodeAsync(parts, numbers, stop.Token));
            pieces = await sound.UnifyAsync(pieces, cancellationToken);
            var tracks = ClipTracks.Of(pieces, pieces[0].Run.LeadTrack as VideoTrack);
            return await WriteAsync(tracks, path) with { Encoding = encoding is null ? TimeSpan.Zero : (await encoding).Elapsed };
        }
        finally
        {
            await stop.CancelAsync();
            await (encoding ?? Task.CompletedTask).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Encodes all pictures of the plan anew, each run's to the size of the first.</summary>
    /// <exception cref="ClipException">The plan cannot be one file.</exception>
    internal async Task<RenderedClip> RenderWholeAsync(
        CutPlan plan, SampleSource source, string path, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var parts = plan.Whole().Parts.Select(part => new RunPart((EncodedPart)part, source.RunOf(part))).ToList();
        if (parts.Exists(part => part.Run.Configuration is null))
        {
            throw new ClipException("only a part of this range has pictures: choose a range on one side of where they begin or end");
        }

        await using var encoded = await encoder.EncodeWholeAsync(parts, path + ".pictures", cancellationToken);
        var encoding = Stopwatch.GetElapsedTime(started);
        var pieces = await sound.UnifyAsync(ClipPieces.OfWhole(parts, encoded), cancellationToken);
        return await WriteAsync(ClipTracks.Of(pieces, new VideoTrack(encoded.Configuration)), path) with { Encoding = encoding };
    }

    private async Task<EncodedPictures> EncodeAsync(
        IReadOnlyList<RunPart> parts, IReadOnlyList<int> idrPicIds, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var pictures = await encoder.EncodeAsync(parts, idrPicIds, cancellationToken);
        return new EncodedPictures(pictures, Stopwatch.GetElapsedTime(started));
    }

    private static async Task<RenderedClip> WriteAsync(ClipTracks clip, string path)
    {
        var started = Stopwatch.GetTimestamp();
        var tracks = clip.All.Select(track => track.Track).ToList();
        var wide = tracks.Sum(track => track.Samples.Sum(sample => (long)sample.Size)) + OffsetReserve > uint.MaxValue;
        var expected = ProgressiveMp4.Layout(tracks, wide);
        using var file = DiskFull.Reserve(path, expected.TotalLength);
        using var copy = new SampleCopy(file, expected.Header.Length, clip.All);
        await copy.CopyAsync(expected.Order);
        var written = tracks.Select((track, i) => track with { Samples = copy.SamplesOf(i) }).ToList();
        var layout = ProgressiveMp4.Layout(written, wide);
        RandomAccess.Write(file, layout.Header, 0);
        RandomAccess.SetLength(file, layout.TotalLength);
        var copied = Stopwatch.GetTimestamp();

        using var finished = File.OpenHandle(path);
        ProgressiveMp4.Verify(finished, written);
        return new RenderedClip(clip, layout.TotalLength)
        {
            Copying = Stopwatch.GetElapsedTime(started, copied) - copy.Waited,
            Verifying = Stopwatch.GetElapsedTime(copied),
        };
    }

    /// <summary>Writes samples in the order of the file, as many in one piece as lie together in their source.</summary>
    private sealed class SampleCopy(SafeFileHandle file, long position, IReadOnlyList<ClipTrack> tracks) : IDisposable
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        private readonly int[][] _sizes = [.. tracks.Select(track => track.Track.Samples.Select(sample => sample.Size).ToArray())];
        private int _filled;

        /// <summary>For the encoder.</summary>
        public TimeSpan Waited { get; private set; }

        public async Task CopyAsync(IReadOnlyList<ChunkOfSamples> order)
        {
            foreach (var (trackIndex, first, count) in order)
            {
                var sources = tracks[trackIndex].Sources;
                for (var next = first; next < first + count;)
                {
                    if (sources[next].Make is { } make)
                    {
                        _sizes[trackIndex][next++] = await AppendAsync(make);
                        continue;
                    }

                    var start = sources[next].Stored!.Value;
                    var length = 0L;
                    while (next < first + count && sources[next].Stored is { } stored && stored.Bytes == start.Bytes
                        && stored.Sample.Offset == start.Sample.Offset + length)
                    {
                        length += stored.Sample.Size;
                        next++;
                    }

                    Append(start, length);
                }
            }

            Flush();
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

        /// <summary>As they were written.</summary>
        public IReadOnlyList<IndexedSample> SamplesOf(int track) =>
            [.. tracks[track].Track.Samples.Zip(_sizes[track], (sample, size) => sample with { Size = size })];

        private async Task<int> AppendAsync(Func<ValueTask<ReadOnlyMemory<byte>>> make)
        {
            var making = make();
            if (!making.IsCompleted)
            {
                // What is in the buffer can as well be on its way.
                Flush();
            }

            var started = Stopwatch.GetTimestamp();
            var sample = await making;
            Waited += Stopwatch.GetElapsedTime(started);
            for (var rest = sample; !rest.IsEmpty;)
            {
                var piece = Math.Min(rest.Length, Room());
                rest.Span[..piece].CopyTo(_buffer.AsSpan(_filled));
                _filled += piece;
                rest = rest[piece..];
            }

            return sample.Length;
        }

        private void Append(SourceSample start, long length)
        {
            for (var done = 0L; done < length;)
            {
                var piece = (int)Math.Min(length - done, Room());
                start.Bytes.Read(start.Sample.Offset + done, _buffer.AsSpan(_filled, piece));
                _filled += piece;
                done += piece;
            }
        }

        /// <summary>What fits into the buffer: at least a byte.</summary>
        private int Room()
        {
            if (_filled == _buffer.Length)
            {
                Flush();
            }

            return _buffer.Length - _filled;
        }

        private void Flush()
        {
            RandomAccess.Write(file, _buffer.AsSpan(0, _filled), position);
            position += _filled;
            _filled = 0;
        }
    }
}

/// <summary>What a finished file holds, and how long its making took.</summary>
/// <param name="Length">Bytes.</param>
internal sealed record RenderedClip(ClipTracks Tracks, long Length)
{
    public TimeSpan Encoding { get; init; }

    /// <summary>Without waiting for the encoder.</summary>
    public TimeSpan Copying { get; init; }

    public TimeSpan Verifying { get; init; }

    public SequenceParameterSet? Sps => (Tracks.Video?.Track.Track as VideoTrack)?.Configuration.Sps;
}
