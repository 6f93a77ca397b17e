using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;
using LiveClip.Core.Storage;

namespace LiveClip.Core.Clips;

/// <summary>Carries out a cut plan: copies its samples, byte for byte, into one faststart MP4.</summary>
internal static class ClipRenderer
{
    private const int BufferSize = 1 << 20;

    /// <returns>Playing time in 1/90,000 s and size of the pictures.</returns>
    /// <exception cref="ClipException">The plan cannot be one file.</exception>
    /// <exception cref="Mp4FormatException">What was written does not read back: its boxes are at odds.</exception>
    public static RenderedClip Render(CutPlan plan, SampleSource source, string path)
    {
        var tracks = ClipTracks.Of(plan, source);
        var layout = ProgressiveMp4.Layout([.. tracks.Select(track => track.Track)]);
        using (var file = DiskFull.Reserve(path, layout.TotalLength))
        {
            RandomAccess.Write(file, layout.Header, 0);
            new SampleCopy(file, layout.Header.Length).Copy(layout.Order, tracks);
        }

        using (var written = File.OpenHandle(path))
        {
            ProgressiveMp4.Verify(written);
        }

        var video = tracks[0].Track.Track as VideoTrack;
        return new RenderedClip(
            tracks[0].Track.EditDuration, video?.Configuration.Sps.Width ?? 0, video?.Configuration.Sps.Height ?? 0);
    }

    /// <summary>Copies samples, as many in one piece as lie together in their source.</summary>
    private sealed class SampleCopy(Microsoft.Win32.SafeHandles.SafeFileHandle file, long position)
    {
        private readonly byte[] _buffer = new byte[BufferSize];
        private int _filled;

        public void Copy(IReadOnlyList<ChunkOfSamples> order, IReadOnlyList<ClipTrack> tracks)
        {
            foreach (var chunk in order)
            {
                var sources = tracks[chunk.TrackIndex].Sources;
                var next = chunk.FirstSample;
                while (next < chunk.FirstSample + chunk.Count)
                {
                    var start = sources[next];
                    var length = 0L;
                    while (next < chunk.FirstSample + chunk.Count && sources[next].Bytes == start.Bytes
                        && sources[next].Sample.Offset == start.Sample.Offset + length)
                    {
                        length += sources[next++].Sample.Size;
                    }

                    Append(start, length);
                }
            }

            Flush();
        }

        private void Append(SourceSample start, long length)
        {
            for (var done = 0L; done < length;)
            {
                if (_filled == _buffer.Length)
                {
                    Flush();
                }

                var piece = (int)Math.Min(length - done, _buffer.Length - _filled);
                start.Bytes.Read(start.Sample.Offset + done, _buffer.AsSpan(_filled, piece));
                _filled += piece;
                done += piece;
            }
        }

        private void Flush()
        {
            RandomAccess.Write(file, _buffer.AsSpan(0, _filled), position);
            position += _filled;
            _filled = 0;
        }
    }
}

/// <summary>What a finished file holds.</summary>
internal sealed record RenderedClip(long Duration, int Width, int Height);
