using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using Microsoft.Win32.SafeHandles;

namespace LiveClip.Core.Recordings;

/// <summary>Appends fragments to the open segment's file and flushes it to the disk once a second and when it is closed.</summary>
internal sealed class SegmentWriter(SegmentStore store, Guid recordingId, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private SafeFileHandle? _file;
    private int _run;
    private long _length;
    private long _flushed;
    private bool _isNamed;

    public void StartRun(Run run) => store.CreateRun(recordingId, run.Number, run.Init);

    public void Append(FragmentFinished fragment)
    {
        if (fragment.Index == 0)
        {
            Dispose();
            _file = store.CreateSegment(recordingId, fragment.Run, fragment.Number);
            (_length, _flushed, _run, _isNamed) = (0, time.GetTimestamp(), fragment.Run, false);
        }

        RandomAccess.Write(_file!, fragment.Bytes.Span, _length);
        _length += fragment.Bytes.Length;
        if (time.GetElapsedTime(_flushed) >= FlushInterval)
        {
            Flush();
            _flushed = time.GetTimestamp();
        }
    }

    public void Close()
    {
        Flush();
        Dispose();
    }

    /// <summary>A segment is on the disk whole or not at all: one that lost a fragment must not be taken for whole after a crash.</summary>
    public void Discard(RecordedSegment lost)
    {
        if (_file is not null)
        {
            Dispose();
            store.Delete(recordingId, lost.Run, lost.Number);
            store.FlushNames(recordingId, lost.Run);
        }
    }

    /// <summary>
    /// What fails here is not asked for again: the kernel may have dropped the pages and report success the next time (fsync(2)). Whoever
    /// is told gives the segment up.
    /// </summary>
    private void Flush()
    {
        RandomAccess.FlushToDisk(_file!);
        if (!_isNamed)
        {
            store.FlushNames(recordingId, _run);
            _isNamed = true;
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}
