using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Clips;

public sealed class ClipRevisionsTests : IDisposable
{
    private const long Second = 90_000;
    private static readonly TestMedia Media = TestMedia.Default with { Seconds = 12, Width = 320, Height = 180, Gop = 30 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Another_range_is_another_version_and_the_link_plays_the_one_before_until_it_is_ready()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, started: [typeof(RecorderHost), typeof(ClipWorker)]);
        var first = await RecordAndMakeAsync(core);
        await UntilReadyAsync(core, first.Id);
        var file = core.Get<ClipStore>().FindVideo(first.Id, 1)!;
        var bytes = await File.ReadAllBytesAsync(file, CoreServices.Token);
        time.Advance(TimeSpan.FromHours(5));

        var changed = (await ChangeAsync(core, first.Id, new ClipPatch(null, 8, null, null))).Clip!;

        Assert.Equal((2, ClipStatus.Queued, first.Slug), (changed.Version, changed.Status, changed.Slug));
        Assert.Equal((2 * Second, 8 * Second), (changed.Start, changed.End));
        Assert.Equal((1, 4 * Second), (changed.NewestReady!.Number, changed.NewestReady.End));
        Assert.Equal(first.TrimmableUntil.AddHours(5), changed.TrimmableUntil);
        Assert.Null(changed.DeliveredEnd);
        var second = await UntilReadyAsync(core, first.Id);
        Assert.Equal([1, 2], second.ReadyVersions.Select(version => version.Number));
        Assert.Equal(8 * Second, second.NewestReady!.DeliveredEnd, 15_000d);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file, CoreServices.Token));
        Assert.NotEqual(bytes.Length, new FileInfo(core.Get<ClipStore>().FindVideo(first.Id, 2)!).Length);
    }

    [Fact]
    public async Task The_same_once_more_makes_no_version_and_words_make_none_either()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var clip = await RecordAndMakeAsync(core);

        await ChangeAsync(core, clip.Id, new ClipPatch(3, 5, null, null));
        await ChangeAsync(core, clip.Id, new ClipPatch(3, 5, "Goal", ["home"]));
        var titled = (await ChangeAsync(core, clip.Id, new ClipPatch(null, null, null, null))).Clip!;
        Assert.Equal((2, "Goal"), (titled.Version, titled.Title));
        Assert.Equal(["home"], titled.Tags);
        Assert.Null((await ChangeAsync(core, clip.Id, new ClipPatch(null, null, "", []))).Clip!.Title);

        // One that has failed is tried again.
        await core.Get<ClipQueue>().ChangeAsync(clip.Id, _ => true, failed => failed.Status = ClipStatus.Failed, CoreServices.Token);
        Assert.Equal(3, (await ChangeAsync(core, clip.Id, new ClipPatch(3, 5, null, null))).Clip!.Version);
    }

    [Fact]
    public async Task What_was_being_cut_when_its_range_changed_counts_no_more()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var clip = await RecordAndMakeAsync(core);
        var queue = core.Get<ClipQueue>();
        Assert.True(await queue.TryClaimAsync(clip.Id, clip.Version, CoreServices.Token));

        var changed = (await ChangeAsync(core, clip.Id, new ClipPatch(3, null, null, null))).Clip!;

        Assert.False(await queue.ChangeVersionAsync(clip, ready => ready.Status = ClipStatus.Ready, CoreServices.Token));
        Assert.False(await queue.TryClaimAsync(clip.Id, clip.Version, CoreServices.Token));
        Assert.Empty(changed.ReadyVersions);
        Assert.True(await queue.TryClaimAsync(clip.Id, changed.Version, CoreServices.Token));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_field_and_changes_nothing()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var clip = await RecordAndMakeAsync(core);

        Assert.Equal((ClipRefusalReason.NotFound, "clipId"), await RefusalAsync(Guid.NewGuid(), new ClipPatch(1, null, null, null)));
        Assert.Equal((ClipRefusalReason.Invalid, "end"), await RefusalAsync(clip.Id, new ClipPatch(5, null, "Goal", null)));
        Assert.Equal((ClipRefusalReason.Invalid, "start"), await RefusalAsync(clip.Id, new ClipPatch(-1, null, null, null)));
        Assert.Equal((ClipRefusalReason.Invalid, "start"), await RefusalAsync(clip.Id, new ClipPatch(13, 14, null, null)));
        await core.Catalog.WriteAsync(context => context.Recordings.ExecuteDeleteAsync(CoreServices.Token), CoreServices.Token);
        core.Get<RecordingTimelines>().Forget(clip.RecordingId);
        Assert.Equal((ClipRefusalReason.Invalid, "end"), await RefusalAsync(clip.Id, new ClipPatch(null, 5, null, null)));
        await using var context = core.Read();
        var stored = await context.Clips.SingleAsync(CoreServices.Token);
        Assert.Equal((1, null, 2 * Second), (stored.Version, stored.Title, stored.Start));

        async Task<(ClipRefusalReason, string)> RefusalAsync(Guid id, ClipPatch patch)
        {
            var refusal = (await ChangeAsync(core, id, patch)).Refusal!;
            return (refusal.Reason, refusal.Field);
        }
    }

    private static async Task<Clip> RecordAndMakeAsync(CoreServices core)
    {
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await Media.FlvAsync());
        var request = new ClipRequest(stream.Id, new TimelineRange(2, 4), "test");
        return (await core.Get<ClipQueue>().CreateAsync(request, CoreServices.Token)).Clip!;
    }

    private static Task<ClipAnswer> ChangeAsync(CoreServices core, Guid clipId, ClipPatch patch) =>
        core.Get<ClipRevisions>().ChangeAsync(clipId, patch, CoreServices.Token);

    private static Task<Clip> UntilReadyAsync(CoreServices core, Guid id) => Eventually.SomeAsync(
        async () =>
        {
            await using var context = core.Read();
            return await context.Clips.AsNoTracking().Include(clip => clip.Versions)
                .SingleOrDefaultAsync(clip => clip.Id == id && clip.Status == ClipStatus.Ready, CoreServices.Token);
        },
        FlvPublish.Bound);
}
