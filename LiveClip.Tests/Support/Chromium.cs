using Microsoft.Playwright;

namespace LiveClip.Tests.Support;

/// <summary>The system's Chromium, headless, driven by Playwright.</summary>
public sealed class Chromium : IAsyncDisposable
{
    public const string Path = "/usr/bin/chromium";

    /// <summary>A name that leads to this machine and is, unlike localhost, no secure context on plain http.</summary>
    public const string PlainHost = "liveclip.test";

    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
        $"--host-resolver-rules=MAP {PlainHost} 127.0.0.1",
    ];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return new Chromium(
            playwright,
            await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = Arguments, Headless = true }));
    }

    /// <summary>Somebody's browser window: no cookies but its own.</summary>
    public async Task<IPage> OpenAsync(Uri home)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = home.ToString(),
            ViewportSize = new ViewportSize { Width = 1440, Height = 900 },
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        return page;
    }

    /// <summary>The same, signed in as the admin.</summary>
    public async Task<IPage> SignInAsync(Uri home)
    {
        var page = await OpenAsync(home);
        await page.GotoAsync("/login");
        await page.FillAsync("input[type=email]", ServerProcess.AdminEmail);
        await page.FillAsync("input[type=password]", ServerProcess.AdminPassword);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(new Uri(home, "/").ToString());
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
