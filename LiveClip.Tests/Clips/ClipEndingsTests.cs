using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Clips;

/// <summary>Clips whose end lies ahead of the live edge, on a clock that stands still: only pictures move them.</summary>
public sealed class ClipEndingsTests : IDisposable
{
    private const long Second = 90_000;
    private static readonly Type[] Parts = [typeof(RecorderHost), typeof(ClipWorker), typeof(ClipEndings)];
    private static readonly TestMedia Media = TestMedia.Default with { Width = 320, Height = 180, Gop = 30 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_clip_is_cut_when_its_last_picture_has_come_and_not_before()
    {
        await using var core = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts);
        var (stream, feed) = await OnAirAsync(core, seconds: 6);
        var clip = await MakeAsync(core, stream, 2, 9);
        Assert.Equal((ClipStatus.Waiting, false), (clip.Status, clip.Trimmed));
        var shorter = await MakeAsync(core, stream, 2, 7);

        feed.SendUntil(8.9);
        await UntilDoneAsync(core, shorter.Id);
        Assert.Equal(ClipStatus.Waiting, (await ReadAsync(core, clip.Id)).Status);

        feed.SendUntil(10.2);
        var ready = await UntilDoneAsync(core, clip.Id);
        Assert.Equal((ClipStatus.Ready, null), (ready.Status, ready.Error));
        Assert.Equal((2 * Second, 9 * Second, false), (ready.Start, ready.End, ready.Trimmed));
        Assert.InRange(ready.DeliveredEnd!.Value, (9 * Second) - 200, (9 * Second) + 15_000);
        Assert.Empty(ready.Gaps);
    }

    [Fact]
    public async Task A_broadcast_that_ends_ends_its_clips_early_and_they_say_so()
    {
        await using var core = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts);
        var (stream, feed) = await OnAirAsync(core, seconds: 6);
        var clip = await MakeAsync(core, stream, 2, 60);

        feed.SendUntil(8);
        feed.Publication.Finish(endedByPublisher: true);

        var ready = await UntilDoneAsync(core, clip.Id);
        Assert.Equal((ClipStatus.Ready, true, TrimReason.BroadcastEnded), (ready.Status, ready.Trimmed, ready.TrimReason));
        Assert.Equal((60 * Second, 8 * Second), (ready.RequestedEnd, (long)Math.Round(ready.End / 9_000d) * 9_000));
        Assert.InRange(ready.DeliveredEnd!.Value, ready.End - 200, ready.End + 200);
    }

    [Fact]
    public async Task A_clip_waits_on_through_a_restart_of_the_server()
    {
        Clip clip;
        await using (var core = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts))
        {
            var (stream, _) = await OnAirAsync(core, seconds: 6);
            clip = await MakeAsync(core, stream, 2, 12);
        }

        await using var next = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts);
        Assert.Equal(ClipStatus.Waiting, (await ReadAsync(next, clip.Id)).Status);
        await using (var context = next.Read())
        {
            var stream = await context.LiveStreams.SingleAsync(CoreServices.Token);
            (await FlvFeed.StartAsync(next, stream, await Media.FlvAsync())).SendUntil(10);
        }

        var ready = await UntilDoneAsync(next, clip.Id);
        Assert.Equal((ClipStatus.Ready, null, false), (ready.Status, ready.Error, ready.Trimmed));
        Assert.Equal(12 * Second, ready.End);
        Assert.Single(ready.Gaps);
    }

    [Fact]
    public async Task A_gap_that_comes_while_it_waits_is_listed_or_fails_the_clip_that_wants_none()
    {
        await using var core = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts);
        var (stream, feed) = await OnAirAsync(core, seconds: 6);
        var spliced = await MakeAsync(core, stream, 2, 9);
        var rejected = await MakeAsync(core, stream, 2, 9, OnGap.Reject);

        feed.Publication.Finish(endedByPublisher: false);
        (await FlvFeed.StartAsync(core, stream, await Media.FlvAsync())).SendUntil(6);

        Assert.Single((await UntilDoneAsync(core, spliced.Id)).Gaps);
        var failed = await UntilDoneAsync(core, rejected.Id);
        Assert.Equal(ClipStatus.Failed, failed.Status);
        Assert.Contains("there are no pictures from", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_clip_that_was_deleted_and_comes_back_waits_on()
    {
        (Clip Back, Clip Gone) clips;
        await using (var core = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts))
        {
            var (stream, _) = await OnAirAsync(core, seconds: 6);
            clips = (await MakeAsync(core, stream, 2, 9), await MakeAsync(core, stream, 2, 9));
            await core.Get<ClipQueue>().DeleteAsync(clips.Back.Id, CoreServices.Token);
            await core.Get<ClipQueue>().DeleteAsync(clips.Gone.Id, CoreServices.Token);
        }

        // Nobody waits for them here.
        await using var next = await CoreServices.StartAsync(_folder, new ManualTimeProvider(), started: Parts);
        await using (var context = next.Read())
        {
            var stream = await context.LiveStreams.SingleAsync(CoreServices.Token);
            (await FlvFeed.StartAsync(next, stream, await Media.FlvAsync())).SendUntil(10);
            await next.UntilOnAirAsync(stream, 10);
        }

        Assert.True(await next.Get<ClipQueue>().RestoreAsync(clips.Back.Id, CoreServices.Token));

        Assert.Equal(ClipStatus.Ready, (await UntilDoneAsync(next, clips.Back.Id)).Status);
        Assert.Equal(ClipStatus.Waiting, (await ReadAsync(next, clips.Gone.Id)).Status);
    }

    private static async Task<(LiveStream Stream, FlvFeed Feed)> OnAirAsync(CoreServices core, double seconds)
    {
        var stream = await core.CreateStreamAsync();
        var feed = await FlvFeed.StartAsync(core, stream, await Media.FlvAsync());
        feed.SendUntil(seconds);
        await core.UntilOnAirAsync(stream, seconds - 1);
        return (stream, feed);
    }

    private static async Task<Clip> MakeAsync(CoreServices core, LiveStream stream, double start, double end, OnGap onGap = OnGap.Splice)
    {
        var answer = await core.Get<ClipQueue>().CreateAsync(
            new ClipRequest(stream.Id, new TimelineRange(start, end), "test", OnGap: onGap), CoreServices.Token);
        Assert.True(answer.Clip is not null, answer.Refusal?.Message);
        return answer.Clip;
    }

    private static Task<Clip> UntilDoneAsync(CoreServices core, Guid id) => Eventually.SomeAsync(
        async () => await ReadAsync(core, id) is { Status: ClipStatus.Ready or ClipStatus.Failed } done ? done : null, FlvPublish.Bound);

    private static async Task<Clip> ReadAsync(CoreServices core, Guid id)
    {
        await using var context = core.Read();
        return await context.Clips.AsNoTracking().SingleAsync(clip => clip.Id == id, CoreServices.Token);
    }
}
