using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Rescan.Tests.Page;

/// <summary>
/// A tab on the page. Closing it fails the test when the page broke its own policy, met a fault or logged an error that was not expected.
/// </summary>
internal sealed class Tab : IAsyncDisposable
{
    private const string Reports = "reportOfThePolicy:";
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> faults = new();

    public Tab(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        page.PageError += (_, e) => faults.Enqueue(e);
        page.Dialog += (_, d) => faults.Enqueue($"a dialog: {d.Message}");
        page.Console += (_, m) =>
        {
            // The browser logs every answer over 399 by itself, and the page is meant to get some.
            if (m.Text.StartsWith(Reports, StringComparison.Ordinal)
                || (m.Type == "error" && !m.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)))
            {
                faults.Enqueue(m.Text);
            }
        };
    }

    /// <summary>Whether RESCAN_PICTURES is set.</summary>
    public static bool TakesPictures => Environment.GetEnvironmentVariable("RESCAN_PICTURES") is { Length: > 0 };

    public IPage Page { get; }

    /// <summary>What went wrong so far.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    public async Task GoAsync(Uri address)
    {
        await Page.AddInitScriptAsync(
            $"addEventListener('securitypolicyviolation', e => console.warn('{Reports}', e.effectiveDirective, e.blockedURI, e.sample))");
        await Page.GotoAsync(address.AbsoluteUri);
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Text(string text) => Page.GetByText(text, new PageGetByTextOptions { Exact = true });

    /// <summary>The row of a repository.</summary>
    public ILocator Row(string repository) => Page.GetByRole(AriaRole.Row).Filter(
        new LocatorFilterOptions { Has = Page.GetByRole(AriaRole.Rowheader).Filter(new LocatorFilterOptions { HasText = repository }) });

    /// <summary>Presses Tab until the focus is on a control of this name.</summary>
    public async Task TabToAsync(string name)
    {
        List<string> passed = [];
        for (int i = 0; i < 80; i++)
        {
            await Page.Keyboard.PressAsync("Tab");
            string focused = await Page.EvaluateAsync<string>(
                "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent");
            if (focused == name)
            {
                Assert.True(await Page.EvaluateAsync<bool>("() => document.activeElement.matches(':focus-visible')"));
                return;
            }

            passed.Add(focused);
        }

        Assert.Fail($"The Tab key never came to '{name}'. It passed: {string.Join(" | ", passed)}");
    }

    /// <summary>Fails on anything that axe-core finds wrong with what is shown.</summary>
    public async Task AssertAccessibleAsync(string view)
    {
        AxeResult result = await Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        Assert.True(
            result.Violations.Length == 0,
            $"{view}: {string.Join(Environment.NewLine, result.Violations.Select(v => $"{v.Id}: {v.Help}: {string.Join(" ", v.Nodes.Take(3).Select(n => n.Html))}"))}");
    }

    /// <summary>Shows all text in a font of the system, whichever that is.</summary>
    public async Task UseFontAsync(string family) =>
        await Page.EvaluateAsync("family => document.documentElement.style.setProperty('--font', family)", family);

    /// <summary>Sets the size of text, in pixels, that a person has chosen in the browser; 16 is usual.</summary>
    public async Task UseTextSizeAsync(int pixels)
    {
        ICDPSession devtools = await Page.Context.NewCDPSessionAsync(Page);
        await devtools.SendAsync(
            "Page.setFontSizes", new() { ["fontSizes"] = new Dictionary<string, object> { ["standard"] = pixels, ["fixed"] = pixels } });
    }

    /// <summary>Fails when the page is wider than the window.</summary>
    public async Task AssertFitsAsync(string view)
    {
        int[] widths = await Page.EvaluateAsync<int[]>("() => [document.documentElement.scrollWidth, innerWidth]");
        Assert.True(widths[0] <= widths[1], $"{view} is {widths[0]} wide in a window of {widths[1]}: {await WidestAsync()}");
    }

    /// <summary>What reaches beyond the window, for whoever must mend it.</summary>
    private async Task<string> WidestAsync() => string.Join(", ", await Page.EvaluateAsync<string[]>("""
        () => [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
          .map(e => `${e.tagName.toLowerCase()}.${e.getAttribute('class')} to ${Math.round(e.getBoundingClientRect().right)}`).slice(-6)
        """));

    /// <summary>Writes a picture into docs/images where RESCAN_PICTURES is set.</summary>
    public async Task PictureAsync(string name, bool whole = false)
    {
        if (TakesPictures)
        {
            await Page.ScreenshotAsync(
                new PageScreenshotOptions
                {
                    Path = Path.Combine(Browser.RepositoryRoot, "docs", "images", name + ".png"),
                    FullPage = whole
                });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await context.CloseAsync();
        Assert.Empty(faults);
    }
}
