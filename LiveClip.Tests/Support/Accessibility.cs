using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>The check of axe: what keeps people from using a page by keyboard or screen reader, or from reading it.</summary>
internal static class Accessibility
{
    /// <summary>Of the page as it is shown now.</summary>
    public static async Task CheckAsync(IPage page)
    {
        var result = await page.RunAxe();
        Assert.True(
            result.Violations.Length == 0,
            $"{page.Url}: " + string.Join("; ", result.Violations.Select(v => $"{v.Id} at {string.Join(", ", v.Nodes.Select(n => n.Html))}")));
    }
}
