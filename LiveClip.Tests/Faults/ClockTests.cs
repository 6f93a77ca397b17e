using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using LiveClip.Core.Catalog;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>A server's clock is set, forward and back, while an encoder publishes; or it is in another time zone than everybody else.</summary>
public sealed partial class ClockTests : IDisposable
{
    private const string HalfAnHour = "--LiveClip:Recordings:RollingMinutes=30";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 14, Gop = 30 };
    private static readonly TestMedia Short = Source with { Seconds = 4 };

    private readonly TempFolder _folder = new();
    private readonly TempFolder _clockFolder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _clockFolder.Dispose();
    }

    [Fact]
    public async Task A_step_of_the_clock_loses_nothing_moves_nothing_and_removes_nothing()
    {
        var clock = new FakeClock(_clockFolder);
        var earlier = await RecordEarlierAsync();
        var began = DateTimeOffset.UtcNow;
        TestStream stream;
        await using (var server = await ServerProcess.StartAsync(
            _folder.FullPath, clock.Environment, HalfAnHour, "--LiveClip:Ingest:EndGraceSeconds=20"))
        {
            using var browser = await Browser.SignedInAsync(server);
            stream = await TestStream.CreateAsync(server, enableDvrMode: true);
            await using (var publisher = await stream.PublishAsync(Source))
            {
                var known = await stream.PlaylistWithAsync(segments: 1);
                foreach (var offset in (TimeSpan[])[Second, TimeSpan.Zero, Hour, -Hour])
                {
                    clock.Set(offset);
                    known = await GoesOnAsync(stream, known);
                    await IsSignedInAsync(browser);
                    using var another = await Browser.SignedInAsync(server);
                }

                await Eventually.EndsAsync(publisher.Completion, Bound);
                await stream.BecomesAsync("disconnected");
            }

            clock.Set(Hour);
            await using (var returned = await stream.PublishAsync(Source))
            {
                await Eventually.EndsAsync(returned.Completion, Bound);
            }

            await Eventually.TrueAsync(() => server.Log.Any(line => line.Contains("The clock is", StringComparison.Ordinal)), Bound);
            Assert.All(earlier, file => Assert.True(File.Exists(file)));
            await IsSignedInAsync(browser);
            Assert.DoesNotContain(server.Log, line => line.Contains("fail:", StringComparison.Ordinal));
            ListsBoth(await stream.PlaylistAsync("?dvrMode=true"));
            await server.StopAsync();
        }

        await HasAllOnOneTimelineAsync(stream, began, clock.Offset);
    }

    [Fact]
    public async Task The_time_zone_of_the_server_changes_no_time_that_it_tells()
    {
        const string Zone = "Pacific/Kiritimati";
        Assert.SkipUnless(File.Exists($"/usr/share/zoneinfo/{Zone}"), "time zones are not installed: apt-get install tzdata");
        await using var server = await ServerProcess.StartAsync(_folder.FullPath, new Dictionary<string, string?> { ["TZ"] = Zone });
        var stream = await TestStream.CreateAsync(server);
        await using var publisher = await stream.PublishAsync(Source);
        var playlist = await stream.PlaylistWithAsync(segments: 1);
        await stream.ReadyAsync((await stream.PostClipAsync(new { last = 1 })).Data);
        var told = new List<string> { playlist.Text };
        foreach (var path in (string[])["/v1/live/streams", $"/v1/live/streams/{stream.Id}", "/v1/clips", $"/v1/live/streams/{stream.Id}/health"])
        {
            var text = (await server.Api.GetAnswerAsync(path)).Body.ToString();
            Assert.Matches(Moment(), text);
            told.Add(text);
        }

        Assert.All(told.SelectMany(text => Moment().Matches(text)), moment =>
        {
            Assert.EndsWith("Z", moment.Value, StringComparison.Ordinal);
            var at = DateTimeOffset.Parse(moment.Value, CultureInfo.InvariantCulture);
            // Of what has been; or until when the clip can be trimmed.
            var ahead = at > DateTimeOffset.UtcNow + Second ? TimeSpan.FromDays(7) : TimeSpan.Zero;
            Assert.InRange(at - ahead, DateTimeOffset.UtcNow - Bound - Bound, DateTimeOffset.UtcNow + Second);
        });
    }

    /// <summary>What another process stored of a recording that is over, of a stream that keeps half an hour.</summary>
    private async Task<string[]> RecordEarlierAsync()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullPath, HalfAnHour);
        var stream = await TestStream.CreateAsync(server, enableRecording: false);
        await using var publisher = await stream.PublishAsync(Short, realTime: false);
        await Eventually.EndsAsync(publisher.Completion, Bound);
        await stream.BecomesAsync("idle");
        await server.StopAsync();
        var files = Directory.GetFiles(_folder.FullPath, "*.m4s", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        return files;
    }

    private static IEnumerable<HlsSegment> WithoutParts(HlsPlaylist playlist) =>
        playlist.Segments.Select(segment => segment with { Parts = [] });

    /// <summary>A segment later all that was listed still is, with the time that it had.</summary>
    private static async Task<HlsPlaylist> GoesOnAsync(TestStream stream, HlsPlaylist known)
    {
        var now = known;
        await Eventually.TrueAsync(
            async () => (now = await stream.PlaylistAsync("?dvrMode=true")).Segments.Count >= known.Segments.Count + 1, Bound, "the picture");
        Assert.Equal("active", await stream.StatusAsync());
        // Which of them are listed by their parts too is another matter.
        Assert.Equal(WithoutParts(known), WithoutParts(now).Take(known.Segments.Count));
        Assert.Equal((known.MediaSequence, known.DiscontinuitySequence), (now.MediaSequence, now.DiscontinuitySequence));
        ListedTime.IsContinuous(now);
        return now;
    }

    private static async Task IsSignedInAsync(Browser browser)
    {
        using var page = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    private static void ListsBoth(HlsPlaylist playlist)
    {
        var second = playlist.Segments.ToList().FindIndex(segment => segment.Discontinuity);
        Assert.Equal(second, playlist.Segments.ToList().FindLastIndex(segment => segment.Discontinuity));
        ListedTime.IsContinuous(playlist with { Segments = [.. playlist.Segments.Take(second)] });
        ListedTime.IsContinuous(playlist with { Segments = [.. playlist.Segments.Skip(second)] });
    }

    private async Task HasAllOnOneTimelineAsync(TestStream stream, DateTimeOffset began, TimeSpan offset)
    {
        await using var core = await CoreServices.StartAsync(_folder);
        await LostMedia.NothingIsFoundAsync(core);
        Assert.Equal([Source.PictureCount, Source.PictureCount], await LostMedia.PicturesAsync(core, stream.Id, Source.BFrames));
        await using var context = core.Read();
        var runs = await context.Runs.AsNoTracking().Where(run => context.Recordings.Any(
            recording => recording.Id == run.RecordingId && recording.StreamId == stream.Id)).OrderBy(run => run.Number)
            .ToListAsync(CoreServices.Token);
        Assert.InRange(runs[0].WallClock, began, began + Bound);

        // The second run's UTC is the clock's as it was set; its place is where it belongs by the time that has passed.
        var passed = TimeSpan.FromSeconds((runs[1].TimelineStart - runs[0].TimelineStart) / (double)Run.TicksPerSecond);
        Assert.InRange(runs[1].WallClock - offset - runs[0].WallClock - passed, TimeSpan.FromSeconds(-0.1), TimeSpan.FromSeconds(0.1));
        Assert.True(passed > TimeSpan.FromSeconds(Source.Seconds));
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d[^""\s,]*")]
    private static partial Regex Moment();
}
