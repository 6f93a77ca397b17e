using System.Net;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>The images of recordings on the wire, of one that is over and of one on air.</summary>
public sealed class ImagesApiTests(RecordedServer recorded) : IClassFixture<RecordedServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("?time=12", 360)]
    [InlineData("?time=12.5s&width=160", 375)]
    [InlineData("?time=0&width=200&height=200&fit_mode=stretch", 0)]
    [InlineData("", 540)] // the middle
    public async Task A_thumbnail_of_what_is_over_is_the_picture_at_that_time(string query, int number)
    {
        using var answer = await GetAsync($"/{recorded.Over.PlaybackId}/thumbnail.jpg{query}");

        Assert.Equal((HttpStatusCode.OK, "image/jpeg"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal([number], await NumbersAsync(answer));
        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Without_a_time_what_is_on_air_shows_its_newest_picture()
    {
        using var answer = await GetAsync($"/{recorded.OnAir.PlaybackId}/thumbnail.jpg");

        Assert.InRange((await NumbersAsync(answer)).Single(), 150, 180);
        Assert.True(answer.Headers.CacheControl!.MaxAge <= TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("?time=-1", "time")]
    [InlineData("?time=noon", "time")]
    [InlineData("?time=37", "time")]
    [InlineData("?time=NaN", "time")]
    [InlineData("?width=1", "width")]
    [InlineData("?width=3841", "width")]
    [InlineData("?height=12.5", "height")]
    [InlineData("?fit_mode=tile", "fit_mode")]
    public async Task What_makes_no_sense_is_refused_with_the_field_named(string query, string field)
    {
        var answer = await recorded.Server.Process.Api.GetAnswerAsync($"/{recorded.Over.PlaybackId}/thumbnail.jpg{query}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal([field], answer.Fields);
    }

    [Fact]
    public async Task Rows_of_a_timeline_can_be_kept_for_ever_once_they_are_whole()
    {
        var playlist = await recorded.Over.PlaylistAsync();
        var recording = playlist.Segments[0].Address!.AbsolutePath.Split('/')[^3];
        foreach (var path in (string[])["filmstrip/0.jpg", "waveform/0.dat"])
        {
            using var answer = await GetAsync($"/{recorded.Over.PlaybackId}/{recording}/{path}");

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("immutable", $"{answer.Headers.CacheControl}", StringComparison.Ordinal);
            using var beyond = await GetAsync($"/{recorded.Over.PlaybackId}/{recording}/{path.Replace('0', '9')}");
            Assert.Equal(HttpStatusCode.NotFound, beyond.StatusCode);
            using var closed = await GetAsync($"/recordings/{recording}/{path}");
            Assert.NotEqual(HttpStatusCode.OK, closed.StatusCode);
            using var foreign = await GetAsync($"/{recorded.OnAir.PlaybackId}/{recording}/{path}");
            Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        }
    }

    [Fact]
    public async Task An_unknown_playback_id_shows_nothing()
    {
        using var answer = await GetAsync($"/{Guid.NewGuid()}/thumbnail.jpg");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var anybody = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        anybody.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");
        return await anybody.GetAsync(new Uri(recorded.Server.Process.Http, path), Cancellation);
    }

    private static async Task<IReadOnlyList<int>> NumbersAsync(HttpResponseMessage answer)
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.FullPath, "image.jpg");
        await File.WriteAllBytesAsync(file, await answer.Content.ReadAsByteArrayAsync(Cancellation), Cancellation);
        return await DecodedVideo.FrameNumbersAsync(file);
    }
}
