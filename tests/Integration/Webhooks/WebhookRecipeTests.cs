using System.Diagnostics;
using System.Text.RegularExpressions;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Webhooks;

/// <summary>Runs the recipes of docs/webhooks.md as they are printed, with bash, openssl and curl.</summary>
public sealed partial class WebhookRecipeTests : IAsyncLifetime
{
    private HookHost hooks = null!;

    public async Task InitializeAsync() => hooks = await HookHost.StartAsync();

    public async Task DisposeAsync() => await hooks.DisposeAsync();

    [Fact]
    public async Task The_recipe_makes_a_secret_that_the_settings_take()
    {
        string secret = (await RunAsync(Recipes("whsec_")[0].Script)).Trim();

        await using HookHost other = await HookHost.StartAsync(new() { ["Rescan:Webhooks:Secrets:1"] = secret });
        Assert.Equal(202, (await other.PostSignedAsync("""{"appliance":"a"}""", secret: secret)).Status);
    }

    [Theory]
    [InlineData("/api/hooks/rescan")]
    [InlineData("/api/hooks/s3")]
    public async Task The_recipe_is_answered_as_printed(string path)
    {
        (string script, string? printed) = Assert.Single(Recipes(path));

        Assert.Equal(printed, await RunAsync(script));
    }

    [Fact]
    public async Task The_recipe_with_another_secret_is_refused()
    {
        Assert.Contains(
            "\"status\":401", await RunAsync(Recipes("/api/hooks/rescan")[0].Script, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"),
            StringComparison.Ordinal);
        Assert.Empty(hooks.Requests);
    }

    private static List<(string Script, string? Answer)> Recipes(string about)
    {
        DirectoryInfo root = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Rescan.sln")))
        {
            root = root.Parent!;
        }

        return [.. Recipe().Matches(File.ReadAllText(Path.Combine(root.FullName, "docs", "webhooks.md")))
            .Where(m => m.Groups["script"].Value.Contains(about, StringComparison.Ordinal))
            .Select(m => (m.Groups["script"].Value, m.Groups["answer"] is { Success: true } answer ? answer.Value : null))];
    }

    [GeneratedRegex(@"^```bash\n(?<script>.*?)^```\n(\nThe answer \(202\):\n\n```json\n(?<answer>.*?)\n```\n)?",
        RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Recipe();

    private async Task<string> RunAsync(string script, string secret = HookHost.Secret)
    {
        using Process bash = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["RESCAN_URL"] = hooks.Http.BaseAddress!.GetLeftPart(UriPartial.Authority),
                ["RESCAN_WEBHOOK_SECRET"] = secret,
                ["RESCAN_S3_KEY"] = HookHost.Key,
                ["no_proxy"] = "127.0.0.1",
            },
        })!;
        Task<string> errors = bash.StandardError.ReadToEndAsync();
        string output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, await errors);
        return output;
    }
}
