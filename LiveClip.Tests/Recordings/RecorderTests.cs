using System.Reflection;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using LiveClip.Core.Storage;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class RecorderTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly PublisherBrake _brake = new();
    private readonly DiskDelay _delay = new(TimeProvider.System);
    private CoreServices _core = null!;
    private Recording _recording = null!;
    private LiveWindow _window = null!;

    public async ValueTask InitializeAsync()
    {
        _core = await CoreServices.StartAsync(_folder);
        var stream = await _core.CreateStreamAsync();
        _recording = new Recording
        {
            Id = Guid.NewGuid(),
            StreamId = stream.Id,
            StartedAt = DateTimeOffset.UtcNow,
            FirstSegmentNumber = 0,
            FirstDiscontinuity = 0,
        };
        await _core.Catalog.WriteAsync(context => context.AddAsync(_recording).AsTask(), CoreServices.Token);
        _window = new LiveWindow(_recording, []);
    }

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_and_rows_hold_what_the_packager_made()
    {
        var recorder = Recorder(maxQueuedBytes: 1 << 20);
        var writing = recorder.RunAsync(CoreServices.Token);
        Publish(new SyntheticEncoder().Encode(seconds: 7), recorder);
        recorder.Complete();
        await Eventually.EndsAsync(writing, FlvPublish.Bound);

        var segments = await _core.SegmentsAsync(_recording.Id);
        Assert.Equal([0, 1, 2, 3], segments.Select(segment => segment.Number));
        Assert.All(segments, segment =>
            Assert.Equal(_window.Find(segment.Number)!.ToMemory().ToArray(), File.ReadAllBytes(PathOf(segment.Number))));
        await using var context = _core.Read();
        var run = await context.Runs.SingleAsync(CoreServices.Token);
        Assert.Equal(run.Init, await File.ReadAllBytesAsync(Path.Combine(RunFolder, "init.mp4"), CoreServices.Token));
        Assert.Equal(2, (await context.Recordings.SingleAsync(CoreServices.Token)).TargetDuration);
    }

    [Fact]
    public async Task A_queue_that_runs_over_costs_whole_segments_and_marks_each()
    {
        // A segment is about 16 KB; nothing is written before all has been offered, so about two fit.
        var recorder = Recorder(maxQueuedBytes: 40_000);
        Publish(new SyntheticEncoder().Encode(seconds: 12), recorder);
        Assert.False(_brake.WaitAsync(CoreServices.Token).IsCompleted);
        recorder.Complete();
        await Eventually.EndsAsync(recorder.RunAsync(CoreServices.Token), FlvPublish.Bound);

        var segments = await _core.SegmentsAsync(_recording.Id);
        Assert.Equal([0, 1], segments.Select(segment => segment.Number));
        Assert.All(segments, segment => Assert.Equal(segment.Length, new FileInfo(PathOf(segment.Number)).Length));
        Assert.Equal([2L, 3, 4, 5], LostOnceOutOfMemory());
        Assert.True(_brake.WaitAsync(CoreServices.Token).IsCompleted);
    }

    [Fact]
    public async Task A_failing_disk_costs_its_segments_and_the_recording_resumes_when_it_is_back()
    {
        var recorder = Recorder(maxQueuedBytes: 1 << 20);
        var writing = recorder.RunAsync(CoreServices.Token);
        var samples = new SyntheticEncoder().Encode(seconds: 14);
        var packager = Packager(recorder);

        Accept(packager, samples, from: 0, to: 4.5);
        await UntilAsync(segments: 2);

        // Files cannot be made where a folder should be.
        Directory.Move(RunFolder, RunFolder + ".away");
        await File.WriteAllTextAsync(RunFolder, "in the way", CoreServices.Token);
        Accept(packager, samples, from: 4.5, to: 8.5);
        await Eventually.TrueAsync(() => IsLost(3), FlvPublish.Bound);
        Assert.All(new long[] { 0, 1, 2, 3 }, number => Assert.NotNull(_window.Find(number))); // the live edge has them all

        File.Delete(RunFolder);
        Directory.Move(RunFolder + ".away", RunFolder);
        Accept(packager, samples, from: 8.5, to: 14);
        packager.CloseRun();
        recorder.Complete();
        await Eventually.EndsAsync(writing, FlvPublish.Bound);

        var segments = await _core.SegmentsAsync(_recording.Id);
        Assert.Subset(new HashSet<long> { 0, 1, 2, 4, 5, 6 }, segments.Select(segment => segment.Number).ToHashSet());
        Assert.Superset(new HashSet<long> { 0, 1, 5, 6 }, segments.Select(segment => segment.Number).ToHashSet());
        Assert.All(segments, segment => Assert.Equal(segment.Length, new FileInfo(PathOf(segment.Number)).Length));
    }

    [Fact]
    public async Task A_run_that_begins_on_a_failing_disk_is_stored_when_it_is_back()
    {
        var recordings = Path.Combine(_folder.FullPath, "recordings");
        await File.WriteAllTextAsync(recordings, "in the way", CoreServices.Token);
        var recorder = Recorder(maxQueuedBytes: 1 << 20);
        var writing = recorder.RunAsync(CoreServices.Token);
        var samples = new SyntheticEncoder().Encode(seconds: 8);
        var packager = Packager(recorder);
        Accept(packager, samples, from: 0, to: 4.1);
        await Eventually.TrueAsync(() => IsLost(1), FlvPublish.Bound);

        File.Delete(recordings);
        Accept(packager, samples, from: 4.1, to: 8);
        packager.CloseRun();
        recorder.Complete();
        await Eventually.EndsAsync(writing, FlvPublish.Bound);

        await using var context = _core.Read();
        Assert.Equal(0, (await context.Runs.SingleAsync(CoreServices.Token)).Number);
        Assert.Equal(2, (await context.Recordings.SingleAsync(CoreServices.Token)).TargetDuration);
        Assert.True(File.Exists(Path.Combine(RunFolder, "init.mp4")));
        Assert.Contains(3L, (await _core.SegmentsAsync(_recording.Id)).Select(segment => segment.Number));
    }

    [Fact]
    public async Task A_catalog_that_fails_for_a_while_costs_nothing()
    {
        var recorder = Recorder(maxQueuedBytes: 1 << 20);
        var writing = recorder.RunAsync(CoreServices.Token);
        var samples = new SyntheticEncoder().Encode(seconds: 10);
        var packager = Packager(recorder);
        Accept(packager, samples, from: 0, to: 2.5);
        await UntilAsync(segments: 1);

        await ExecuteAsync("ALTER TABLE Segments RENAME TO Away");
        Accept(packager, samples, from: 2.5, to: 5);
        await Eventually.TrueAsync(() => File.Exists(PathOf(2)), FlvPublish.Bound);
        await ExecuteAsync("ALTER TABLE Away RENAME TO Segments");
        Accept(packager, samples, from: 5, to: 10);
        packager.CloseRun();
        recorder.Complete();
        await Eventually.EndsAsync(writing, FlvPublish.Bound);

        Assert.Equal([0, 1, 2, 3, 4], (await _core.SegmentsAsync(_recording.Id)).Select(segment => segment.Number));
        Assert.False(IsLost(1));
    }

    [Fact]
    public async Task While_the_catalog_hangs_files_are_written_and_a_run_begins()
    {
        var recorder = Recorder(maxQueuedBytes: 40_000);
        var writing = recorder.RunAsync(CoreServices.Token);
        var packager = Packager(recorder);
        var hanging = new TaskCompletionSource();
        var held = _core.Catalog.WriteAsync(_ => hanging.Task, CoreServices.Token);
        var samples = new SyntheticEncoder().Encode(seconds: 12);
        for (var from = 0; from < 12; from += 2)
        {
            Accept(packager, samples, from, from + 2);
            var number = (from / 2) - 1;
            await Eventually.TrueAsync(() => number < 0 || File.Exists(PathOf(number)), FlvPublish.Bound);
        }

        packager.CloseRun();
        recorder.Complete();
        hanging.SetResult();
        await held;
        await Eventually.EndsAsync(writing, FlvPublish.Bound);
        Assert.Equal([0, 1, 2, 3, 4, 5], (await _core.SegmentsAsync(_recording.Id)).Select(segment => segment.Number));
    }

    [Fact]
    public async Task A_segment_of_which_a_fragment_was_lost_leaves_no_file_behind()
    {
        var recorder = Recorder(maxQueuedBytes: 60_000);
        var writing = recorder.RunAsync(CoreServices.Token);
        var samples = new SyntheticEncoder().Encode(seconds: 6);
        var packager = Packager(recorder);
        Accept(packager, samples, from: 0, to: 3.2);
        await Eventually.TrueAsync(() => File.Exists(PathOf(1)), FlvPublish.Bound);

        // For a fragment of these there is no room at all.
        Accept(packager, samples.ConvertAll(sample => sample with { Data = new byte[5_000] }), from: 3.2, to: 3.9);
        Accept(packager, samples, from: 3.9, to: 6);
        packager.CloseRun();
        recorder.Complete();
        await Eventually.EndsAsync(writing, FlvPublish.Bound);

        Assert.Equal([0, 2], (await _core.SegmentsAsync(_recording.Id)).Select(segment => segment.Number));
        Assert.Equal([PathOf(0), PathOf(2)], Directory.GetFiles(RunFolder, "*.m4s").Order());
    }

    [Fact]
    public async Task While_the_disk_is_full_nothing_is_written_and_the_recording_goes_on_with_the_next_segment()
    {
        var time = new ManualTimeProvider();
        using var disk = new DiskWatch(
            _core.Get<LiveWindows>(), _core.Get<ChangeFeed>(), _core.Get<Ballast>(), _core.Get<IOptions<StorageOptions>>(), time,
            NullLogger<DiskWatch>.Instance);
        var recorder = Recorder(maxQueuedBytes: 1 << 20, disk);
        var writing = recorder.RunAsync(CoreServices.Token);
        var samples = new SyntheticEncoder().Encode(seconds: 14);
        var packager = Packager(recorder);

        Accept(packager, samples, from: 0, to: 3);
        await UntilAsync(segments: 1);
        disk.ReportFull();
        Assert.True(disk.IsPaused);
        Accept(packager, samples, from: 3, to: 9);
        time.Advance(TimeSpan.FromSeconds(4));
        disk.Measure();
        Assert.True(disk.IsPaused);
        time.Advance(TimeSpan.FromSeconds(1));
        disk.Measure();
        Assert.False(disk.IsPaused);
        Accept(packager, samples, from: 9, to: 14);
        packager.CloseRun();
        recorder.Complete();
        await Eventually.EndsAsync(writing, FlvPublish.Bound);

        // The one that was open when the pause began is whole, and so is each that began after it.
        var segments = (await _core.SegmentsAsync(_recording.Id)).Select(segment => segment.Number).ToList();
        Assert.Equal([0, 1, 5, 6], segments);
        Assert.Equal(segments.Select(PathOf), Directory.GetFiles(RunFolder, "*.m4s").Order());
        Assert.All(new long[] { 2, 3, 4 }, number => Assert.True(IsLost(number) && _window.Find(number) is not null));
    }

    private string RunFolder => Path.Combine(_folder.FullPath, "recordings", _recording.Id.ToString(), "0");

    private string PathOf(long number) => Path.Combine(RunFolder, $"{number}.m4s");

    private Recorder Recorder(long maxQueuedBytes, DiskWatch? disk = null) => new(
        _window, _core.Get<SegmentStore>(), _core.Catalog, _core.Get<ChangeFeed>(), _brake, disk ?? _core.Get<DiskWatch>(), _delay,
        maxQueuedBytes, TimeProvider.System, NullLogger<Recorder>.Instance);

    private Packager Packager(Recorder recorder) => new(
        new PackagerOrigin(_recording.Id, 0, 0, null, null), TimeProvider.System, output =>
        {
            _window.Accept(output);
            recorder.Offer(output);
        });

    private void Publish(List<Sample> samples, Recorder recorder)
    {
        var packager = Packager(recorder);
        samples.ForEach(packager.Accept);
        packager.CloseRun();
    }

    private static void Accept(Packager packager, List<Sample> samples, double from, double to)
    {
        foreach (var sample in samples)
        {
            var time = sample.Track.Timescale.ToSeconds(sample.DecodeTime);
            if (time >= from && time < to)
            {
                packager.Accept(sample);
            }
        }
    }

    private Task UntilAsync(int segments) =>
        Eventually.TrueAsync(async () => (await _core.SegmentsAsync(_recording.Id)).Count == segments, FlvPublish.Bound);

    private bool IsLost(long number) => ((HashSet<long>)typeof(LiveWindow)
        .GetField("_lost", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(_window)!).Contains(number);

    private IEnumerable<long> LostOnceOutOfMemory()
    {
        // Forty seconds later nothing of them is in memory.
        var previous = new PreviousRun(0, DateTimeOffset.UtcNow, 12 * 90_000);
        var packager = new Packager(new PackagerOrigin(_recording.Id, 1, 100, 2, previous), TimeProvider.System, _window.Accept);
        new SyntheticEncoder().Encode(seconds: 40).ForEach(packager.Accept);
        return _window.Snapshot().Lost.Order();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var context = _core.Read();
        await context.Database.ExecuteSqlRawAsync(sql, CoreServices.Token);
    }
}
