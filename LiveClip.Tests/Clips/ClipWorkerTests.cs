using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Clips;

/// <summary>From a real encoder's pictures to a finished file: every number is compared with what went in.</summary>
public sealed class ClipWorkerTests : IDisposable
{
    private const long Second = 90_000;
    private static readonly Type[] Parts = [typeof(RecorderHost), typeof(ClipWorker)];
    private static readonly TestMedia Again = TestMedia.Default with { Seconds = 6, FirstNumber = 10_000 };

    private static readonly TestMedia OpenGop = TestMedia.Default with
    {
        Seconds = 8,
        FrameRate = (30_000, 1001),
        Gop = 48,
        BFrames = 3,
        X264Params = "open-gop=1:b-pyramid=normal",
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<TestMedia, double, double> Ranges => new()
    {
        { TestMedia.Default, 5, 12 },
        { TestMedia.Default, 4, 6.1 },
        { OpenGop, 3.3, 6.2 },
        { TestMedia.Default with { Seconds = 8, FrameRate = (25, 1), Gop = 50, BFrames = 0, Audio = false }, 2.5, 5 },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public async Task A_clip_holds_exactly_the_pictures_asked_for_and_its_sound_in_place(TestMedia media, double start, double end)
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await media.FlvAsync());

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(start, end), "test"));

        Assert.Equal((ClipStatus.Ready, null), (clip.Status, clip.Error));
        var file = core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!;
        var rate = media.FrameRate.Numerator / (double)media.FrameRate.Denominator;
        var (first, last) = ((int)Math.Ceiling((start * rate) - 0.05), (int)Math.Ceiling((end * rate) - 0.05) - 1);
        Assert.Equal(Enumerable.Range(first, last - first + 1), await DecodedVideo.FrameNumbersAsync(file));
        Assert.Equal(last - first + 1, clip.DeliveredFrames);
        Assert.Equal(first / rate, clip.DeliveredStart!.Value / 90_000.0, 0.001);
        Assert.Equal((last + 1) / rate, clip.DeliveredEnd!.Value / 90_000.0, 0.001);
        Assert.Equal(clip.DeliveredFrames!.Value / rate, clip.Duration!.Value / 90_000.0, 0.00002);
        Assert.Equal((media.Width, media.Height), (clip.Width, clip.Height));

        var shown = await DecodedVideo.PresentationTimesAsync(file);
        Assert.All(shown.Select((time, i) => time.TotalSeconds - (i / rate)), off => Assert.Equal(0, off, 0.000_01));
        if (media.Audio)
        {
            await AssertTicksAsync(file, clip.DeliveredStart.Value / 90_000.0, await TicksOfSourceAsync(media));
        }
    }

    [Fact]
    public async Task The_newest_seconds_can_be_clipped_while_the_publish_is_running()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.PublishAsync(stream, await TestMedia.Default.FlvAsync());
        var window = await core.UntilOnAirAsync(stream, 19.6);
        var newest = window.NewestPicture;

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new LastRange(5), "test"));

        Assert.Equal((newest - (5 * Second), newest, false), (clip.RequestedStart, clip.RequestedEnd, clip.Trimmed));
        Assert.Equal(newest, clip.DeliveredEnd!.Value, 100d);
        var numbers = await FrameNumbersAsync(core, clip);
        Assert.Equal(Enumerable.Range((int)Math.Round(newest * 30.0 / Second) - 150, 150), numbers);
    }

    [Fact]
    public async Task Both_pictures_that_were_marked_are_in_the_clip()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await TestMedia.Default.FlvAsync());

        // A player's time is good to a few milliseconds; pictures 120 and 213.
        var range = new PictureRange(new ShownPicture(0, 360_000 + 250), new ShownPicture(0, 639_000 - 250));
        var clip = await MakeAsync(core, new ClipRequest(stream.Id, range, "test"));

        Assert.Equal(360_000, clip.RequestedStart, 100d);
        Assert.Equal(642_000, clip.RequestedEnd, 100d);
        var numbers = await FrameNumbersAsync(core, clip);
        Assert.Equal(Enumerable.Range(120, 94), numbers);
    }

    [Fact]
    public async Task A_reconnect_inside_the_clip_is_joined_without_the_gap()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await TestMedia.Default.FlvAsync(), await Again.FlvAsync());
        var second = recording.Runs.Single(run => run.Number == 1).TimelineStart;

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(15, (second / 90_000.0) + 3), "test"));

        Assert.Equal((ClipStatus.Ready, null), (clip.Status, clip.Error));
        var file = core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!;
        var numbers = await DecodedVideo.FrameNumbersAsync(file);
        Assert.Equal(Enumerable.Range(450, 150).Concat(Enumerable.Range(10_000, 90)), numbers);
        Assert.Equal(clip.DeliveredFrames, numbers.Count);

        // Run 1's own seconds follow 5 s of run 0.
        var source = await TicksOfSourceAsync(TestMedia.Default);
        var again = await TicksOfSourceAsync(Again);
        var expected = source.Where(tick => tick >= 15).Select(tick => tick - 15)
            .Concat(again.Where(tick => tick < 2.9).Select(tick => tick + 5)).ToList();
        var heard = (await DecodedAudio.TickTimesAsync(file)).Select(tick => tick.TotalSeconds).ToList();
        Assert.All(expected.Where(tick => tick > 0.1), tick => Assert.Contains(heard, other => Math.Abs(other - tick) < 0.025));
    }

    [Fact]
    public async Task Sound_alone_is_cut_to_the_sample()
    {
        var flv = _folder.File("sound.flv");
        await ChildProcess.RunAsync(
            "ffmpeg", ["-v", "error", "-i", await Again.FlvAsync(), "-vn", "-c", "copy", flv], TimeSpan.FromSeconds(20));
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, flv);

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(0.5, 4.25), "test"));

        Assert.True(clip.Status == ClipStatus.Ready, clip.Error);
        Assert.Equal((45_000, 382_500, 337_500), (clip.DeliveredStart, clip.DeliveredEnd, clip.Duration));
        var report = CutReport.Parse(clip.Report)!;
        Assert.Equal((0, null), (report.AudioOffset, report.FrameRate));
        var source = await DecodedAudio.TickTimesAsync(flv);
        var heard = await DecodedAudio.TickTimesAsync(core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!);
        var first = (await ChildProcess.RunAsync(
            "ffprobe", ["-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0", flv], FlvPublish.Bound)).Lines.First();
        var zero = double.Parse(first, System.Globalization.CultureInfo.InvariantCulture) + 0.5;
        Assert.Equal(4, heard.Count);
        Assert.All(source.Skip(1).Zip(heard), pair => Assert.Equal(pair.First.TotalSeconds - zero, pair.Second.TotalSeconds, 0.001));
    }

    [Fact]
    public async Task Twenty_clips_at_once_are_exact_and_those_that_need_no_encoder_do_not_wait()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await TestMedia.Default.FlvAsync());

        // Every fifth begins with a sync sample and ends before one.
        var ranges = Enumerable.Range(0, 20).Select(i => i % 5 == 4 ? (First: 60, Count: 120) : (First: (i * 17) + 1, Count: 20 + (i * 7)));
        var clips = await Task.WhenAll(ranges.Select(async range => (
            Clip: await MakeAsync(core, new ClipRequest(
                stream.Id, new TimelineRange(range.First / 30.0, (range.First + range.Count) / 30.0), "test")),
            range.First,
            range.Count)));

        foreach (var (clip, first, count) in clips)
        {
            Assert.True(clip.Status == ClipStatus.Ready, clip.Error);
            Assert.Equal(Enumerable.Range(first, count), await FrameNumbersAsync(core, clip));
        }

        var plain = clips.Where(clip => clip.First == 60 && clip.Count == 120).Select(clip => clip.Clip.ReadyAt).ToList();
        Assert.Equal(4, plain.Count);
        // The last of them was asked for last; it is ready before half of the sixteen others are.
        var others = clips.Select(clip => clip.Clip.ReadyAt).Except(plain).Order().ToList();
        Assert.True(plain.Max() < others[others.Count / 2]);
    }

    [Fact]
    public async Task Settings_that_change_inside_the_range_make_a_clip_of_the_first_size()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var other = Again with { Width = 320, Height = 180, FrameRate = (25, 1), FirstNumber = 20_000, X264Params = "cabac=0:8x8dct=0" };
        var recording = await core.RecordAsync(stream, await Again.FlvAsync(), await other.FlvAsync());
        Assert.Equal(2, recording.Runs.Count);
        var second = recording.Runs.Single(run => run.Number == 1).TimelineStart / 90_000.0;

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(4.5, second + 2.2), "test"));

        Assert.True(clip.Status == ClipStatus.Ready, clip.Error);
        Assert.Equal((Again.Width, Again.Height, 100), (clip.Width, clip.Height, clip.DeliveredFrames!.Value));
        var report = CutReport.Parse(clip.Report)!;
        Assert.Equal((0, 100, "run"), (report.FramesCopied, report.FramesEncoded, Assert.Single(report.Joints).Kind));
        var file = core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!;
        var shown = await DecodedVideo.PresentationTimesAsync(file);
        Assert.Equal(100, shown.Count);
        Assert.Equal(1.5 + (54 / 25.0), shown[^1].TotalSeconds, 0.002);
        Assert.Equal(Enumerable.Range(10_135, 45).Concat(Enumerable.Range(20_000, 55)), await DecodedVideo.FrameNumbersAsync(file));
    }

    [Fact]
    public async Task Sound_that_comes_back_with_other_settings_goes_on_in_its_place()
    {
        var other = _folder.File("other.flv");
        await ChildProcess.RunAsync(
            "ffmpeg",
            ["-v", "error", "-i", await Again.FlvAsync(), "-c:v", "copy", "-c:a", "aac", "-ar", "44100", "-ac", "1", other],
            TimeSpan.FromSeconds(20));
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await TestMedia.Default.FlvAsync(), other);
        var second = recording.Runs.Single(run => run.Number == 1).TimelineStart / 90_000.0;

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(16.5, second + 3), "test"));

        Assert.True(clip.Status == ClipStatus.Ready, clip.Error);
        var report = CutReport.Parse(clip.Report)!;
        Assert.Equal((150, 45), (report.FramesCopied, report.FramesEncoded));
        var file = core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!;
        Assert.Equal(Enumerable.Range(495, 105).Concat(Enumerable.Range(10_000, 90)), await DecodedVideo.FrameNumbersAsync(file));
        var source = await TicksOfSourceAsync(TestMedia.Default);
        var again = await TicksOfSourceAsync(other);
        var expected = source.Where(tick => tick > 16.5).Select(tick => tick - 16.5)
            .Concat(again.Where(tick => tick is > 0.1 and < 2.9).Select(tick => tick + 3.5)).ToList();
        var heard = (await DecodedAudio.TickTimesAsync(file)).Select(tick => tick.TotalSeconds).ToList();
        // ffmpeg plays whole packets where two runs meet: half a packet to this or that side.
        Assert.All(expected, tick => Assert.Contains(heard, heardTick => Math.Abs(heardTick - tick) < 0.0125));
        var probe = await ChildProcess.RunAsync(
            "ffprobe",
            ["-v", "error", "-select_streams", "a", "-show_entries", "stream=sample_rate,channels", "-of", "csv=p=0", file],
            TimeSpan.FromSeconds(20));
        Assert.Equal(["48000,2"], probe.Lines);
    }

    [Fact]
    public async Task Pictures_that_no_other_encoder_can_stand_beside_are_encoded_all_and_none_is_lost()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await (TestMedia.Default with { Seconds = 8, X264Params = "cqm=jvt" }).FlvAsync());

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(1, 5.1), "test"));
        Assert.Equal((ClipStatus.Ready, null), (clip.Status, clip.Error));
        Assert.Equal((0, 123), (CutReport.Parse(clip.Report)!.FramesCopied, CutReport.Parse(clip.Report)!.FramesEncoded));
        Assert.Equal(Enumerable.Range(30, 123), await FrameNumbersAsync(core, clip));

        // Where nothing has to be encoded, nothing is.
        var clean = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(2, 6), "test"));
        Assert.Equal((120, 0), (CutReport.Parse(clean.Report)!.FramesCopied, CutReport.Parse(clean.Report)!.FramesEncoded));
    }

    [Fact]
    public async Task A_sync_sample_that_is_broken_on_disk_fails_the_clip_with_a_reason_after_all_was_tried()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await Again.FlvAsync());
        var segment = (await core.SegmentsAsync(recording.Id)).Single(segment => segment.Start == 2 * Second);
        var file = core.Get<SegmentStore>().FindFile(recording.Id, 0, segment.Number)!;
        var bytes = await File.ReadAllBytesAsync(file, CoreServices.Token);
        var picture = SegmentIndex.Scan(bytes).Fragments[0].Samples[0];
        var slice = bytes.AsSpan((int)picture.Offset, picture.Size).IndexOf((byte)0x65);
        bytes.AsSpan((int)picture.Offset + slice + 1, 40).Clear();
        await File.WriteAllBytesAsync(file, bytes, CoreServices.Token);

        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(1.5, 3), "test"));

        Assert.Equal(ClipStatus.Failed, clip.Status);
        Assert.Contains("pictures were encoded, not 45", clip.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.FullPath, "clips"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_recording_with_a_lost_segment_says_so_inside_it_and_clips_beside_it()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await TestMedia.Default.FlvAsync());
        await core.Catalog.WriteAsync(
            context => context.Segments.Where(segment => segment.Number == 5).ExecuteDeleteAsync(CoreServices.Token), CoreServices.Token);
        foreach (var file in Directory.GetFiles(_folder.FullPath, "5.m4s", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var across = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(9, 13), "test", recording.Id));
        Assert.Equal(ClipStatus.Failed, across.Status);
        Assert.Contains("is not there", across.Error, StringComparison.Ordinal);
        foreach (var (start, end) in new[] { (7.0, 9.9), (12.0, 15.0) })
        {
            var beside = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(start, end), "test", recording.Id));
            Assert.Equal((ClipStatus.Ready, null), (beside.Status, beside.Error));
        }
    }

    [Fact]
    public async Task What_a_stopped_server_left_in_the_queue_is_cut_at_the_next_start()
    {
        Clip queued;
        await using (var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost)))
        {
            var stream = await core.CreateStreamAsync();
            await core.RecordAsync(stream, await Again.FlvAsync());
            var request = new ClipRequest(stream.Id, new TimelineRange(1, 3), "test");
            queued = (await core.Get<ClipQueue>().CreateAsync(request, CoreServices.Token)).Clip!;
            await core.Get<ClipQueue>().ChangeAsync(queued.Id, _ => true, clip => clip.Status = ClipStatus.Cutting, CoreServices.Token);
        }

        await using var next = await CoreServices.StartAsync(_folder, started: Parts);
        Assert.Equal(ClipStatus.Ready, (await UntilDoneAsync(next, queued.Id)).Status);
    }

    [Fact]
    public async Task A_clip_whose_file_a_power_loss_took_is_cut_again_at_the_next_start()
    {
        Clip torn, gone, whole;
        await using (var core = await CoreServices.StartAsync(_folder, started: Parts))
        {
            var stream = await core.CreateStreamAsync();
            await core.RecordAsync(stream, await Again.FlvAsync());
            torn = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(0, 2), "test"));
            gone = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(0, 3), "test"));
            whole = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(0, 4), "test"));
            using (var file = File.OpenWrite(core.Get<ClipStore>().FindVideo(torn.Id, torn.Version)!))
            {
                file.SetLength(torn.Length!.Value - 1);
            }

            File.Delete(core.Get<ClipStore>().FindVideo(gone.Id, gone.Version)!);
        }

        await using var next = await CoreServices.StartAsync(_folder, started: Parts);
        foreach (var lost in new[] { torn, gone })
        {
            var again = await Eventually.SomeAsync(
                async () => await ReadAsync(next, lost.Id, clip => clip) is { Status: ClipStatus.Ready } done
                    && done.ReadyAt > lost.ReadyAt ? done : null,
                FlvPublish.Bound);
            Assert.Equal(lost.Length, new FileInfo(next.Get<ClipStore>().FindVideo(again.Id, again.Version)!).Length);
        }

        Assert.Equal(whole.ReadyAt, await ReadAsync(next, whole.Id, clip => clip.ReadyAt));
    }

    [Fact]
    public async Task A_deleted_clip_comes_back_under_the_same_link_until_the_trash_is_emptied()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await Again.FlvAsync());
        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(1, 3), "test"));
        var queue = core.Get<ClipQueue>();
        var trash = Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<TrashCleaner>(core.Provider);

        Assert.True(await queue.DeleteAsync(clip.Id, CoreServices.Token));
        Assert.False(await queue.DeleteAsync(clip.Id, CoreServices.Token));
        time.Advance(TimeSpan.FromDays(6.9));
        await trash.CleanAsync(CoreServices.Token);
        Assert.True(await queue.RestoreAsync(clip.Id, CoreServices.Token));
        Assert.Equal((clip.Slug, ClipStatus.Ready), await ReadAsync(core, clip.Id, found => (found.Slug, found.Status)));
        Assert.NotNull(core.Get<ClipStore>().FindVideo(clip.Id, clip.Version));

        Assert.True(await queue.DeleteAsync(clip.Id, CoreServices.Token));
        time.Advance(TimeSpan.FromDays(7.1));
        await trash.CleanAsync(CoreServices.Token);
        Assert.False(await queue.RestoreAsync(clip.Id, CoreServices.Token));
        Assert.Null(core.Get<ClipStore>().FindVideo(clip.Id, clip.Version));
    }

    [Fact]
    public async Task A_clip_that_comes_back_while_the_trash_is_emptied_keeps_its_files()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, started: Parts);
        var stream = await core.CreateStreamAsync();
        await core.RecordAsync(stream, await Again.FlvAsync());
        var clip = await MakeAsync(core, new ClipRequest(stream.Id, new TimelineRange(1, 3), "test"));
        var trash = Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<TrashCleaner>(core.Provider);
        Assert.True(await core.Get<ClipQueue>().DeleteAsync(clip.Id, CoreServices.Token));
        time.Advance(TimeSpan.FromDays(7.1));

        // The undo is inside the gate for writes when the cleaner, which has listed the clip, comes to it.
        var cleaning = Task.CompletedTask;
        await core.Catalog.WriteAsync(
            async context =>
            {
                cleaning = trash.CleanAsync(CoreServices.Token);
                (await context.Clips.SingleAsync(stored => stored.Id == clip.Id, CoreServices.Token)).DeletedAt = null;
            },
            CoreServices.Token);
        await cleaning;

        Assert.Equal(ClipStatus.Ready, await ReadAsync(core, clip.Id, found => found.Status));
        Assert.NotNull(core.Get<ClipStore>().FindVideo(clip.Id, clip.Version));
    }

    private static async Task<Clip> MakeAsync(CoreServices core, ClipRequest request)
    {
        var answer = await core.Get<ClipQueue>().CreateAsync(request, CoreServices.Token);
        Assert.True(answer.Clip is not null, answer.Refusal?.Message);
        var clip = await UntilDoneAsync(core, answer.Clip.Id);
        if (core.Get<ClipStore>().FindVideo(clip.Id, clip.Version) is { } path)
        {
            using var file = File.OpenHandle(path);
            ProgressiveMp4.Verify(file);
        }

        return clip;
    }

    private static Task<Clip> UntilDoneAsync(CoreServices core, Guid id) => Eventually.SomeAsync(
        async () => await ReadAsync(core, id, clip => clip) is { Status: ClipStatus.Ready or ClipStatus.Failed } done ? done : null,
        FlvPublish.Bound);

    private static async Task<T> ReadAsync<T>(CoreServices core, Guid id, Func<Clip, T> read)
    {
        await using var context = core.Read();
        return read(await context.Clips.AsNoTracking().SingleAsync(clip => clip.Id == id, CoreServices.Token));
    }

    private static Task<IReadOnlyList<int>> FrameNumbersAsync(CoreServices core, Clip clip) =>
        DecodedVideo.FrameNumbersAsync(core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!);

    /// <summary>On the clock whose 0 is the first picture.</summary>
    private static async Task<List<double>> TicksOfSourceAsync(TestMedia media) => await TicksOfSourceAsync(await media.FlvAsync());

    private static async Task<List<double>> TicksOfSourceAsync(string flv)
    {
        var zero = (await DecodedVideo.PresentationTimesAsync(flv))[0];
        return [.. (await DecodedAudio.TickTimesAsync(flv)).Select(tick => (tick - zero).TotalSeconds)];
    }

    private static async Task AssertTicksAsync(string file, double start, List<double> source)
    {
        var heard = (await DecodedAudio.TickTimesAsync(file)).Select(tick => tick.TotalSeconds).ToList();
        var expected = source.Select(tick => tick - start).Where(tick => tick > 0.05 && tick < heard[^1] + 0.5).ToList();
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Count, heard.Count(tick => tick > 0.05));
        Assert.All(expected.Zip(heard.Where(tick => tick > 0.05)), pair => Assert.Equal(pair.First, pair.Second, 0.004));
    }
}
