using Bunit;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Web.Components.Controls;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ClipsPage = LiveClip.Web.Components.Pages.Clips;

namespace LiveClip.Tests.Components;

public class ClipsTests : Dashboard
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public void Without_clips_it_says_how_to_make_one()
    {
        var page = Render<ClipsPage>();

        Assert.Contains("No clips yet", page.Markup, StringComparison.Ordinal);
        Assert.Contains("press I and O", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_clip_stands_first()
    {
        var stream = await CreateStreamAsync("Stage");
        AddClip(stream, "older", age: 2);
        AddClip(stream, "newest");
        AddClip(stream, "oldest", age: 3);

        Assert.Equal(["newest", "older", "oldest"], Titles(Render<ClipsPage>()));
    }

    [Theory]
    [InlineData("goal", "Goal 2–1")]
    [InlineData("ÜBUNG", "Übung am Morgen")]
    [InlineData("übung", "Übung am Morgen")]
    [InlineData("50%", "50% off")]
    [InlineData("a_b", "a_b")]
    public async Task The_search_in_the_address_finds_titles(string query, string title)
    {
        var stream = await CreateStreamAsync("Stage");
        foreach (var other in new[] { "Goal 2–1", "Übung am Morgen", "50% off", "500", "a_b", "acb", null })
        {
            AddClip(stream, other);
        }

        Assert.Equal([title], Titles(RenderAt($"clips?q={Uri.EscapeDataString(query)}")));
    }

    [Fact]
    public async Task What_is_typed_goes_into_the_address()
    {
        AddClip(await CreateStreamAsync("Stage"), "Goal");
        var page = RenderAt("clips");

        page.Find("input[type=search]").Change(" kick off ");

        Assert.EndsWith("/clips?q=kick%20off", Navigation.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_streams_clips_can_be_chosen()
    {
        var (stage, pitch) = (await CreateStreamAsync("Stage"), await CreateStreamAsync("Pitch"));
        AddClip(stage, "song");
        AddClip(pitch, "goal");

        Assert.Equal(["goal"], Titles(RenderAt($"clips?stream={pitch.Id}")));
    }

    [Fact]
    public async Task A_search_without_a_match_leads_back_to_all()
    {
        AddClip(await CreateStreamAsync("Stage"), "Goal");

        var page = RenderAt("clips?q=nothing");

        Assert.Contains("No clip matches", page.Markup, StringComparison.Ordinal);
        Assert.Equal("/clips", page.Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public async Task More_than_a_page_is_shown_on_demand()
    {
        var stream = await CreateStreamAsync("Stage");
        for (var age = 0; age < 50; age++)
        {
            AddClip(stream, $"{age}", age: age);
        }

        var page = Render<ClipsPage>();
        Assert.Equal(48, Titles(page).Count);

        await page.Find(".more").ClickAsync();

        Assert.Equal(50, Titles(page).Count);
        Assert.Empty(page.FindAll(".more"));
    }

    [Fact]
    public async Task A_clip_turns_ready_by_itself()
    {
        var clip = AddClip(await CreateStreamAsync("Stage"), "Goal", ClipStatus.Cutting);
        var page = Render<ClipsPage>();
        await Services.GetRequiredService<CatalogWriter>().WriteAsync(
            async context => (await context.Clips.FindAsync(clip.Id))!.Status = ClipStatus.Ready, Token);

        Changes.Publish(new ClipChanged(clip.StreamId, clip.Id));

        page.WaitForElement("[data-status=ready]", Bound);
    }

    [Fact]
    public async Task Deleting_hides_the_clip_and_undo_brings_the_same_link_back()
    {
        var clip = AddClip(await CreateStreamAsync("Stage"), "Goal");
        var page = Render<ClipsPage>();
        var toasts = Render<ToastHost>();

        await page.Find("[title=Delete]").ClickAsync();
        page.WaitForState(() => Titles(page).Count == 0, Bound);
        Assert.NotNull(Stored(clip).DeletedAt);

        toasts.WaitForElement(".toast .btn", Bound).Click();
        page.WaitForState(() => Titles(page).Count == 1, Bound);
        Assert.Null(Stored(clip).DeletedAt);
        Assert.EndsWith($"/c/{clip.Slug}", page.Find("[data-copy]").GetAttribute("data-copy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disposed_page_unsubscribes()
    {
        Render<ClipsPage>();
        Assert.Equal(1, Subscribers);

        await DisposeComponentsAsync();

        Assert.Equal(0, Subscribers);
    }

    private NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    private IRenderedComponent<ClipsPage> RenderAt(string address)
    {
        Navigation.NavigateTo(address);
        return Render<ClipsPage>();
    }

    private static List<string> Titles(IRenderedComponent<ClipsPage> page) =>
        [.. page.FindAll("[data-clip-id] .title h2").Select(title => title.TextContent)];
}
