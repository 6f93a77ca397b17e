using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Takes the byte stream of an encoder that makes one slice of each picture, and keeps the pictures as samples in a file of its own,
/// which goes with it: a clip of any length costs no memory.
/// </summary>
internal sealed class EncodedFile(string path) : Stream
{
    private const int LengthSize = 4;

    private readonly FileStream _file = new(
        path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20, FileOptions.DeleteOnClose);

    private readonly List<IndexedSample> _pictures = [];
    private byte[] _pending = new byte[1 << 16];
    private int _filled;
    private int _searched;
    private byte[]? _sps;
    private byte[]? _pps;
    private SegmentBytes? _bytes;

    public int Count => _pictures.Count;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What all pictures are coded as.</summary>
    /// <exception cref="SampleFormatException">The encoder said nothing of it.</exception>
    public AvcConfiguration Configuration => _sps is null || _pps is null
        ? throw new SampleFormatException("seq_parameter_set", 0, "the encoder sent none")
        : AnnexB.ConfigurationOf(_sps, _pps);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_filled + buffer.Length > _pending.Length)
        {
            Array.Resize(ref _pending, Math.Max(_filled + buffer.Length, _pending.Length * 2));
        }

        buffer.CopyTo(_pending.AsSpan(_filled));
        _filled += buffer.Length;
        TakeWholeUnits();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>No more will come in this byte stream; another may follow.</summary>
    public void EndStream()
    {
        Take(AnnexB.Split(_pending.AsMemory(0, _filled)));
        (_filled, _searched) = (0, 0);
    }

    /// <summary>That picture, in the order in which they were encoded.</summary>
    public SourceSample this[int index] => new(_pictures[index], _bytes ??= Stored());

    public override void Flush() => _file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The last unit may go on in what comes next.</summary>
    private void TakeWholeUnits()
    {
        var last = _pending.AsSpan(_searched, _filled - _searched).LastIndexOf(AnnexB.ShortStartCode);
        if (last < 0)
        {
            _searched = Math.Max(0, _filled - AnnexB.ShortStartCode.Length + 1);
            return;
        }

        last += _searched;
        Take(AnnexB.Split(_pending.AsMemory(0, last)));
        _pending.AsSpan(last, _filled - last).CopyTo(_pending);
        _filled -= last;
        _searched = Math.Min(1, _filled);
    }

    private void Take(IEnumerable<NalUnit> units)
    {
        foreach (var unit in units)
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
