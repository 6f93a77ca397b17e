using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Recordings;

/// <summary>Appends fragments to the open segment's file and flushes it to the disk once a second and when it is closed.</summary>
internal sealed class SegmentWriter(SegmentStore store, Guid recordingId, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private SafeFileHandle? _file;
    private long _length;
    private long _flushed;

    public void StartRun(Run run) => store.CreateRun(recordingId, run.Number, run.Init);

    public void Append(FragmentFinished fragment)
    {
        if (fragment.Index == 0)
        {
            Dispose();
            _file = store.CreateSegment(recordingId, fragment.Run, fragment.Number);
            (_length, _flushed) = (0, time.GetTimestamp());
        }

        RandomAccess.Write(_file!, fragment.Bytes.Span, _length);
        _length += fragment.Bytes.Length;
        if (time.GetElapsedTime(_flushed) >= FlushInterval)
        {
            RandomAccess.FlushToDisk(_file!);
            _flushed = time.GetTimestamp();
        }
    }

    public void Close()
    {
        RandomAccess.FlushToDisk(_file!);
        Dispose();
    }

    /// <summary>A segment is on the disk whole or not at all: one that lost a fragment must not be taken for whole after a crash.</summary>
    public void Discard(RecordedSegment lost)
    {
        if (_file is not null)
        {
            Dispose();
            store.Delete(recordingId, lost.Run, lost.Number);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}
