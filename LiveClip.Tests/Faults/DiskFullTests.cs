using System.Net;
using System.Text.Json;
using LiveClip.Core.Catalog;
using LiveClip.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>A server whose data directory is a disk of 64 MiB, a publisher, a viewer, and somebody who fills the disk to its last byte.</summary>
public sealed class DiskFullTests
{
    private const string Ballast = "liveclip.ballast";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = 20, Gop = 30 };

    private static readonly string[] Settings =
    [
        "--LiveClip:Storage:ReserveMiB=2", "--LiveClip:Storage:PauseMiB=8", "--LiveClip:Storage:PauseMinutes=0",
        "--LiveClip:Storage:CriticalHours=0", "--LiveClip:Storage:LowHours=0",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_pauses_the_recording_and_nothing_else_and_it_resumes_by_itself()
    {
        using var folder = new TempFolder();
        await using var disk = await SmallDisk.MountAsync(folder.FullPath);
        await using (var server = await ServerProcess.StartAsync(folder.FullPath, Settings))
        {
            var stream = await TestStream.CreateAsync(server, enableDvrMode: true);
            await using var publisher = await FfmpegPublisher.StartAsync(await Source.FlvAsync(), stream.Ingest, loop: true);
            await stream.PlaylistWithAsync(segments: 3);
            await using var viewer = new Viewer(stream, server.Api);
            await TellsItsFiguresAsync(server, folder);

            disk.Fill();
            await Eventually.TrueAsync(async () => await StateAsync(server) == "paused", TimeSpan.FromSeconds(5), "the pause");
            var lost = CountLost(server);
            await ServesTheLivePictureAsync(server, stream, viewer);
            // The one that was open when the disk became full, and no other: none is begun.
            Assert.InRange(CountLost(server), 0, lost + 1);
            await RefusesClipsAsync(server, stream);

            var files = CountFiles(folder);
            disk.Empty();
            await ResumesAsync(server, folder, files);
            Assert.False((await StreamAsync(server, stream)).TryGetProperty("recordingPaused", out _));
            Assert.Equal("Healthy", await server.Api.GetStringAsync(new Uri("/healthz/ready", UriKind.Relative), Token));

            await viewer.SeesAnotherAsync(segments: 3);
            await stream.ReadyAsync((await stream.PostClipAsync(new { last = 2 })).Data);
            await publisher.StopAsync();
            await stream.EndedAsync();
            Assert.Empty(viewer.Failures);
            await server.StopAsync();
        }

        await AgreesWithItsFilesAsync(folder);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_starts_on_a_full_disk_plays_what_there_is_and_resumes_recording_by_itself(bool wasKilled)
    {
        using var folder = new TempFolder();
        await using var disk = await SmallDisk.MountAsync(folder.FullPath);
        await using (var server = await ServerProcess.StartAsync(folder.FullPath, Settings))
        {
            var stream = await TestStream.CreateAsync(server, enableDvrMode: true);
            JsonElement clip;
            await using (await FfmpegPublisher.StartAsync(await Source.FlvAsync(), stream.Ingest, loop: true))
            {
                await stream.PlaylistWithAsync(segments: 3);
                clip = await stream.ReadyAsync((await stream.PostClipAsync(new { last = 2 })).Data);
                await Eventually.TrueAsync(() => File.Exists(folder.File(Ballast)), Bound);
                await (wasKilled ? server.KillAsync() : server.StopAsync());
            }

            disk.Fill();
            await server.RestartAsync();
            Assert.Equal("paused", await StateAsync(server));
            await PlaysWhatThereIsAsync(server, stream, clip);

            var files = CountFiles(folder);
            await using var returned = await FfmpegPublisher.StartAsync(await Source.FlvAsync(), stream.Ingest, loop: true);
            await Eventually.TrueAsync(async () => (await stream.PlaylistAsync()).Segments.Any(segment => segment.Discontinuity), Bound);
            await using var viewer = new Viewer(stream, server.Api);
            await ServesTheLivePictureAsync(server, stream, viewer);
            Assert.Equal(files, CountFiles(folder));

            disk.Empty();
            await ResumesAsync(server, folder, files);
            await Eventually.TrueAsync(() => File.Exists(folder.File(Ballast)), Bound);
            await returned.StopAsync();
            await stream.EndedAsync();
            Assert.Empty(viewer.Failures);
            await server.StopAsync();
        }

        await AgreesWithItsFilesAsync(folder);
    }

    private static async Task TellsItsFiguresAsync(ServerProcess server, TempFolder folder)
    {
        var storage = (await server.Api.GetAnswerAsync("/v1/server/storage")).Data;
        long Figure(string name) => storage.GetProperty(name).GetInt64();
        var (free, usable, rate) = (Figure("freeBytes"), Figure("usableBytes"), Figure("bytesPerSecond"));
        Assert.Equal("ok", storage.GetProperty("state").GetString());
        Assert.Equal(new DriveInfo(folder.FullPath).TotalSize, Figure("totalBytes"));
        Assert.InRange(free, 1, Figure("totalBytes") - 1);
        Assert.Equal(free - (2 << 20), usable);
        Assert.InRange(rate, 1_000, 1_000_000);
        Assert.Equal(usable / (double)rate / 3600, storage.GetProperty("hoursLeft").GetDouble(), 0.01);
    }

    private static async Task PlaysWhatThereIsAsync(ServerProcess server, TestStream stream, JsonElement clip)
    {
        var playlist = await stream.PlaylistAsync("?dvrMode=true");
        Assert.NotEmpty(playlist.Recorded);
        foreach (var address in playlist.Recorded.Select(segment => segment.Address!.ToString())
            .Append(clip.GetProperty("mp4Url").GetString()!).Append(clip.GetProperty("shareUrl").GetString()!))
        {
            using var media = await server.Api.GetAsync(new Uri(address), Token);
            Assert.Equal(HttpStatusCode.OK, media.StatusCode);
        }

        using var browser = await Browser.SignedInAsync(server);
        foreach (var path in (string[])["/", "/clips", $"/studio/{stream.Id}"])
        {
            using var page = await browser.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }
    }

    private static async Task ResumesAsync(ServerProcess server, TempFolder folder, int files) => await Eventually.TrueAsync(
        async () => await StateAsync(server) == "ok" && CountFiles(folder) > files, TimeSpan.FromSeconds(10), "the recording");

    private static async Task ServesTheLivePictureAsync(ServerProcess server, TestStream stream, Viewer viewer)
    {
        // What is served now was received after the disk was full.
        await viewer.SeesAnotherAsync(segments: 6);
        Assert.Equal("active", await stream.StatusAsync());
        Assert.True((await StreamAsync(server, stream)).GetProperty("recordingPaused").GetBoolean());
        using var ready = await server.Api.GetAsync(new Uri("/healthz/ready", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.StartsWith("Degraded\nRecording is paused", await ready.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static async Task RefusesClipsAsync(ServerProcess server, TestStream stream)
    {
        var clip = await stream.PostClipAsync(new { last = 2 });
        Assert.Equal(HttpStatusCode.InsufficientStorage, clip.Status);
        Assert.Contains("the server's disk is full", clip.Error.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Api.GetAnswerAsync("/v1/clips")).Status);
    }

    /// <summary>The catalog is whole, and each of its segments is a file of its length; no file is there that it has not heard of.</summary>
    private static async Task AgreesWithItsFilesAsync(TempFolder folder)
    {
        var options = new DbContextOptionsBuilder<CatalogDbContext>();
        options.UseCatalogSqlite($"Data Source={folder.File("liveclip.db")}");
        await using var context = new CatalogDbContext(options.Options);
        Assert.Equal("ok", Assert.Single(await context.Database.SqlQueryRaw<string>("PRAGMA integrity_check").ToListAsync(Token)));
        var rows = await context.Segments.AsNoTracking().ToListAsync(Token);
        var files = Directory.GetFiles(folder.FullPath, "*.m4s", SearchOption.AllDirectories)
            .ToDictionary(file => long.Parse(Path.GetFileNameWithoutExtension(file), null), file => new FileInfo(file).Length);
        Assert.Equal(rows.ToDictionary(row => row.Number, row => row.Length).OrderBy(row => row.Key), files.OrderBy(file => file.Key));
        Assert.NotEqual(rows.Count - 1, rows.Max(row => row.Number) - rows.Min(row => row.Number));
        SqliteConnection.ClearAllPools();
    }

    private static async Task<string> StateAsync(ServerProcess server) =>
        (await server.Api.GetAnswerAsync("/v1/server/storage")).Data.GetProperty("state").GetString()!;

    private static async Task<JsonElement> StreamAsync(ServerProcess server, TestStream stream) =>
        (await server.Api.GetAnswerAsync($"/v1/live/streams/{stream.Id}")).Data;

    private static int CountLost(ServerProcess server) =>
        server.Log.Count(line => line.Contains("lost segment", StringComparison.Ordinal));

    private static int CountFiles(TempFolder folder) => Directory.GetFiles(folder.FullPath, "*.m4s", SearchOption.AllDirectories).Length;

    /// <summary>Plays the live picture: asks for the playlist again and again and fetches each segment that it lists for the first time.</summary>
    private sealed class Viewer : IAsyncDisposable
    {
        private readonly CancellationTokenSource _left = new();
        private readonly Task _watching;
        private int _seen;

        public Viewer(TestStream stream, HttpClient http) => _watching = WatchAsync(stream, http);

        public List<string> Failures { get; } = [];

        public Task SeesAnotherAsync(int segments)
        {
            var goal = Volatile.Read(ref _seen) + segments;
            return Eventually.TrueAsync(() => _watching.IsCompleted || Volatile.Read(ref _seen) >= goal, Bound);
        }

        public async ValueTask DisposeAsync()
        {
            await _left.CancelAsync();
            await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _left.Dispose();
        }

        private async Task WatchAsync(TestStream stream, HttpClient http)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
            var known = new HashSet<Uri>();
            while (await timer.WaitForNextTickAsync(_left.Token))
            {
                using var answer = await http.GetAsync(stream.Media, _left.Token);
                if (!answer.IsSuccessStatusCode)
                {
                    Failures.Add($"playlist: {(int)answer.StatusCode}");
                    continue;
                }

                var playlist = await HlsPlaylist.ReadAsync(answer);
                foreach (var segment in playlist.Recorded.Where(segment => known.Add(segment.Address!)))
                {
                    using var media = await http.GetAsync(segment.Address, _left.Token);
                    if (media.IsSuccessStatusCode)
                    {
                        Interlocked.Increment(ref _seen);
                    }
                    else
                    {
                        Failures.Add($"{segment.Address}: {(int)media.StatusCode}");
                    }
                }
            }
        }
    }
}
