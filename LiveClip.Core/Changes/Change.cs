namespace LiveClip.Core.Changes;

/// <summary>Something changed: which thing, never what is in it. Whoever wants to know asks the catalog.</summary>
/// <param name="StreamId">The live stream that it belongs to.</param>
public abstract record Change(string StreamId);

/// <summary>A live stream was made, renamed, deleted, or its status, publisher or recording is another.</summary>
public sealed record StreamChanged(string StreamId) : Change(StreamId);

/// <summary>The recording on air has grown by a segment, or has ended.</summary>
public sealed record RecordingChanged(string StreamId, Guid RecordingId) : Change(StreamId);

/// <summary>The disk has more or less room for recordings than before; it belongs to no one stream.</summary>
public sealed record StorageChanged() : Change("");

/// <summary>A clip was made, or its status, title or files are another.</summary>
public sealed record ClipChanged(string StreamId, Guid ClipId) : Change(StreamId);
