using System.Net;
using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>A burst of clips beside two broadcasts: the clips are exact, the queue says how it stands, and neither stream loses a picture.</summary>
public sealed class ManyClipsTests(LiveServer server) : IClassFixture<LiveServer>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly TestMedia Source = TestMedia.Default with { Seconds = 40, BFrames = 3, X264Params = "b-pyramid=normal" };

    [Fact]
    public async Task Twenty_clips_at_once_are_exact_while_two_streams_come_in_whole()
    {
        TestStream[] streams =
        [
            await TestStream.CreateAsync(server.Process, enableDvrMode: true),
            await TestStream.CreateAsync(server.Process, enableDvrMode: true),
        ];
        await using var first = await streams[0].PublishAsync(Source);
        await using var second = await streams[1].PublishAsync(Source);
        foreach (var stream in streams)
        {
            await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() >= 9, Bound);
        }

        var ranges = Enumerable.Range(0, 20).Select(i => (Stream: streams[i % 2], First: (i * 7) + 1, Count: 20 + (i * 5))).ToList();
        var asked = await Task.WhenAll(ranges.Select(range => range.Stream.PostClipAsync(
            new { start = range.First / 30.0, end = (range.First + range.Count) / 30.0 })));

        Assert.All(asked, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
        // As many are encoded at a time as there are cores to spare; all others say that they are queued, until they are ready.
        await Eventually.TrueAsync(
            async () =>
            {
                var now = (await Task.WhenAll(asked.Select(answer => NowAsync(answer.Data)))).Select(Status).ToList();
                Assert.Empty(now.Except(["queued", "cutting", "ready"]));
                // Asked one after the other: of each place one may have ended and the next one begun.
                Assert.InRange(now.Count(status => status == "cutting"), 0, 2 * Math.Max(1, Environment.ProcessorCount - 1));
                return now.TrueForAll(status => status == "ready");
            },
            Bound);

        // They were made beside the broadcasts, not after them.
        Assert.Equal(("active", "active"), (await streams[0].StatusAsync(), await streams[1].StatusAsync()));
        foreach (var (range, answer) in ranges.Zip(asked))
        {
            await ClipFile.HoldsAsync(await NowAsync(answer.Data), Source, range.First / 30.0, (range.First + range.Count) / 30.0);
        }

        await Task.WhenAll(first.Completion, second.Completion).WaitAsync(Bound, TestContext.Current.CancellationToken);
        foreach (var stream in streams)
        {
            await stream.EndedAsync();
            Assert.Equal(Enumerable.Range(0, Source.PictureCount), Assert.Single(await stream.RecordedFramesAsync()));
        }
    }

    private async Task<JsonElement> NowAsync(JsonElement clip) =>
        (await server.Process.Api.GetAnswerAsync($"/v1/clips/{clip.GetProperty("clipId").GetString()}")).Data;

    private static string Status(JsonElement clip) => clip.GetProperty("status").GetString()!;
}
