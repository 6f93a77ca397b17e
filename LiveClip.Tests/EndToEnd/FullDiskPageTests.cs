using LiveClip.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>The dashboard of a server whose disk is small: the notice that says so.</summary>
public sealed class FullDiskPageTests
{
    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Gop = 30 };

    [Theory]
    [InlineData("paused")]
    [InlineData(
        "low", "--LiveClip:Storage:ReserveMiB=0", "--LiveClip:Storage:PauseMiB=0", "--LiveClip:Storage:PauseMinutes=0",
        "--LiveClip:Storage:CriticalHours=0", "--LiveClip:Storage:LowHours=1000")]
    public async Task The_storage_notice_passes_the_accessibility_check(string level, params string[] settings)
    {
        using var folder = new TempFolder();
        await using var disk = await SmallDisk.MountAsync(folder.FullPath);
        await using var server = await ServerProcess.StartAsync(folder.FullPath, settings);
        var stream = await TestStream.CreateAsync(server);
        await using var publisher = await FfmpegPublisher.StartAsync(await Source.FlvAsync(), stream.Ingest, loop: true);
        await stream.PlaylistWithAsync(segments: 1);
        await using var browser = await Chromium.StartAsync();
        var page = await browser.SignInAsync(server.Http);

        foreach (var (width, height) in ((int, int)[])[(1440, 900), (390, 844)])
        {
            await page.SetViewportSizeAsync(width, height);
            // The network is never idle where a player waits for the next part.
            await page.GotoAsync($"/studio/{stream.Id}");
            var notice = page.Locator($"[data-storage={level}]");
            await notice.WaitForAsync();
            await Accessibility.CheckAsync(page);

            await notice.ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Streams and their retention" }).WaitForAsync();
            await Accessibility.CheckAsync(page);
        }

        await page.Context.CloseAsync();
    }
}
