using Bunit;
using LiveClip.Core.Catalog;
using LiveClip.Web.Components.Controls;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Components;

public class ClipCardTests : Dashboard
{
    [Theory]
    [InlineData(ClipStatus.Queued, "queued", "Queued")]
    [InlineData(ClipStatus.Cutting, "cutting", "Cutting …")]
    public async Task A_clip_on_its_way_can_be_shared_and_not_downloaded(ClipStatus status, string name, string words)
    {
        var card = await RenderAsync(status);

        Assert.Equal(name, card.Find("[data-clip-id]").GetAttribute("data-status"));
        Assert.Equal(words, card.Find(".status").TextContent);
        Assert.NotEmpty(card.FindAll("[data-copy]"));
        Assert.Empty(card.FindAll("[download]"));
    }

    [Fact]
    public async Task A_clip_whose_end_lies_ahead_says_when_and_can_be_shared()
    {
        var card = await RenderAsync(ClipStatus.Waiting);

        Assert.Equal("waiting", card.Find("[data-clip-id]").GetAttribute("data-status"));
        Assert.Equal("Waiting for its end at 00:00:12.000", card.Find(".status").TextContent);
        Assert.NotEmpty(card.FindAll("[data-copy]"));
    }

    [Theory]
    [InlineData(TrimReason.MaxLength, "cap")]
    [InlineData(TrimReason.BroadcastEnded, "broadcast ended")]
    [InlineData(TrimReason.RecordingEnd, "end of the recording")]
    [InlineData(TrimReason.RecordingStart, "More seconds")]
    public async Task A_trimmed_clip_says_why(TrimReason reason, string words)
    {
        var card = await RenderAsync(ClipStatus.Ready, clip => (clip.Trimmed, clip.TrimReason) = (true, reason));

        Assert.Contains(words, card.Find(".trimmed").GetAttribute("title"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gaps_the_version_and_the_time_for_trimming_are_on_the_card()
    {
        var plain = await RenderAsync(ClipStatus.Ready);
        Assert.Empty(plain.FindAll(".gaps, .trimmable"));

        var card = await RenderAsync(ClipStatus.Ready, clip =>
        {
            clip.Version = 3;
            clip.Gaps = [new ClipGap(6 * 90_000, 8 * 90_000), new ClipGap(9 * 90_000, 9 * 90_000)];
            clip.TrimmableUntil = DateTimeOffset.UtcNow.AddDays(1);
        });

        Assert.Equal("2 gaps, 0:02.0 left out", card.Find(".gaps").TextContent);
        Assert.Equal("00:00:06.000 – 00:00:08.000, 00:00:09.000 – 00:00:09.000", card.Find(".gaps").GetAttribute("title"));
        Assert.Contains("version 3", card.Markup, StringComparison.Ordinal);
        Assert.StartsWith("trimmable until", card.Find(".trimmable").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_failed_leaves_the_one_before_to_be_shared_and_downloaded()
    {
        var card = await RenderAsync(ClipStatus.Failed, clip =>
        {
            (clip.Status, clip.ReadyAt) = (ClipStatus.Ready, clip.CreatedAt);
            clip.Versions.Add(ClipVersion.Of(clip));
            (clip.Status, clip.Version) = (ClipStatus.Failed, 2);
        });

        Assert.NotEmpty(card.FindAll("[data-copy]"));
        Assert.NotEmpty(card.FindAll("[download]"));
    }

    [Fact]
    public async Task A_ready_clip_tells_what_was_asked_for_and_what_is_in_the_file()
    {
        var card = await RenderAsync(ClipStatus.Ready);

        Assert.Equal(
            ["00:00:05.000 – 00:00:12.000", "00:00:04.000 – 00:00:12.000 · 240 frames"],
            card.FindAll(".range dd").Select(range => range.TextContent));
        Assert.Equal("Starts −1.000 s, ends +0.000 s from the marks", card.Find(".range [title]").GetAttribute("title"));
        Assert.Equal("0:08.0", card.Find(".length").TextContent);
        Assert.Equal("Goal- 2-1.mp4", card.Find("[download]").GetAttribute("download"));
    }

    [Fact]
    public async Task A_failed_clip_says_why_and_offers_no_link()
    {
        var card = await RenderAsync(ClipStatus.Failed, clip => clip.Error = "the disk is full");

        Assert.Equal("Failed", card.Find(".status").TextContent);
        Assert.Equal("the disk is full", card.Find(".reason").TextContent);
        Assert.Empty(card.FindAll("[data-copy], [download]"));
    }

    [Fact]
    public async Task A_poster_is_shown_where_there_is_one()
    {
        Assert.Empty((await RenderAsync(ClipStatus.Ready)).FindAll("img"));

        var card = await RenderAsync(ClipStatus.Ready, clip => clip.HasPoster = true);

        Assert.EndsWith("/poster.jpg", card.Find("img").GetAttribute("src"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("http://127.0.0.1:5000", true)]
    [InlineData("https://clips.example.org/", false)]
    public async Task A_link_that_only_this_machine_can_open_is_marked(string publicUrl, bool marked)
    {
        Services.GetRequiredService<IConfiguration>()["LiveClip:PublicUrl"] = publicUrl;

        var card = await RenderAsync(ClipStatus.Ready);

        Assert.Equal(marked, card.Markup.Contains("works on this machine only", StringComparison.Ordinal));
        if (!marked)
        {
            Assert.StartsWith("https://clips.example.org/c/", card.Find("[data-copy]").GetAttribute("data-copy"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_new_title_is_kept()
    {
        var card = await RenderAsync(ClipStatus.Ready);

        await card.Find("[title=Rename]").ClickAsync();
        card.Find(".rename input").Change(" Header ");
        await card.Find(".rename").SubmitAsync();

        Assert.Equal("Header", Stored(card.Instance.Clip).Title);
        Assert.Equal("Header", card.Find(".title h2").TextContent);
    }

    [Fact]
    public async Task Escape_leaves_the_title_as_it_was()
    {
        var card = await RenderAsync(ClipStatus.Ready);

        await card.Find("[title=Rename]").ClickAsync();
        await card.Find(".rename input").KeyDownAsync("Escape");

        Assert.Empty(card.FindAll(".rename"));
        Assert.Equal("Goal: 2/1", Stored(card.Instance.Clip).Title);
    }

    [Fact]
    public async Task Who_may_only_watch_can_neither_rename_nor_delete()
    {
        MayOnlyWatch();

        var card = await RenderAsync(ClipStatus.Ready);

        Assert.Empty(card.FindAll("[title=Rename], [title=Delete]"));
        Assert.NotEmpty(card.FindAll("[data-copy]"));
    }

    private async Task<IRenderedComponent<ClipCard>> RenderAsync(ClipStatus status, Action<Clip>? change = null)
    {
        var clip = AddClip(await CreateStreamAsync("Stage"), "Goal: 2/1", status, change);
        return Render<ClipCard>(parameters => parameters.Add(card => card.Clip, clip));
    }
}
