using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Configuration.Vault;

public sealed class KeyVaultTests
{
    [Fact]
    public async Task A_password_comes_through_the_vault_s_challenge_and_appears_nowhere()
    {
        await using VaultApp app = await VaultApp.StartAsync("pass-word-1");
        app.Vault.Secrets[VaultApp.Secret] += "\n";

        RescanOutcome outcome = await app.EndAsync(await app.StartRescanAsync());

        Assert.Equal(Outcome.Succeeded, outcome.Outcome);
        Assert.Equal([401, 200], app.Vault.Answers);
        Assert.All(app.Vault.Identity.Asked, a => Assert.Equal(["https://vault.azure.net/.default"], a.Scopes));
        Assert.DoesNotContain(
            app.Logs.GetSnapshot(), l => l.Message.Contains("pass-word-1", StringComparison.Ordinal)
            || $"{l.Exception}".Contains("pass-word-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_rotated_while_the_app_runs_is_taken_up()
    {
        await using VaultApp app = await VaultApp.StartAsync("before");
        Assert.Equal(Outcome.Succeeded, (await app.EndAsync(await app.StartRescanAsync())).Outcome);

        app.Appliance.Password = app.Vault.Secrets[VaultApp.Secret] = "after";
        await app.ForgetTokensAsync();

        Assert.Equal(Outcome.Succeeded, (await app.EndAsync(await app.StartRescanAsync())).Outcome);
        Assert.Equal(2, app.Appliance.Ledger.Count(e => e is { Kind: "token", Status: 200 }));
    }

    [Fact]
    public async Task With_the_vault_down_the_app_starts_and_rescans_wait_for_it()
    {
        await using VaultApp app = await VaultApp.StartAsync("p", vaultUp: false);

        string id = await app.StartRescanAsync();
        Assert.Equal(
            $"Appliance 'appliance-1', sign-in: no password. The secret "
                + $"'{VaultApp.Secret}' of Key Vault {app.Vault.Host} cannot be read now: the vault does not answer.",
                await app.TroubleAsync(id));
        Assert.Empty(app.Appliance.Ledger);
        await app.Vault.UpAsync();

        RescanOutcome outcome = await app.EndAsync(id);
        Assert.Equal((Outcome.Succeeded, null), (outcome.Outcome, outcome.Reason));
        Assert.Single(app.Appliance.Ledger, e => e.Kind == "rescan");
    }

    [Fact]
    public async Task With_the_vault_down_later_tokens_serve_as_long_as_they_live()
    {
        await using VaultApp app = await VaultApp.StartAsync("p");
        Assert.Equal(Outcome.Succeeded, (await app.EndAsync(await app.StartRescanAsync())).Outcome);
        int asked = app.Vault.Answers.Count;

        await app.Vault.DownAsync();
        Assert.Equal(Outcome.Succeeded, (await app.EndAsync(await app.StartRescanAsync())).Outcome);
        Assert.Equal(asked, app.Vault.Answers.Count);

        await app.ForgetTokensAsync();
        string id = await app.StartRescanAsync();
        Assert.Contains("the vault does not answer", await app.TroubleAsync(id), StringComparison.Ordinal);
        await app.Vault.UpAsync();
        Assert.Equal(Outcome.Succeeded, (await app.EndAsync(id)).Outcome);
        Assert.Equal(3, app.Appliance.Ledger.Count(e => e is { Kind: "rescan", Status: 202 }));
    }

    [Theory]
    [InlineData(404, "does not exist: set it with az keyvault secret set")]
    [InlineData(403, "needs the role Key Vault Secrets User there, and the secret must be enabled")]
    [InlineData(200, "is empty")]
    public async Task What_no_wait_can_help_ends_the_rescan_and_names_the_secret(int status, string says)
    {
        await using VaultApp app = await VaultApp.StartAsync("p");
        switch (status)
        {
            case 404:
                app.Vault.Secrets.Clear();
                break;
            case 200:
                app.Vault.Secrets[VaultApp.Secret] = "\n";
                break;
            default:
                app.Vault.Refusal = Refuse(status, null);
                break;
        }

        RescanOutcome outcome = await app.EndAsync(await app.StartRescanAsync());

        Assert.Equal(Outcome.Rejected, outcome.Outcome);
        Assert.Contains($"secret '{VaultApp.Secret}' of Key Vault {app.Vault.Host} ", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains(says, outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "17", 17)]
    [InlineData(503, null, null)]
    public async Task A_busy_vault_is_asked_once_and_its_wish_to_wait_is_passed_on(int status, string? retryAfter, int? seconds)
    {
        await using VaultApp app = await VaultApp.StartAsync("p");
        app.Vault.Refusal = Refuse(status, retryAfter);

        SecretUnavailableException e = await Assert.ThrowsAsync<SecretUnavailableException>(
            () => app.Services.GetRequiredService<VaultSecrets>().ReadAsync(VaultApp.Secret, default));

        Assert.True(e.IsTransient);
        Assert.Equal(seconds, e.RetryAfter?.TotalSeconds);
        Assert.Equal([401, status], app.Vault.Answers);
    }

    private static Func<HttpContext, Task> Refuse(int status, string? retryAfter) => http =>
    {
        http.Response.StatusCode = status;
        http.Response.Headers.RetryAfter = retryAfter;
        return http.Response.WriteAsJsonAsync(new { error = new { code = "Refused", message = "Refused." } });
    };
}
