using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Takes a byte stream (H.264 annex B) piece by piece, as an encoder's output comes, and hands on each NAL unit as soon as it is whole;
/// its bytes are only lent.
/// </summary>
internal sealed class NalUnitSink(Action<NalUnit> take) : Stream
{
    private byte[] _pending = new byte[1 << 16];
    private int _filled;
    private int _searched;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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
        Take(_filled);
        (_filled, _searched) = (0, 0);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
        Take(last);
        _pending.AsSpan(last, _filled - last).CopyTo(_pending);
        _filled -= last;
        _searched = Math.Min(1, _filled);
    }

    private void Take(int length)
    {
        foreach (var unit in AnnexB.Split(_pending.AsMemory(0, length)))
        {
            take(unit);
        }
    }
}
