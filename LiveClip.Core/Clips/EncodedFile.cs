using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Takes the byte stream of an encoder that makes one slice of each picture, and keeps the pictures as samples in a file of its own,
/// which goes with it: a clip of any length costs no memory.
/// </summary>
internal sealed class EncodedFile : IAsyncDisposable
{
    private const int LengthSize = 4;

    private readonly FileStream _file;
    private readonly List<IndexedSample> _pictures = [];
    private byte[]? _sps;
    private byte[]? _pps;
    private SegmentBytes? _bytes;

    public EncodedFile(string path)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20, FileOptions.DeleteOnClose);
        Input = new NalUnitSink(Take);
    }

    /// <summary>What the encoder writes to.</summary>
    public NalUnitSink Input { get; }

    public int Count => _pictures.Count;

    /// <summary>What all pictures are coded as.</summary>
    /// <exception cref="SampleFormatException">The encoder said nothing of it.</exception>
    public AvcConfiguration Configuration => _sps is null || _pps is null
        ? throw new SampleFormatException("seq_parameter_set", 0, "the encoder sent none")
        : AnnexB.ConfigurationOf(_sps, _pps);

    /// <summary>That picture, in the order in which they were encoded.</summary>
    public SourceSample this[int index] => new(_pictures[index], _bytes ??= Stored());

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private void Take(NalUnit unit)
    {
        switch (unit.Type)
        {
            case NalUnitType.SequenceParameterSet:
                _sps = Same(_sps, unit, "seq_parameter_set");
                break;
            case NalUnitType.PictureParameterSet:
                _pps = Same(_pps, unit, "pic_parameter_set");
                break;
            case NalUnitType.IdrSlice or NalUnitType.NonIdrSlice:
                var sample = AnnexB.ToSample(unit.Bytes.Span, LengthSize);
                _pictures.Add(new IndexedSample(
                    VideoTrack.TrackId, 0, 0, 0, unit.Type == NalUnitType.IdrSlice, _file.Position, sample.Length));
                _file.Write(sample.Span);
                break;
        }
    }

    private static byte[] Same(byte[]? before, NalUnit unit, string field) =>
        before is null || unit.Bytes.Span.SequenceEqual(before)
            ? unit.Bytes.ToArray()
            : throw new SampleFormatException(
                field, 0, $"changes within a clip, from {Convert.ToHexString(before)} to {Convert.ToHexString(unit.Bytes.Span)}");

    private SegmentBytes Stored()
    {
        _file.Flush();
        return new SegmentBytes(_file.SafeFileHandle);
    }
}
