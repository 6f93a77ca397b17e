using System.Security.Cryptography;
using LiveClip.Core.Catalog;
using LiveClip.Core.Hls;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Clips;

/// <summary>A piece of a recording as a playlist, for anybody who may play the stream: no clip is made of it unless the options say so.</summary>
public sealed class InstantClips(RangeFinder ranges, PlaylistHolds holds, ClipQueue clips, IOptions<ClipOptions> options)
{
    private const string CreatedBy = "playlist";

    /// <param name="prefix">What stands before <c>{run}/{number}.m4s</c>, relative to the playlist's own address.</param>
    public InstantPlaylist Find(LiveStream stream, RecordingTimeline timeline, double start, double end, string prefix)
    {
        var found = ranges.Find(new TimelineRange(start, end), timeline, stream.MaxClipSeconds);
        if (found.Range is not { } range)
        {
            return new InstantPlaylist(null, found.Refusal, 0, 0);
        }

        if (range.IsAhead)
        {
            return new InstantPlaylist(
                null, new ClipRefusal(ClipRefusalReason.Invalid, "end", "has not been received yet: the stream is on air"), 0, 0);
        }

        // Before it is listed: what is removed meanwhile is on no list.
        holds.Hold(timeline.Recording.Id, range.Start, range.End);
        return new InstantPlaylist(ClipPlaylist.Of(timeline, range.Start, range.End, prefix), null, range.Start, range.End);
    }

    /// <summary>Makes a clip of what was listed where the options say so, one for each range.</summary>
    public async Task SaveAsync(InstantPlaylist listed, RecordingTimeline timeline, CancellationToken cancellationToken)
    {
        if (!options.Value.SaveInstantClips)
        {
            return;
        }

        var (recording, start, end) = (timeline.Recording, listed.Start, listed.End);
        var range = new TimelineRange(Timescale.Video.ToSeconds(start), Timescale.Video.ToSeconds(end));
        // A queue that is full or a disk without room makes no clip of it; it is played all the same.
        await clips.CreateAsync(
            new ClipRequest(recording.StreamId, range, CreatedBy, recording.Id, IdOf(recording.Id, start, end)), cancellationToken);
    }

    /// <summary>The same for the same range: asking again makes nothing twice.</summary>
    private static Guid IdOf(Guid recordingId, long start, long end)
    {
        var name = new byte[32];
        recordingId.TryWriteBytes(name);
        BitConverter.TryWriteBytes(name.AsSpan(16), start);
        BitConverter.TryWriteBytes(name.AsSpan(24), end);
        return new Guid(SHA256.HashData(name).AsSpan(0, 16));
    }
}

/// <summary>The playlist, or why there is none; null, too, when the segments are gone.</summary>
/// <param name="Start">Of what is listed, on the recording's timeline, 1/90,000 s.</param>
public sealed record InstantPlaylist(MediaPlaylist? Playlist, ClipRefusal? Refusal, long Start, long End);
