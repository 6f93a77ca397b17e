using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Web.Api;

/// <summary>Which recording a playback id opens to whoever asks.</summary>
internal sealed class PlaybackAccess(
    Playbacks playbacks, IDbContextFactory<CatalogDbContext> catalog, LiveWindows windows, RecordingTimelines timelines)
{
    private static readonly TimeSpan FirstPlaylistDeadline = TimeSpan.FromSeconds(15);

    /// <summary>Who asks is looked at only where it matters: media is answered in front of the sign-in.</summary>
    public static async ValueTask<bool> IsOpenToAsync(Playback playback, HttpContext http)
    {
        if (playback.Id.AccessPolicy == AccessPolicy.Public)
        {
            return true;
        }

        if ((await http.AuthenticateAsync()).Principal is { } somebody)
        {
            http.User = somebody;
        }

        return http.User.Identity is { IsAuthenticated: true };
    }

    /// <summary>Null when there is no such playback id.</summary>
    public Task<Playback?> FindAsync(Guid playbackId, CancellationToken cancellationToken) => playbacks.FindAsync(playbackId, cancellationToken);

    /// <summary>
    /// What a playback id opens to whoever asks: that recording of its stream, or the one that its playlist plays now. Null when there is
    /// none, or it is not theirs to see.
    /// </summary>
    public async Task<RecordingTimeline?> FindTimelineAsync(
        HttpContext http, Guid playbackId, Guid? recordingId, CancellationToken cancellationToken)
    {
        if (recordingId is { } id)
        {
            return await MayPlayAsync(http, playbackId, id, cancellationToken) ? await timelines.FindAsync(id, cancellationToken) : null;
        }

        return await FindAsync(playbackId, cancellationToken) is { } playback && await IsOpenToAsync(playback, http)
            ? await FindPlayableAsync(playback.Stream, cancellationToken)
            : null;
    }

    /// <summary>A recording's media is reached through its own stream's playback ids only.</summary>
    public async Task<bool> MayPlayAsync(HttpContext http, Guid playbackId, Guid recordingId, CancellationToken cancellationToken)
    {
        if (await FindAsync(playbackId, cancellationToken) is not { } playback || !await IsOpenToAsync(playback, http))
        {
            return false;
        }

        // The catalog hears of a recording a moment after it is on air.
        if (windows.Find(recordingId) is { } onAir)
        {
            return onAir.Recording.StreamId == playback.Stream.Id;
        }

        await using var context = await catalog.CreateDbContextAsync(cancellationToken);
        return await context.Recordings.AnyAsync(
            recording => recording.Id == recordingId && recording.StreamId == playback.Stream.Id, cancellationToken);
    }

    /// <summary>What a stream's playlist plays now; null when there is nothing.</summary>
    public async Task<RecordingTimeline?> FindPlayableAsync(LiveStream stream, CancellationToken cancellationToken)
    {
        await WaitUntilPlayableAsync(windows.FindByStream(stream.Id), cancellationToken);
        var timeline = await timelines.FindNewestAsync(stream.Id, cancellationToken);
        // A stream without recording has nothing to play once it is off air.
        return timeline?.Listed.Any() == true && (timeline.OnAir || stream.EnableRecording) ? timeline : null;
    }

    /// <summary>The same of one recording.</summary>
    public async Task<RecordingTimeline?> FindPlayableAsync(Guid recordingId, CancellationToken cancellationToken)
    {
        await WaitUntilPlayableAsync(windows.Find(recordingId), cancellationToken);
        return await timelines.FindAsync(recordingId, cancellationToken) is { } timeline && (timeline.OnAir || timeline.Listed.Any())
            ? timeline
            : null;
    }

    private static async Task WaitUntilPlayableAsync(LiveWindow? window, CancellationToken cancellationToken)
    {
        if (window is { Playable.IsCompleted: false })
        {
            await window.Playable.WaitAsync(FirstPlaylistDeadline, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
