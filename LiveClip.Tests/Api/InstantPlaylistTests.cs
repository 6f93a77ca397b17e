using System.Net;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>A live stream's address with start and end: a piece of the recording, at once and for anybody who may play the stream.</summary>
public sealed class InstantPlaylistTests(RecordedServer recorded) : IClassFixture<RecordedServer>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    private static readonly TestMedia Small = new() { Width = 320, Height = 180, Seconds = 6, Gop = 30, BFrames = 0 };

    [Theory]
    [InlineData("?start=10s", "end")]
    [InlineData("?end=40s", "start")]
    [InlineData("?start=&end=5", "start")]
    [InlineData("?start=-1&end=5", "start")]
    [InlineData("?start=-1s&end=5s", "start")]
    [InlineData("?start=ten&end=20", "start")]
    [InlineData("?start=10ss&end=20", "start")]
    [InlineData("?start=1e1&end=20", "start")]
    [InlineData("?start=NaN&end=20", "start")]
    [InlineData("?start=1,5&end=20", "start")]
    [InlineData("?start=10&end=0x20", "end")]
    [InlineData("?start=20s&end=10s", "end")]
    [InlineData("?start=10s&end=10s", "end")]
    [InlineData("?start=36.5&end=40", "start")]
    [InlineData("?start=10&end=99999999999999999999", "end")]
    public async Task What_makes_no_sense_names_the_field(string query, string field)
    {
        var answer = await recorded.Server.Anyone.GetAnswerAsync(recorded.Over.Playback.PathAndQuery + query);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, field), (answer.Status, Assert.Single(answer.Fields)));
    }

    [Fact]
    public async Task What_has_not_been_received_yet_is_no_clip_for_viewers()
    {
        var answer = await recorded.Server.Anyone.GetAnswerAsync(recorded.OnAir.Playback.PathAndQuery + "?start=1&end=31");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "end"), (answer.Status, Assert.Single(answer.Fields)));
    }

    [Theory]
    [InlineData("?start=10s&end=14s")]
    [InlineData("?start=10&end=14")]
    [InlineData("?start=10.0s&end=14.000")]
    public async Task It_begins_and_ends_with_whole_segments_and_says_where_the_clip_begins(string query)
    {
        var playlist = await recorded.Over.PlaylistAsync(query);

        var whole = await recorded.Over.PlaylistAsync();
        Assert.True(playlist.Ended);
        Assert.Contains("#EXT-X-PLAYLIST-TYPE:VOD", playlist.Text, StringComparison.Ordinal);
        var first = whole.Segments.TakeWhile(segment => segment.Address != playlist.Segments[0].Address).Sum(segment => segment.Duration);
        Assert.InRange(first, 8, 10);
        Assert.InRange(first + playlist.Segments.Sum(segment => segment.Duration), 14, 16);
        Assert.Contains(
            FormattableString.Invariant($"#EXT-X-START:TIME-OFFSET={10 - first:0.######},PRECISE=YES"), playlist.Text, StringComparison.Ordinal);
        var numbers = await DecodedVideo.FrameNumbersAsync(new Uri(recorded.Over.Playback, query).ToString());
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
        Assert.True(numbers[0] <= 300 && numbers[^1] >= 419, $"{numbers[0]} to {numbers[^1]}");
    }

    [Fact]
    public async Task What_is_longer_than_a_clip_may_be_is_trimmed()
    {
        var capped = await recorded.Over.PlaylistAsync("?start=2&end=3600");

        Assert.Equal(Addresses(await recorded.Over.PlaylistAsync("?start=2&end=32")), Addresses(capped));
    }

    [Fact]
    public async Task Asking_makes_no_clip_and_costs_no_file()
    {
        var stream = await TestStream.CreateAsync(recorded.Server.Process);
        await stream.RecordAsync(Small);
        var recordings = Path.Combine(recorded.Server.Process.DataDirectory, "recordings");
        var before = await stream.PlaylistAsync("?start=1&end=3");
        var recording = before.Segments[0].Address!.Segments[^3].TrimEnd('/');
        Directory.Delete(Path.Combine(recordings, recording), recursive: true);

        Assert.Equal(before.Text, (await stream.PlaylistAsync("?start=1&end=3")).Text);
        Assert.Equal(
            0,
            (await recorded.Server.Process.Api.GetAnswerAsync($"/v1/clips?streamId={stream.Id}"))
            .Body.GetProperty("pagination").GetProperty("totalRecords").GetInt32());
    }

    [Fact]
    public async Task On_air_it_ends_with_the_part_of_the_open_segment_that_there_is()
    {
        var stream = await TestStream.CreateAsync(recorded.Server.Process);
        await using var publisher = await SteppedPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest);
        await publisher.SendAsync(pictures: 170);
        await Eventually.TrueAsync(async () => await stream.NewestPictureAsync() > 5.2, Deadline);

        var playlist = await stream.PlaylistAsync("?start=3&end=5");

        Assert.True(playlist.Ended);
        Assert.Contains("#EXT-X-BYTERANGE:", playlist.Text, StringComparison.Ordinal);
        var numbers = await DecodedVideo.FrameNumbersAsync(new Uri(stream.Playback, "?start=3&end=5").ToString());
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
        Assert.True(numbers[0] <= 90 && numbers[^1] >= 149, $"{numbers[0]} to {numbers[^1]}");
        using var open = await recorded.Server.AskAsync(playlist.Segments[^1].Address!, headers => headers.Range = new(0, 99));
        Assert.Equal(HttpStatusCode.PartialContent, open.StatusCode);
        Assert.True(open.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task It_plays_across_a_reconnect_without_the_gap()
    {
        var stream = await TestStream.CreateAsync(recorded.Server.Process);
        await using (await SilentPublisher.StartAsync(await Small.FlvAsync(), stream.Ingest))
        {
        }

        await stream.BecomesAsync("disconnected");
        await using var back = await SilentPublisher.StartAsync(await (Small with { FirstNumber = 5_000 }).FlvAsync(), stream.Ingest);
        await back.StopAsync();
        await stream.EndedAsync();
        var second = (double)(await stream.PlaylistAsync("?dvrMode=true")).Segments
            .TakeWhile(segment => !segment.Discontinuity).Sum(segment => segment.Duration);
        var query = FormattableString.Invariant($"?start=4.5&end={second + 1.5:0.###}");

        var playlist = await stream.PlaylistAsync(query);

        Assert.Single(playlist.Segments, segment => segment.Discontinuity);
        Assert.DoesNotContain(playlist.Segments, segment => segment.Gap);
        using var folder = new TempFolder();
        var runs = new List<IReadOnlyList<int>>();
        foreach (var run in await playlist.DownloadRunsAsync(recorded.Server.Anyone, folder))
        {
            runs.Add(await DecodedVideo.FrameNumbersAsync(run));
        }

        Assert.Equal([Enumerable.Range(runs[0][0], 180 - runs[0][0]), Enumerable.Range(5_000, runs[1].Count)], runs);
        Assert.True(runs[0][0] <= 135 && runs[1].Count >= 45, $"from {runs[0][0]}, then {runs[1].Count}");
        // Where time stamps begin anew, ffmpeg leaves out the first movie fragment.
        var numbers = await DecodedVideo.FrameNumbersAsync(new Uri(stream.Playback, query).ToString(), strict: false);
        Assert.Equal(numbers, runs.SelectMany(run => run).Where(number => number < 5_000 || number >= numbers[runs[0].Count]));
        Assert.InRange(numbers[runs[0].Count], 5_000, 5_015);
    }

    [Fact]
    public async Task A_private_stream_needs_a_login_for_a_piece_as_well()
    {
        var stream = await TestStream.CreateAsync(recorded.Server.Process, accessPolicy: "private");

        var refused = await recorded.Server.Anyone.GetAnswerAsync(stream.Playback.PathAndQuery + "?start=1&end=2");

        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
    }

    private static IEnumerable<Uri?> Addresses(HlsPlaylist playlist) => playlist.Segments.Select(segment => segment.Address);
}
