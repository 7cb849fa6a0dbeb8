using System.Diagnostics;
using System.Reflection;
using Microsoft.Playwright;

namespace Rescan.Tests.Page;

/// <summary>One Chromium for all tests of the page.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright playwright = null!;
    private IBrowser chromium = null!;

    public static string RepositoryRoot { get; } =
        typeof(Browser).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    public async Task InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = await FindAsync(),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync"],
        });
    }

    public async Task DisposeAsync()
    {
        await chromium.CloseAsync();
        playwright.Dispose();
    }

    /// <summary>Opens an address in a tab of its own, with storage of its own.</summary>
    internal async Task<Tab> OpenAsync(Uri address, bool dark = false, int width = 1280, int height = 900, float scale = 1)
    {
        IBrowserContext context = await chromium.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            DeviceScaleFactor = scale,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new ViewportSize { Width = width, Height = height },
        });
        context.SetDefaultTimeout(60_000);
        Tab tab = new(context, await context.NewPageAsync());
        await tab.GoAsync(address);
        return tab;
    }

    private static async Task<string> FindAsync()
    {
        using Process process = Process.Start(
            new ProcessStartInfo(
                Path.Combine(RepositoryRoot, "build", "chromium"))
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string path = (await process.StandardOutput.ReadToEndAsync()).Trim();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? path : throw new InvalidOperationException(await errors);
    }
}

[CollectionDefinition("browser")]
public sealed class BrowserGroup : ICollectionFixture<Browser>;
