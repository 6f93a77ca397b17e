using Bunit;
using LiveClip.Core.Catalog;
using LiveClip.Core.Health;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Tests.Health;
using LiveClip.Web.Components.Controls;
using LiveClip.Web.Components.Pages;
using LiveClip.Web.Components.Pages.Admin;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Components;

public class HealthButtonTests : Dashboard
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Off_air_there_is_nothing_to_see() => Assert.Equal("", Render(await CreateStreamAsync("Stage")).Markup.Trim());

    [Fact]
    public async Task What_was_not_read_yet_is_being_measured()
    {
        var stream = await CreateStreamAsync("Stage");
        Publish(stream);
        Read();

        AssertShown(Render(stream), "none", "Measuring");
    }

    [Fact]
    public async Task The_worst_issue_is_its_name_and_the_panel_says_what_to_change()
    {
        var stream = await CreateStreamAsync("Stage");
        WithoutSound(Publish(stream), readings: 8);

        var button = Render(stream);
        AssertShown(button, "ok", "No sound");
        Assert.Empty(button.FindAll("[role=dialog]"));

        button.Find(".health").Click();
        Assert.Equal("true", button.Find(".health").GetAttribute("aria-expanded"));
        var issue = button.Find("[role=dialog] [data-issue=noAudioStream]");
        Assert.Equal("No sound", issue.QuerySelector("h3")!.TextContent);
        Assert.Contains("send AAC", issue.QuerySelector(".advice")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("0", button.Find("[data-figure=Sound] b").TextContent);
        Assert.StartsWith("M", button.Find("[data-figure=Video] path:last-child").GetAttribute("d"), StringComparison.Ordinal);

        button.Find("[role=dialog]").KeyDown("Escape");
        Assert.Empty(button.FindAll("[role=dialog]"));
    }

    [Fact]
    public void Who_watches_and_what_they_are_sent_is_told()
    {
        var reading = Readings.Good with { Audience = new AudienceReading(12, 3_000_000, FromMemory: 995, FromDisk: 5), Waiting = 9 };

        var panel = Render<HealthPanel>(parameters => parameters.Add(
            panel => panel.Report, new HealthReport(HealthStatus.Good, reading, [], [reading])));

        Assert.Equal("12", panel.Find("[data-figure=Viewers] b").TextContent);
        Assert.Equal("24.0", panel.Find("[data-figure='Sent to them'] b").TextContent);
        Assert.Contains("99 % of what viewers asked for was still in memory", panel.Find(".counts").TextContent, StringComparison.Ordinal);
        Assert.Contains("wait for the next pictures: 9.", panel.Find(".counts").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encoder_that_falls_silent_turns_it_bad_by_itself()
    {
        var stream = await CreateStreamAsync("Stage");
        Publish(stream);
        Read();
        var button = Render(stream);

        for (var second = 0; second < 3; second++)
        {
            Read();
        }

        button.WaitForElement("[data-health=bad]", Bound);
        AssertShown(button, "bad", "Nothing arrives");
        Assert.Equal("Nothing arrives", button.Find("[role=status]").TextContent);
    }

    [Fact]
    public async Task It_is_drawn_anew_only_when_something_has_changed()
    {
        var stream = await CreateStreamAsync("Stage");
        Publish(stream);
        Read();
        var button = Render(stream);
        var wall = Render<Streams>();
        var drawn = button.RenderCount;
        var ofWall = wall.RenderCount;

        wall.WaitForState(() => wall.RenderCount >= ofWall + 2, Bound);

        Assert.Equal(drawn, button.RenderCount);
    }

    [Fact]
    public async Task The_wall_and_the_admins_page_show_it_too()
    {
        var stream = await CreateStreamAsync("Stage");
        WithoutSound(Publish(stream), readings: 8);

        Assert.Equal("No sound", Render<Streams>().Find(".health .text").TextContent);
        Assert.Equal("No sound", Render<StreamKeys>().Find(".health .text").TextContent);
    }

    private static void AssertShown(IRenderedComponent<HealthButton> button, string word, string text)
    {
        Assert.Equal(word, button.Find(".health").GetAttribute("data-health"));
        Assert.Equal(text, button.Find(".health .text").TextContent);
    }

    private IRenderedComponent<HealthButton> Render(LiveStream stream) =>
        Render<HealthButton>(parameters => parameters.Add(button => button.StreamId, stream.Id));

    private void Read() => Services.GetRequiredService<StreamHealths>().Read();

    /// <summary>A keyframe a reading, and no sound.</summary>
    private void WithoutSound(Publication publication, int readings)
    {
        var track = new VideoTrack(AvcConfiguration.Parse(FullHd));
        for (var reading = 1; reading <= readings; reading++)
        {
            var decodeTime = 180_000 + (reading * 90_000);
            publication.Publish(new Sample { Track = track, DecodeTime = decodeTime, IsSync = true, Data = new byte[400_000] });
            Read();
        }
    }
}
