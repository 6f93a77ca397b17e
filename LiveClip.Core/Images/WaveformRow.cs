using System.Buffers.Binary;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Images;

/// <summary>
/// How loud ten seconds are: for each hundredth of a second its lowest and its highest amplitude, a signed byte each, all channels in one.
/// Where there is no sound both are 0.
/// </summary>
internal sealed class WaveformRow(int row)
{
    /// <summary>What the sound is decoded to, in Hz: enough to see it.</summary>
    public const int SampleRate = 8_000;

    private const int ColumnsPerSecond = 100;
    private const int SamplesPerColumn = SampleRate / ColumnsPerSecond;

    // Decoders need a packet or two before they are right.
    private const int Lead = 2;

    private readonly sbyte[] _columns = new sbyte[2 * ColumnsPerSecond * RecordingImages.RowSeconds];
    private readonly long _start = row * RecordingImages.RowTicks;

    public bool IsEmpty { get; private set; } = true;

    public static SampleSource Open(RecordingTimeline timeline, SegmentStore segments, int row)
    {
        var start = row * RecordingImages.RowTicks;
        return SampleSource.Open(timeline, segments, start, Math.Max(start, Math.Min(start + RecordingImages.RowTicks, timeline.NewestPicture)));
    }

    /// <summary>The packets that are heard in the row, and a few before them.</summary>
    public IReadOnlyList<SourceSample> PacketsOf(SourceRun run)
    {
        var all = run.Packets;
        if (run.AnySound is not { } sound || !Adts.CanTell(sound.Configuration))
        {
            return [];
        }

        var heard = Enumerable.Range(0, all.Count).Where(i =>
            Start(all[i], sound, run) < _start + RecordingImages.RowTicks && End(all[i], sound, run) > _start).ToList();
        return heard.Count == 0 ? [] : [.. all.Take(heard[^1] + 1).Skip(Math.Max(0, heard[0] - Lead))];
    }

    /// <param name="decoded">Signed 16-bit little-endian samples of one channel.</param>
    /// <param name="first">The packet that they begin with.</param>
    public void Add(ReadOnlySpan<byte> decoded, SourceRun run, SourceSample first)
    {
        var offset = (Start(first, run.AnySound!, run) - _start) * SampleRate / RecordingImages.RowTicks * RecordingImages.RowSeconds;
        for (var i = 0; i + 2 <= decoded.Length; i += 2)
        {
            var column = Math.DivRem(offset + (i / 2), SamplesPerColumn, out var rest);
            if (column >= 0 && rest >= 0 && column < _columns.Length / 2)
            {
                var amplitude = (sbyte)(BinaryPrimitives.ReadInt16LittleEndian(decoded[i..]) >> 8);
                ref var lowest = ref _columns[2 * column];
                ref var highest = ref _columns[(2 * column) + 1];
                (lowest, highest) = (Math.Min(lowest, amplitude), Math.Max(highest, amplitude));
                IsEmpty = false;
            }
        }
    }

    public byte[] ToArray() => [.. _columns.Select(level => unchecked((byte)level))];

    private static long Start(SourceSample packet, AudioTrack sound, SourceRun run) =>
        run.Run.TimelineStart + sound.Timescale.To(Timescale.Video, packet.Sample.DecodeTime);

    private static long End(SourceSample packet, AudioTrack sound, SourceRun run) =>
        run.Run.TimelineStart + sound.Timescale.To(Timescale.Video, packet.Sample.DecodeTime + packet.Sample.Duration);
}
