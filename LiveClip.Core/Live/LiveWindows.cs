using System.Collections.Concurrent;

namespace LiveClip.Core.Live;

/// <summary>The live windows of all recordings on air.</summary>
public sealed class LiveWindows
{
    private readonly ConcurrentDictionary<Guid, LiveWindow> _byRecording = new();
    private readonly ConcurrentDictionary<string, LiveWindow> _byStream = new();

    public LiveWindow? Find(Guid recordingId) => _byRecording.GetValueOrDefault(recordingId);

    public LiveWindow? FindByStream(string streamId) => _byStream.GetValueOrDefault(streamId);

    public IEnumerable<LiveWindow> All() => _byRecording.Select(window => window.Value);

    public void Add(LiveWindow window)
    {
        _byRecording[window.Recording.Id] = window;
        _byStream[window.Recording.StreamId] = window;
    }

    public void Remove(LiveWindow window)
    {
        _byRecording.TryRemove(window.Recording.Id, out _);
        _byStream.TryRemove(new KeyValuePair<string, LiveWindow>(window.Recording.StreamId, window));
        window.Close();
    }
}
