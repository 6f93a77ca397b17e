using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class RetentionCleanerTests : IDisposable
{
    private static readonly Dictionary<string, string?> OneMinute = new() { ["LiveClip:Recordings:RollingMinutes"] = "1" };
    private static readonly TestMedia Short = TestMedia.Default with { Seconds = 8 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stream_that_is_not_recorded_keeps_its_last_minutes_and_nothing_afterwards()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false });
        var flv = await TestMedia.Default.FlvAsync();
        for (var i = 0; i < 4; i++)
        {
            var publication = await core.PublishAsync(stream, flv);
            publication.Finish(endedByPublisher: false);
            await core.UntilOnAirAsync(stream, (i * 20) + 19);
        }

        var last = await core.PublishAsync(stream, flv);
        var window = await core.UntilOnAirAsync(stream, 98);
        await UntilStoredAsync(core, window);
        await cleaner.CleanAsync(CoreServices.Token);

        var listed = window.Snapshot().Segments;
        Assert.InRange(listed[0].End, window.NewestPicture - (60 * 90_000), window.NewestPicture - (57 * 90_000));
        var files = Directory.GetFiles(_folder.FullPath, "*.m4s", SearchOption.AllDirectories)
            .Select(file => long.Parse(Path.GetFileNameWithoutExtension(file), null));
        Assert.Equal(listed[0].Number, files.Min());

        last.Finish(endedByPublisher: true);
        await Eventually.TrueAsync(() => core.Get<LiveWindows>().FindByStream(stream.Id) is null, FlvPublish.Bound);
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.NotEmpty(await core.SegmentsAsync(window.Recording.Id));

        time.Advance(TimeSpan.FromSeconds(61));
        await cleaner.CleanAsync(CoreServices.Token);
        await using var context = core.Read();
        Assert.Equal((0, 0, 0), (
            await context.Recordings.CountAsync(CoreServices.Token),
            await context.Runs.CountAsync(CoreServices.Token),
            await context.Segments.CountAsync(CoreServices.Token)));
        Assert.Empty(Directory.GetFiles(_folder.FullPath, "*.m4s", SearchOption.AllDirectories));

        // The live playlist's numbers go on all the same.
        Assert.True((await context.LiveStreams.SingleAsync(CoreServices.Token)).NextSegmentNumber > listed[^1].Number);
    }

    [Fact]
    public async Task A_stream_that_is_recorded_keeps_all()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await (TestMedia.Default with { Seconds = 8 }).FlvAsync());
        time.Advance(TimeSpan.FromDays(1));
        await ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider).CleanAsync(CoreServices.Token);
        Assert.Equal(4, (await core.SegmentsAsync(recording.Id)).Count);
    }

    [Fact]
    public async Task A_recording_older_than_its_stream_keeps_goes_with_its_rows_and_files()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var kept = await core.CreateStreamAsync();
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, RetentionDays = 2 });
        foreach (var of in new[] { kept, stream })
        {
            await core.RecordAsync(of, await Short.FlvAsync());
        }

        // Hour by hour, as clocks go: a leap of days would not be believed.
        foreach (var _ in Enumerable.Range(0, 47))
        {
            time.Advance(TimeSpan.FromHours(1));
            await cleaner.CleanAsync(CoreServices.Token);
        }

        Assert.Equal(4, await CountAsync(core, stream.Id));
        time.Advance(TimeSpan.FromHours(2));
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.Equal((0, 4), (await CountAsync(core, stream.Id), await CountAsync(core, kept.Id)));
        await using var context = core.Read();
        Assert.Equal(kept.Id, (await context.Recordings.SingleAsync(CoreServices.Token)).StreamId);
        Assert.Equal(4, Directory.GetFiles(_folder.FullPath, "*.m4s", SearchOption.AllDirectories).Length);
        Assert.Single(Directory.GetDirectories(Path.Combine(_folder.FullPath, "recordings")));
    }

    [Fact]
    public async Task A_recording_that_cannot_be_deleted_keeps_no_other_from_it()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, started: typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var folders = new List<string>();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, RetentionDays = 1 });
            folders.Add(_folder.File($"recordings/{(await core.RecordAsync(stream, await Short.FlvAsync())).Id}"));
        }

        // What is mounted cannot be deleted.
        await using var mounted = await SmallDisk.MountAsync(Directory.CreateDirectory(Path.Combine(folders[0], "mounted")).FullName);
        foreach (var _ in Enumerable.Range(0, 25))
        {
            time.Advance(TimeSpan.FromHours(1));
            await cleaner.CleanAsync(CoreServices.Token);
        }

        Assert.Equal([true, false], folders.Select(Directory.Exists));
    }

    [Fact]
    public async Task A_clip_holds_its_source_also_in_the_trash_until_it_is_gone_for_good()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost), typeof(ClipWorker));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false });
        var flv = await TestMedia.Default.FlvAsync();
        await core.PublishAsync(stream, flv);
        await core.PublishAsync(stream, flv);
        var recording = await core.RecordAsync(stream, flv);
        var clips = core.Get<ClipQueue>();
        var clip = (await clips.CreateAsync(new ClipRequest(stream.Id, new TimelineRange(30, 31), "test"), CoreServices.Token)).Clip!;

        // It lies in the second run; with its handles it holds 20 to 41 s.
        time.Advance(TimeSpan.FromMinutes(2));
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.Equal((20, 42), await HeldSecondsAsync(core, recording.Id));
        await using var context = core.Read();
        Assert.Equal([1, 2], await context.Runs.Select(run => run.Number).ToListAsync(CoreServices.Token));
        Assert.False(Directory.Exists(Path.Combine(_folder.FullPath, "recordings", recording.Id.ToString(), "0")));
        Assert.Null(await core.Get<RecordingTimelines>().FindNewestAsync(stream.Id, CoreServices.Token));

        // What it holds can be cut again, to the ends of its handles, and nothing beyond.
        await MadeAsync(20.1, 40.9, recording.Id);
        Assert.Equal("start", (await clips.CreateAsync(Within(2, 12, recording.Id), CoreServices.Token)).Refusal!.Field);

        // In the trash it still does; then nothing is left.
        await clips.DeleteAsync(clip.Id, CoreServices.Token);
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.NotEmpty(await core.SegmentsAsync(recording.Id));
        await core.Catalog.WriteAsync(catalog => catalog.Clips.ExecuteDeleteAsync(CoreServices.Token), CoreServices.Token);
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.Empty(await context.Recordings.ToListAsync(CoreServices.Token));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_folder.FullPath, "recordings")));

        ClipRequest Within(double start, double end, Guid recordingId) =>
            new(stream.Id, new TimelineRange(start, end), "test", recordingId);

        async Task MadeAsync(double start, double end, Guid recordingId)
        {
            var made = (await clips.CreateAsync(Within(start, end, recordingId), CoreServices.Token)).Clip!;
            await Eventually.TrueAsync(
                async () => (await StoredAsync(core, made.Id)).Status is ClipStatus.Ready or ClipStatus.Failed, FlvPublish.Bound);
            Assert.Null((await StoredAsync(core, made.Id)).Error);
        }
    }

    [Fact]
    public async Task A_clip_holds_as_much_around_it_as_its_stream_says_for_as_long_as_it_can_be_trimmed()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(
            _folder, time, new(OneMinute) { ["LiveClip:Clips:TrimDays"] = "2" }, typeof(RecorderHost), typeof(ClipWorker));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var stream = await core.CreateStreamAsync(
            new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false, ClipHandleSeconds = 4 });
        var recording = await core.RecordAsync(stream, await TestMedia.Default.FlvAsync());
        var (clips, revisions) = (core.Get<ClipQueue>(), core.Get<ClipRevisions>());
        var clip = (await clips.CreateAsync(new ClipRequest(stream.Id, new TimelineRange(8, 10), "test"), CoreServices.Token)).Clip!;
        await UntilReadyAsync(core, clip.Id);
        await DaysPassAsync(1);
        Assert.Equal((4, 14), await HeldSecondsAsync(core, recording.Id));

        // Another version holds what the first one did as well, and for as long again.
        await revisions.ChangeAsync(clip.Id, new ClipPatch(12, 13.5, null, null), CoreServices.Token);
        await UntilReadyAsync(core, clip.Id);
        await DaysPassAsync(1.5);
        Assert.Equal((4, 14), await HeldSecondsAsync(core, recording.Id));
        Assert.Equal(
            "start", (await revisions.ChangeAsync(clip.Id, new ClipPatch(2, null, null, null), CoreServices.Token)).Refusal!.Field);
        await revisions.ChangeAsync(clip.Id, new ClipPatch(4.5, 13.5, null, null), CoreServices.Token);
        await UntilReadyAsync(core, clip.Id);

        await DaysPassAsync(1.9);
        Assert.NotEmpty(await core.SegmentsAsync(recording.Id));
        await DaysPassAsync(0.2);
        Assert.Empty(await core.SegmentsAsync(recording.Id));
        Assert.NotNull(core.Get<ClipStore>().FindVideo(clip.Id, 3));

        // Hour by hour, as clocks go: a leap of days would not be believed.
        async Task DaysPassAsync(double days)
        {
            for (var passed = TimeSpan.Zero; passed < TimeSpan.FromDays(days); passed += TimeSpan.FromHours(0.6))
            {
                time.Advance(TimeSpan.FromHours(0.6));
                await cleaner.CleanAsync(CoreServices.Token);
            }
        }
    }

    [Fact]
    public async Task A_clip_that_is_not_cut_yet_holds_its_source_whatever_the_time()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(
            _folder, time, new(OneMinute) { ["LiveClip:Clips:TrimDays"] = "0" }, typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false });
        var recording = await core.RecordAsync(stream, await Short.FlvAsync());
        var clips = core.Get<ClipQueue>();
        var clip = (await clips.CreateAsync(new ClipRequest(stream.Id, new TimelineRange(1, 2), "test"), CoreServices.Token)).Clip!;
        time.Advance(TimeSpan.FromMinutes(5));

        foreach (var status in (ClipStatus[])[ClipStatus.Queued, ClipStatus.Waiting, ClipStatus.Cutting])
        {
            await clips.ChangeAsync(clip.Id, _ => true, changed => changed.Status = status, CoreServices.Token);
            await cleaner.CleanAsync(CoreServices.Token);
            Assert.Equal(4, (await core.SegmentsAsync(recording.Id)).Count);
        }

        await clips.ChangeAsync(clip.Id, _ => true, changed => changed.Status = ClipStatus.Ready, CoreServices.Token);
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.Empty(await core.SegmentsAsync(recording.Id));
    }

    [Fact]
    public async Task What_an_instant_playlist_lists_stays_for_ten_minutes_and_is_read_anew_afterwards()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false });
        var recording = await core.RecordAsync(stream, await Short.FlvAsync());
        var timeline = (await core.Get<RecordingTimelines>().FindAsync(recording.Id, CoreServices.Token))!;
        Assert.NotNull(core.Get<InstantClips>().Find(stream, timeline, 3, 5, "").Playlist);

        time.Advance(TimeSpan.FromMinutes(9));
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.Equal((2, 6), await HeldSecondsAsync(core, recording.Id));
        Assert.Equal(2, (await core.Get<RecordingTimelines>().FindAsync(recording.Id, CoreServices.Token))!.Segments.Count);

        time.Advance(TimeSpan.FromMinutes(2));
        await cleaner.CleanAsync(CoreServices.Token);
        Assert.Null(await core.Get<RecordingTimelines>().FindAsync(recording.Id, CoreServices.Token));
    }

    [Fact]
    public async Task A_clock_that_steps_before_the_first_round_removes_nothing()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost));
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false });
        var recording = await core.RecordAsync(stream, await Short.FlvAsync());
        using var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var timers = time.TimerCount;
        await cleaner.StartAsync(CoreServices.Token);
        await Eventually.TrueAsync(() => time.TimerCount > timers, FlvPublish.Bound);
        time.StepUtc(TimeSpan.FromHours(1));
        await cleaner.CleanAsync(CoreServices.Token);
        await cleaner.StopAsync(CoreServices.Token);

        Assert.NotEmpty(await core.SegmentsAsync(recording.Id));
    }

    [Fact]
    public async Task On_air_playlists_begin_behind_what_a_clip_holds()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RetentionCleaner>(core.Provider);
        var stream = await core.CreateStreamAsync(new LiveStreamSettings { MaxClipSeconds = 30, EnableRecording = false });
        var flv = await TestMedia.Default.FlvAsync();
        for (var i = 0; i < 6; i++)
        {
            await core.PublishAsync(stream, flv);
            await core.UntilOnAirAsync(stream, (i * 20) + 18);
        }

        var window = core.Get<LiveWindows>().FindByStream(stream.Id)!;
        await core.Get<ClipQueue>().CreateAsync(new ClipRequest(stream.Id, new TimelineRange(12, 14), "test"), CoreServices.Token);
        await UntilStoredAsync(core, window);
        await cleaner.CleanAsync(CoreServices.Token);

        var timeline = (await core.Get<RecordingTimelines>().FindNewestAsync(stream.Id, CoreServices.Token))!;
        Assert.Equal(2 * 90_000, timeline.Segments[0].Start, 9_000d);
        var playlist = RecordingPlaylist.Of(timeline, "", PlaylistForm.Whole);
        Assert.Equal(window.Recording.KeptFrom, playlist.MediaSequence);
        Assert.DoesNotContain(playlist.Segments, segment => segment.Gap);
        Assert.InRange(timeline.Start, timeline.NewestPicture - (62 * 90_000), timeline.NewestPicture - (58 * 90_000));
        await using var context = core.Read();
        Assert.Equal(window.Recording.KeptFrom, (await context.Recordings.SingleAsync(CoreServices.Token)).KeptFrom);
    }

    private static async Task<int> CountAsync(CoreServices core, string streamId)
    {
        await using var context = core.Read();
        return await context.Segments.CountAsync(
            segment => context.Recordings.Any(recording => recording.Id == segment.RecordingId && recording.StreamId == streamId),
            CoreServices.Token);
    }

    private static async Task<(int From, int To)> HeldSecondsAsync(CoreServices core, Guid recordingId)
    {
        var segments = await core.SegmentsAsync(recordingId);
        Assert.Equal(segments.Count - 1, segments[^1].Number - segments[0].Number);
        return ((int)Math.Round(segments[0].Start / 90_000d), (int)Math.Round(segments[^1].End / 90_000d));
    }

    private static Task UntilReadyAsync(CoreServices core, Guid clipId) => Eventually.TrueAsync(
        async () => (await StoredAsync(core, clipId)).Status == ClipStatus.Ready, FlvPublish.Bound);

    private static async Task<Clip> StoredAsync(CoreServices core, Guid clipId)
    {
        await using var context = core.Read();
        return await context.Clips.AsNoTracking().SingleAsync(clip => clip.Id == clipId, CoreServices.Token);
    }

    private static Task UntilStoredAsync(CoreServices core, LiveWindow window) => Eventually.TrueAsync(
        async () => (await core.SegmentsAsync(window.Recording.Id)).Count == window.Snapshot().Segments.Count, FlvPublish.Bound);
}
