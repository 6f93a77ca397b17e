using Bunit;
using LiveClip.Core.Storage;
using LiveClip.Web.Components.Controls;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Components;

public class StorageNoticeTests : Dashboard
{
    [Fact]
    public void With_room_it_is_silent()
    {
        var notice = Render<StorageNotice>();

        Assert.Empty(notice.FindAll("button"));
        Assert.Equal("", notice.Find("[role=status]").TextContent);
    }

    [Fact]
    public void A_full_disk_is_told_at_once_with_what_to_do()
    {
        var notice = Render<StorageNotice>();

        Services.GetRequiredService<DiskWatch>().ReportFull();

        notice.WaitForElement("[data-storage=paused]", TimeSpan.FromSeconds(10));
        Assert.Equal("Recording is paused. The disk is full, the live picture goes on", notice.Find("[role=status]").TextContent);
        Assert.Contains("Free some space on the server's disk", notice.Find(".note").TextContent, StringComparison.Ordinal);
        Assert.NotNull(notice.Find(".note a[href='/admin/streams']"));
    }

    [Fact]
    public void Who_can_do_nothing_about_it_is_told_whom_to_tell()
    {
        MayOnlyWatch();
        Services.GetRequiredService<DiskWatch>().ReportFull();

        var notice = Render<StorageNotice>();

        Assert.Contains("Tell an admin of this server", notice.Find(".note").TextContent, StringComparison.Ordinal);
        Assert.Empty(notice.FindAll(".note a"));
    }

    [Theory]
    [InlineData(0.99, "59 min")]
    [InlineData(3.29, "3.2 h")]
    [InlineData(27.9, "27 h")]
    public void Time_that_is_left_is_rounded_down(double hours, string words) =>
        Assert.Equal(words, StorageNotice.Length(TimeSpan.FromHours(hours)));

    [Fact]
    public async Task A_disposed_notice_unsubscribes()
    {
        Render<StorageNotice>();
        Assert.Equal(1, Subscribers);

        await DisposeComponentsAsync();

        Assert.Equal(0, Subscribers);
    }
}
