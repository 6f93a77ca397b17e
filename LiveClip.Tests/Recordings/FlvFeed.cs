using System.IO.Pipelines;
using LiveClip.Core.Catalog;
using LiveClip.Core.Ingest;
using LiveClip.Core.OnAir;
using LiveClip.Core.Rtmp;
using LiveClip.Tests.Support;

namespace LiveClip.Tests.Recordings;

/// <summary>Publishes an FLV file as ingest does, without a socket in between, as far as a test says.</summary>
internal sealed class FlvFeed
{
    private static int _breaks = 1_000;

    private readonly FlvSamples _samples;
    private readonly Queue<FlvTag> _tags;

    private FlvFeed(Publication publication, FlvSamples samples, Queue<FlvTag> tags) =>
        (Publication, _samples, _tags) = (publication, samples, tags);

    public Publication Publication { get; }

    public static async Task<FlvFeed> StartAsync(CoreServices core, LiveStream stream, string flv)
    {
        var tags = new Queue<FlvTag>();
        await using (var file = File.OpenRead(flv))
        {
            await foreach (var tag in FlvReader.ReadAsync(PipeReader.Create(file), CoreServices.Token))
            {
                tags.Enqueue(tag with { Body = tag.Body.ToArray() });
            }
        }

        var publication = core.Get<BroadcastRegistry>().Begin(
            stream.Id, TimeSpan.FromSeconds(stream.ReconnectWindowSeconds), "127.0.0.1", "test");
        var samples = new FlvSamples(() => Interlocked.Increment(ref _breaks), core.Get<TimeProvider>(), publication.CountRepair);
        return new FlvFeed(publication, samples, tags);
    }

    /// <summary>Everything up to that time of the file.</summary>
    public void SendUntil(double seconds)
    {
        while (_tags.TryPeek(out var tag) && tag.Timestamp < seconds * 1000)
        {
            var message = new RtmpMessage
            {
                Type = tag.Type,
                Timestamp = tag.Timestamp,
                MessageStreamId = 1,
                Payload = _tags.Dequeue().Body,
            };
            if (_samples.Read(message) is { } sample)
            {
                Publication.Publish(sample);
            }
        }
    }
}
