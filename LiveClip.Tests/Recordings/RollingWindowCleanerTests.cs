using LiveClip.Core.Access;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class RollingWindowCleanerTests : IDisposable
{
    private static readonly Dictionary<string, string?> OneMinute = new() { ["LiveClip:Recordings:RollingMinutes"] = "1" };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stream_that_is_not_recorded_keeps_its_last_minutes_and_nothing_afterwards()
    {
        var time = new ManualTimeProvider();
        await using var core = await CoreServices.StartAsync(_folder, time, OneMinute, typeof(RecorderHost));
        var cleaner = ActivatorUtilities.CreateInstance<RollingWindowCleaner>(core.Provider);
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
        await Eventually.TrueAsync(
            async () => (await core.SegmentsAsync(window.Recording.Id)).Count == window.Snapshot().Segments.Count, FlvPublish.Bound);
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
        await ActivatorUtilities.CreateInstance<RollingWindowCleaner>(core.Provider).CleanAsync(CoreServices.Token);
        Assert.Equal(4, (await core.SegmentsAsync(recording.Id)).Count);
    }
}
