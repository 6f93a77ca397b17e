using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Clips;

public sealed class ClipQueueTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_request_is_answered_with_the_clip_or_why_there_is_none()
    {
        await using var core = await CoreServices.StartAsync(
            _folder, settings: new() { ["LiveClip:Clips:MaxQueued"] = "2" }, started: typeof(RecorderHost));
        var queue = core.Get<ClipQueue>();
        var (stream, empty) = (await core.CreateStreamAsync(), await core.CreateStreamAsync());
        var recording = await core.RecordAsync(stream, await (TestMedia.Default with { Seconds = 8 }).FlvAsync());
        var range = new TimelineRange(1, 2);

        Assert.Equal((ClipRefusalReason.NotFound, "streamId"), await RefusalAsync(new ClipRequest("none", range, "t")));
        Assert.Equal((ClipRefusalReason.NotFound, "recordingId"), await RefusalAsync(new ClipRequest(empty.Id, range, "t")));
        Assert.Equal((ClipRefusalReason.NotFound, "recordingId"), await RefusalAsync(new ClipRequest(empty.Id, range, "t", recording.Id)));
        Assert.Equal((ClipRefusalReason.Invalid, "start"), await RefusalAsync(new ClipRequest(stream.Id, new TimelineRange(9, 10), "t")));

        var answer = await queue.CreateAsync(
            new ClipRequest(stream.Id, range, "ana", Title: "Goal", Tags: ["a", "b"]), CoreServices.Token);
        await using var context = core.Read();
        var clip = await context.Clips.SingleAsync(CoreServices.Token);
        Assert.Equal(answer.Clip!.Id, clip.Id);
        Assert.Equal(
            ("Goal", "ana", recording.Id, ClipStatus.Queued, 90_000, 180_000),
            (clip.Title, clip.CreatedBy, clip.RecordingId, clip.Status, clip.Start, clip.End));
        Assert.Equal(["a", "b"], clip.Tags);
        Assert.Equal(22, clip.Slug.Length);

        await queue.CreateAsync(new ClipRequest(stream.Id, range, "t"), CoreServices.Token);
        Assert.Equal((ClipRefusalReason.Busy, "streamId"), await RefusalAsync(new ClipRequest(stream.Id, range, "t")));

        async Task<(ClipRefusalReason, string)> RefusalAsync(ClipRequest request)
        {
            var refusal = (await queue.CreateAsync(request, CoreServices.Token)).Refusal!;
            return (refusal.Reason, refusal.Field);
        }
    }

    [Fact]
    public async Task A_gap_inside_the_range_is_listed_or_refused_as_one_likes()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        var source = TestMedia.Default with { Seconds = 8 };
        var recording = await core.RecordAsync(stream, await source.FlvAsync(), await (source with { FirstNumber = 10_000 }).FlvAsync());
        var second = recording.Runs.Single(run => run.Number == 1).TimelineStart;
        var queue = core.Get<ClipQueue>();
        var across = new TimelineRange(6, (second / 90_000d) + 2);

        var refusal = (await queue.CreateAsync(new ClipRequest(stream.Id, across, "t", OnGap: OnGap.Reject), CoreServices.Token)).Refusal!;
        var spliced = (await queue.CreateAsync(new ClipRequest(stream.Id, across, "t"), CoreServices.Token)).Clip!;
        var before = (await queue.CreateAsync(
            new ClipRequest(stream.Id, new TimelineRange(1, 2), "t", OnGap: OnGap.Reject), CoreServices.Token)).Clip!;

        Assert.Equal((ClipRefusalReason.Invalid, "onGap"), (refusal.Reason, refusal.Field));
        var gap = Assert.Single(spliced.Gaps);
        Assert.Equal(8 * 90_000, gap.Start, 9_000d);
        Assert.Equal(second, gap.End);
        Assert.Empty(before.Gaps);
        await using var context = core.Read();
        Assert.Equal([gap], (await context.Clips.SingleAsync(clip => clip.Id == spliced.Id, CoreServices.Token)).Gaps);
    }

    [Fact]
    public async Task Clips_that_wait_for_their_end_are_limited_like_those_that_wait_to_be_cut()
    {
        await using var core = await CoreServices.StartAsync(
            _folder, new ManualTimeProvider(), new() { ["LiveClip:Clips:MaxQueued"] = "2" }, typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await core.PublishAsync(stream, await (TestMedia.Default with { Seconds = 8 }).FlvAsync());
        await core.UntilOnAirAsync(stream, 7);
        var queue = core.Get<ClipQueue>();
        var request = new ClipRequest(stream.Id, new TimelineRange(1, 60), "t");
        Assert.Equal(ClipStatus.Waiting, (await queue.CreateAsync(request, CoreServices.Token)).Clip!.Status);
        Assert.NotNull((await queue.CreateAsync(request, CoreServices.Token)).Clip);
        Assert.Equal(ClipRefusalReason.Busy, (await queue.CreateAsync(request, CoreServices.Token)).Refusal!.Reason);
    }

    [Fact]
    public async Task Equal_requests_at_once_make_one_clip()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await (TestMedia.Default with { Seconds = 8 }).FlvAsync());
        var request = new ClipRequest(stream.Id, new TimelineRange(1, 2), "t", ClientId: Guid.NewGuid());

        var queue = core.Get<ClipQueue>();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => queue.CreateAsync(request, CoreServices.Token)));

        Assert.Single(answers.Select(answer => answer.Clip!.Id).Distinct());
        Assert.Single(answers, answer => !answer.IsRepeat);
        Assert.Equal(1, queue.Queued.Count);
    }
}
