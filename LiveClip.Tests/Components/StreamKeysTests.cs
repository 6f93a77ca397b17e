using System.Net;
using Bunit;
using LiveClip.Web.Components.Pages.Admin;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen.Blazor;
using Xunit;
using RtmpAddress = LiveClip.Core.Ingest.RtmpAddress;

namespace LiveClip.Tests.Components;

public class StreamKeysTests : Dashboard
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_key_is_fetched_by_its_button_and_stands_in_no_page()
    {
        var stream = await CreateStreamAsync("Stage");

        var page = Render<StreamKeys>();

        Assert.Equal($"lc ••••••{stream.Id[^4..]}", page.FindAll("code")[1].TextContent);
        Assert.Equal($"/admin/streams/{stream.Id}/key", page.Find("[data-copy-from]").GetAttribute("data-copy-from"));
        Assert.DoesNotContain(Register.RevealKey(stream)[..8], page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_is_named_by_the_host_that_the_browser_uses()
    {
        await CreateStreamAsync("Stage");
        Services.GetRequiredService<RtmpAddress>().Set(new IPEndPoint(IPAddress.Loopback, 1936));

        Assert.Equal("rtmp://localhost:1936/live", Render<StreamKeys>().Find("code").TextContent);
    }

    [Fact]
    public async Task Who_publishes_is_shown()
    {
        var stream = await CreateStreamAsync("Stage");
        var page = Render<StreamKeys>();
        Assert.Contains("Nobody is publishing", page.Markup, StringComparison.Ordinal);

        Publish(stream);

        page.WaitForElement(".publisher b", Bound);
        Assert.Equal("203.0.113.24", page.Find(".publisher b").TextContent);
        Assert.Equal("OBS 30", page.Find(".publisher .muted").TextContent);
    }

    [Fact]
    public async Task Rotating_replaces_the_key_and_drops_the_publisher()
    {
        var stream = await CreateStreamAsync("Stage");
        var publication = Publish(stream);
        var (page, dialogs) = (Render<StreamKeys>(), Render<RadzenDialog>());

        page.FindAll("[data-stream-id] button").Single(button => button.TextContent.Contains("Rotate", StringComparison.Ordinal)).Click();
        dialogs.WaitForElement(".btn.danger", Bound);
        Assert.Contains("it is disconnected now", dialogs.Markup, StringComparison.Ordinal);
        dialogs.Find(".btn.danger").Click();

        page.WaitForState(() => publication.Cancelled.IsCancellationRequested, Bound);
        Assert.NotEqual(Register.RevealKey(stream), await Register.RevealKeyAsync(stream.Id, Token));
    }

    [Fact]
    public async Task Keeping_the_key_changes_nothing()
    {
        var stream = await CreateStreamAsync("Stage");
        var publication = Publish(stream);
        var (page, dialogs) = (Render<StreamKeys>(), Render<RadzenDialog>());

        page.FindAll("[data-stream-id] button").Single(button => button.TextContent.Contains("Rotate", StringComparison.Ordinal)).Click();
        dialogs.WaitForElement(".btn.danger", Bound);
        dialogs.FindAll(".btn")[0].Click();
        dialogs.WaitForState(() => dialogs.FindAll(".btn").Count == 0, Bound);

        Assert.False(publication.Cancelled.IsCancellationRequested);
        Assert.Equal(Register.RevealKey(stream), await Register.RevealKeyAsync(stream.Id, Token));
    }

    [Fact]
    public void The_first_stream_is_made_in_the_form_that_other_pages_lead_to()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("admin/streams?new=true");
        var dialogs = Render<RadzenDialog>();
        var page = Render<StreamKeys>();
        dialogs.WaitForElement("form", Bound);

        dialogs.Find("form").Submit();
        Assert.Contains("Give the stream a name.", dialogs.Markup, StringComparison.Ordinal);

        dialogs.Find("input[name=name]").Change("Main stage");
        dialogs.Find("form").Submit();

        page.WaitForElement("[data-stream-id]", Bound);
        Assert.Equal("Main stage", page.Find("h2").TextContent);
        Assert.Contains("clips up to 20:00 · recorded · rewindable · public", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_is_changed_in_a_dialog_that_names_what_is_wrong()
    {
        var stream = await CreateStreamAsync("Stage");
        var (page, dialogs) = (Render<StreamKeys>(), Render<RadzenDialog>());
        Assert.Contains("public · kept for 7 days", page.Markup, StringComparison.Ordinal);

        page.Find(".keep").Click();
        dialogs.WaitForElement("form", Bound);
        dialogs.Find("#retention-days").Change("5000");
        dialogs.Find("form").Submit();
        dialogs.WaitForState(() => dialogs.Markup.Contains("From 0 to 3,650 days.", StringComparison.Ordinal), Bound);

        dialogs.Find("#retention-days").Change("30");
        dialogs.Find("#retention-gib").Change("200");
        dialogs.Find("form").Submit();

        page.WaitForState(() => page.Markup.Contains("kept for 30 days, at most 200 GiB", StringComparison.Ordinal), Bound);
        Assert.Equal($"{stream.Id}", page.Find("[data-stream-id]").GetAttribute("data-stream-id"));
    }

    [Fact]
    public async Task A_disposed_page_unsubscribes()
    {
        Render<StreamKeys>();
        Assert.Equal(1, Subscribers);

        await DisposeComponentsAsync();

        Assert.Equal(0, Subscribers);
    }
}
