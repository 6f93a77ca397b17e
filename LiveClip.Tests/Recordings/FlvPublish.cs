using System.IO.Pipelines;
using LiveClip.Core.Catalog;
using LiveClip.Core.Ingest;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Tests.Recordings;

/// <summary>Publishes FLV files as ingest does, without a socket in between and as fast as they can be read.</summary>
internal static class FlvPublish
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static int _breaks;

    /// <summary>From the first tag to the last; the connection is still there afterwards.</summary>
    public static async Task<Publication> PublishAsync(this CoreServices core, LiveStream stream, string flv)
    {
        var publication = core.Get<BroadcastRegistry>().Begin(
            stream.Id, TimeSpan.FromSeconds(stream.ReconnectWindowSeconds), "127.0.0.1", "test");
        var samples = new FlvSamples(() => Interlocked.Increment(ref _breaks), core.Get<TimeProvider>(), publication.CountRepair);
        await using var file = File.OpenRead(flv);
        await foreach (var tag in FlvReader.ReadAsync(PipeReader.Create(file), CoreServices.Token))
        {
            var message = new RtmpMessage { Type = tag.Type, Timestamp = tag.Timestamp, MessageStreamId = 1, Payload = tag.Body };
            if (samples.Read(message) is { } sample)
            {
                publication.Publish(sample);
            }
        }

        return publication;
    }

    /// <summary>Publishes and says goodbye; comes back when the recording is over and all of it is in the catalog.</summary>
    public static async Task<Recording> RecordAsync(this CoreServices core, LiveStream stream, params string[] publishes)
    {
        foreach (var flv in publishes)
        {
            (await core.PublishAsync(stream, flv)).Finish(endedByPublisher: flv == publishes[^1]);
        }

        return await Eventually.SomeAsync(
            async () =>
            {
                await using var context = core.Read();
                return await context.Recordings.Include(recording => recording.Runs)
                    .SingleOrDefaultAsync(recording => recording.StreamId == stream.Id && recording.EndedAt != null, CoreServices.Token);
            },
            Bound);
    }

    /// <summary>Comes back when so much of the recording on air can be clipped.</summary>
    public static async Task<LiveWindow> UntilOnAirAsync(this CoreServices core, LiveStream stream, double seconds)
    {
        await Eventually.TrueAsync(
            () => core.Get<LiveWindows>().FindByStream(stream.Id) is { } window && window.NewestPicture >= seconds * 90_000, Bound);
        return core.Get<LiveWindows>().FindByStream(stream.Id)!;
    }

    public static async Task<List<RecordedSegment>> SegmentsAsync(this CoreServices core, Guid recordingId)
    {
        await using var context = core.Read();
        return await context.Segments.AsNoTracking().Where(segment => segment.RecordingId == recordingId)
            .OrderBy(segment => segment.Number).ToListAsync(CoreServices.Token);
    }
}
