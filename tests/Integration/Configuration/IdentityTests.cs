using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Configuration;

/// <summary>The command as the process its users run; its Azure CLI answers what the test says.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class IdentityTests : IDisposable
{
    private const string Vault = "https://kv-nowhere.vault.azure.net/";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-identity-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_developer_s_az_login_is_taken_and_named_at_the_start_without_its_content()
    {
        string line = await ServeUntilAsync("Azure identity:", """
            echo "$@" >> "$(dirname "$0")/asked"
            echo '{"accessToken":"the-token","expiresOn":"2999-01-01 00:00:00.000000","expires_on":32472144000,"subscription":"s","tenant":"t","tokenType":"Bearer"}'
            """);

        Assert.Contains("Azure identity: AzureCliCredential, for Key Vault kv-nowhere.vault.azure.net", line, StringComparison.Ordinal);
        Assert.DoesNotContain("the-token", line, StringComparison.Ordinal);
        Assert.Contains(
            "--resource https://vault.azure.net", await File.ReadAllTextAsync(Path.Combine(folder, "asked")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_identity_the_app_starts_and_says_what_to_do() => Assert.Contains(
        "run az login",
        await ServeUntilAsync("Azure identity:", "echo 'ERROR: Please run az login to setup account.' >&2; exit 1"),
        StringComparison.Ordinal);

    [Fact]
    public async Task In_Azure_the_user_assigned_identity_is_taken_by_its_client_id()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();

        string said = await ServeUntilAsync("Azure identity:", "exit 1", new()
        {
            ["AZURE_TOKEN_CREDENTIALS"] = "ManagedIdentityCredential",
            ["AZURE_CLIENT_ID"] = "22222222-2222-2222-2222-222222222222",
            ["IDENTITY_ENDPOINT"] = endpoint.Address,
            ["IDENTITY_HEADER"] = "the-header",
        });

        Assert.Contains(
            "Azure identity: ManagedIdentityCredential, for Key Vault kv-nowhere.vault.azure.net", said, StringComparison.Ordinal);
        Assert.DoesNotContain("the-token", said, StringComparison.Ordinal);
        string asked = Assert.Single(endpoint.Asked);
        Assert.Contains("client_id=22222222-2222-2222-2222-222222222222", asked, StringComparison.Ordinal);
        Assert.Contains("resource=https://vault.azure.net", Uri.UnescapeDataString(asked), StringComparison.Ordinal);
        Assert.EndsWith("the-header", asked, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_made_on_first_use_only() => Assert.Null(new AzureIdentity(new ConfigurationBuilder().Build()).Kind);

    /// <summary>Serves until a line of the log holds a text, and gives all that was said until then.</summary>
    private async Task<string> ServeUntilAsync(string text, string az, Dictionary<string, string>? more = null)
    {
        string script = Path.Combine(folder, "az");
        await File.WriteAllTextAsync(script, "#!/bin/sh\n" + az + "\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ProcessStartInfo start = new(
            Environment.ProcessPath!.Contains("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "rescan.dll"), "serve", "--url", "http://127.0.0.1:0", "--state", folder])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string key, string value) in new Dictionary<string, string>
        {
            ["PATH"] = folder + ":/usr/bin:/bin",
            // A developer's own: no look for a managed identity, which no test machine should go out for.
            ["AZURE_TOKEN_CREDENTIALS"] = "dev",
            ["Rescan__KeyVaultUri"] = Vault,
            ["Rescan__Appliances__0__Name"] = "one",
            ["Rescan__Appliances__0__BaseUrl"] = "https://127.0.0.1:9",
            ["Rescan__Appliances__0__Username"] = "rescan",
            ["Rescan__Appliances__0__PasswordSecret"] = "one-password",
        }.Concat(more ?? []))
        {
            start.Environment[key] = value;
        }

        using Process serve = Process.Start(start)!;
        serve.ErrorDataReceived += (_, _) => { };
        serve.BeginErrorReadLine();
        try
        {
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
            string said = "";
            while (await serve.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                said += line + "\n";
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return said;
                }
            }

            throw new InvalidOperationException("The command ended: " + said);
        }
        finally
        {
            serve.Kill(entireProcessTree: true);
            await serve.WaitForExitAsync();
        }
    }

    /// <summary>The identity endpoint that App Service and Functions give an app.</summary>
    private sealed class Endpoint(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public string Address => app.Urls.First() + "/msi/token";

        public static async Task<Endpoint> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            Endpoint endpoint = new(builder.Build());
            endpoint.Serve();
            await endpoint.StartServingAsync();
            return endpoint;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private void Serve() => app.MapGet("/msi/token", (HttpRequest request) =>
        {
            Asked.Enqueue($"{request.QueryString} {request.Headers["X-IDENTITY-HEADER"]}");
            return Results.Json(
                new
                {
                    access_token = "the-token", expires_on = DateTimeOffset.UtcNow.AddHours(8).ToUnixTimeSeconds().ToString(
                    CultureInfo.InvariantCulture), resource = "https://vault.azure.net", token_type = "Bearer", client_id = "x"
                });
        });

        private Task StartServingAsync() => app.StartAsync();
    }
}
