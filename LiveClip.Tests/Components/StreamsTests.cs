using Bunit;
using LiveClip.Web.Components.Pages;
using Xunit;

namespace LiveClip.Tests.Components;

public class StreamsTests : Dashboard
{
    [Fact]
    public void Without_streams_an_admin_is_led_to_make_one()
    {
        var page = Render<Streams>();

        Assert.Equal("/admin/streams?new=true", page.Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public void Without_streams_others_are_told_who_makes_them()
    {
        MayOnlyWatch();

        var page = Render<Streams>();

        Assert.Contains("An admin of this server creates streams", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".empty a"));
    }

    [Fact]
    public async Task A_stream_without_encoder_is_idle()
    {
        var stream = await CreateStreamAsync("Stage");

        var page = Render<Streams>();

        Assert.Equal("Idle", page.Find("[data-stream-status=idle]").TextContent.Trim());
        Assert.Equal($"/studio/{stream.Id}", page.Find("h2 a").GetAttribute("href"));
        Assert.Contains("Waiting for an encoder", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_without_name_goes_by_its_metadata_and_then_by_its_id()
    {
        var named = await CreateStreamAsync(null, givenName: "From the API");
        var nameless = await CreateStreamAsync(null);

        var page = Render<Streams>();

        Assert.Equal("From the API", page.Find($"[data-stream-id='{named.Id}'] h2").TextContent);
        Assert.Equal($"Stream {nameless.Id[..8]}", page.Find($"[data-stream-id='{nameless.Id}'] h2").TextContent);
    }

    [Fact]
    public async Task A_stream_on_air_shows_what_its_encoder_sends_and_from_where()
    {
        Publish(await CreateStreamAsync("Stage"));

        var page = Render<Streams>();

        Assert.Equal("Live", page.Find("[data-stream-status=active]").TextContent.Trim());
        Assert.Contains("1920×1080 · 30 fps · 4.8 Mb/s", page.Markup, StringComparison.Ordinal);
        Assert.Contains("from 203.0.113.24 · keyframe 1.0 s · no sound", page.Markup, StringComparison.Ordinal);
        Assert.Contains("1 of 1 on air", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("p.warning-text"));
    }

    [Fact]
    public async Task A_source_larger_than_its_stream_allows_is_warned_of()
    {
        Publish(await CreateStreamAsync("Stage", maxResolution: "720p"));

        var page = Render<Streams>();

        Assert.Contains("Larger than 720p: recorded untouched", page.Find("p.warning-text").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_encoder_counts_down_to_the_end_of_its_window()
    {
        Publish(await CreateStreamAsync("Stage")).Finish(endedByPublisher: false);

        var page = Render<Streams>();

        Assert.Matches(@"^Reconnecting, (60|5\d) s left$", page.Find("[data-stream-status=disconnected]").TextContent.Trim());
    }

    [Fact]
    public async Task Two_encoders_that_fight_for_a_stream_are_told_of()
    {
        var stream = await CreateStreamAsync("Stage");
        foreach (var _ in Enumerable.Range(0, 6))
        {
            Publish(stream);
        }

        Assert.Null(OnAir.TryBegin(stream.Id, TimeSpan.FromSeconds(60), "203.0.113.25", null));

        Assert.Contains("stop one of the two", Render<Streams>().Find("p.warning-text").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_appears_by_itself()
    {
        var stream = await CreateStreamAsync("Stage");
        var page = Render<Streams>();

        Publish(stream);

        page.WaitForElement("[data-stream-status=active]", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Health_is_read_every_second_while_something_is_on_air()
    {
        var publication = Publish(await CreateStreamAsync("Stage"));
        var page = Render<Streams>();
        var drawn = page.RenderCount;

        page.WaitForState(() => page.RenderCount > drawn, TimeSpan.FromSeconds(10));

        publication.Finish(endedByPublisher: true);
        page.WaitForElement("[data-stream-status=idle]", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_disposed_page_unsubscribes()
    {
        Render<Streams>();
        Assert.Equal(1, Subscribers);

        await DisposeComponentsAsync();

        Assert.Equal(0, Subscribers);
    }
}
