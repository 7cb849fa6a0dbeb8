using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Rescan.Tests.Infra;

/// <summary>The scripts of infra/, run by the shell; in place of the Azure CLI stands a script that keeps what it is given.</summary>
public sealed class ScriptTests : IDisposable
{
    private const string Script = "infra/set-secret.sh";

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-scripts-").FullName;

    public ScriptTests()
    {
        Write("az", """
            #!/bin/sh
            printf '%s\n' "$@" > "$KEPT/arguments"
            cat /dev/stdin > "$KEPT/value"
            """);
        Write("azd", """
            #!/bin/sh
            [ "$*" = "env get-value KEY_VAULT_NAME" ] && echo kv-of-azd
            """);
    }

    private void Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(folder, name), text + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(folder, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Value => File.ReadAllText(Path.Combine(folder, "value"));

    private string[] Arguments => File.ReadAllLines(Path.Combine(folder, "arguments"));

    [Theory]
    [InlineData("p4ss\n")]
    [InlineData("p4ss\r\n")]
    [InlineData("p4ss")]
    [InlineData("p4ss\n\n\n")]
    public async Task A_secret_that_is_piped_in_loses_its_line_break(string piped)
    {
        foreach (string shell in (string[])["sh", "bash"])
        {
            Assert.Equal(0, (await RunAsync(shell, [Script, "appliance-1-password", "kv-one"], piped)).ExitCode);
            Assert.Equal("p4ss", Value);
        }

        Assert.Equal(
            "keyvault secret set --vault-name kv-one --name appliance-1-password --file /dev/stdin --encoding utf-8 --query id --output "
                + "tsv",
            string.Join(' ', Arguments));
    }

    [Theory]
    [InlineData(@"  a b\n%s\\ $HOME `id` 'q' ""q"" é€ *")]
    [InlineData("-n")]
    public async Task Whatever_else_a_secret_has_it_keeps(string secret)
    {
        await RunAsync("sh", [Script, "name", "kv-one"], secret + "\n");

        Assert.Equal(secret, Value);
    }

    [Fact]
    public async Task A_secret_that_is_typed_is_not_shown()
    {
        (int exitCode, string said) = await RunAsync("script", ["-qec", $"sh {Script} name kv-one", "/dev/null"], "typ3d\n");

        Assert.Equal(0, exitCode);
        Assert.Equal("typ3d", Value);
        Assert.Contains("Value of name", said, StringComparison.Ordinal);
        // The terminal may show what was typed before the script began to listen, and nothing after its question.
        Assert.DoesNotContain("typ3d", said[said.IndexOf("Value of name", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n", "is empty")]
    [InlineData("one\ntwo\n", "several lines")]
    public async Task Nothing_is_set_when_the_value_cannot_be_a_secret(string piped, string says)
    {
        (int exitCode, string said) = await RunAsync("sh", [Script, "name", "kv-one"], piped);

        Assert.Equal(1, exitCode);
        Assert.Contains(says, said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "arguments")));
    }

    [Fact]
    public async Task The_vault_is_the_one_that_azd_made_unless_named()
    {
        await RunAsync("sh", [Script, "name"], "x");

        Assert.Equal("kv-of-azd", Arguments[4]);
    }

    [Fact]
    public async Task Each_secret_is_told_with_the_command_that_sets_it()
    {
        Dictionary<string, string> outputs = new()
        {
            ["KEY_VAULT_NAME"] = "kv-one",
            // As azd hands over an output that is a list.
            ["VAULT_ENTRIES_TO_SET"] = """["appliance-1-password","hook"]""",
            ["OUTBOUND_ADDRESS"] = "192.0.2.7",
        };

        (int exitCode, string said) = await RunAsync("sh", [Root("hooks")["postprovision"]["posix"]["run"].ToString()], "", outputs);

        Assert.Equal(0, exitCode);
        Assert.Contains("192.0.2.7", said, StringComparison.Ordinal);
        string[] commands = [.. Regex.Matches(said, "(?m)^  (.*)$").Select(m => m.Groups[1].Value)];
        Assert.Equal(["infra/set-secret.sh appliance-1-password kv-one", "infra/set-secret.sh hook kv-one"], commands);
        foreach (string command in commands)
        {
            Assert.Equal(0, (await RunAsync("bash", ["-c", command], "p4ss\n")).ExitCode);
            Assert.Equal("p4ss", Value);
        }
    }

    [Fact]
    public async Task The_workflow_hands_on_what_the_deployment_made()
    {
        string step = Regex.Match(
            SourceTree.Read(".github/workflows/deploy.yml"),
            @"(?s)- name: Deploy the resources\n        run: \|\n(.*?)\n      - name:").Groups[1].Value;
        Write("az", """
            #!/bin/sh
            cat "$KEPT/deployed.json"
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "deployed.json"), """
            {
              "azurE_RESOURCE_GROUP": { "type": "String", "value": "rg-rescan-nightly" },
              "functioN_APP_NAME": { "type": "String", "value": "func-one" },
              "apI_URL": { "type": "String", "value": "https://func-one.example/api" },
              "sigN_IN_CLIENT_ID": { "type": "String", "value": "" },
              "keY_VAULT_NAME": { "type": "String", "value": "kv-one" },
              "vaulT_ENTRIES_TO_SET": { "type": "Array", "value": ["appliance-1-password", "hook"] },
              "outbounD_ADDRESS": { "type": "String", "value": "" }
            }
            """);
        string environment = Path.Combine(folder, "environment");

        (int exitCode, string said) = await RunAsync(
            "bash",
            ["-eo", "pipefail", "-c", step.Replace("artifacts/", "$KEPT/", StringComparison.Ordinal)],
            "",
            new() { ["GITHUB_ENV"] = environment, ["GITHUB_RUN_ID"] = "1", ["AZURE_LOCATION"] = "westeurope", ["PARAMETERS"] = "p" });

        Assert.True(exitCode == 0, said);
        Dictionary<string, string> handedOn = (await File.ReadAllLinesAsync(environment))
            .Select(l => l.Split('=', 2))
            .ToDictionary(l => l[0], l => l[1]);
        Assert.Equal("func-one", handedOn["FUNCTION_APP_NAME"]);
        Assert.Equal("https://func-one.example/api", handedOn["API_URL"]);
        Assert.Equal("", handedOn["OUTBOUND_ADDRESS"]);
        (exitCode, said) = await RunAsync("sh", ["infra/next-steps.sh"], "", handedOn);
        Assert.Equal(0, exitCode);
        Assert.Contains("  infra/set-secret.sh hook kv-one\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_deployment_the_timer_is_waited_for_and_the_next_runs_are_shown()
    {
        Write("az", """
            #!/bin/sh
            echo 0123456789abcdef
            """);
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions()], new() { ["Rescan:Key"] = "0123456789abcdef", ["Rescan:Schedules:0:Zone"] = "Europe/Berlin" });
        ScheduleStore store = api.Host.Services.GetRequiredService<ScheduleStore>();
        Dictionary<string, string> environment = new()
        {
            ["AZURE_RESOURCE_GROUP"] = "g", ["FUNCTION_APP_NAME"] = "f", ["API_URL"] = new Uri(api.Host.BaseAddress, "api").AbsoluteUri,
            ["TRIES"] = "1", ["PAUSE"] = "0",
        };
        await store.TickAsync(new DateTimeOffset(2026, 5, 4, 5, 59, 59, 500, TimeSpan.Zero), default);

        (int stopped, string said) = await RunAsync("sh", ["infra/check-schedule.sh", "2026-05-04T06:00:00Z"], "", environment);
        Assert.Equal(1, stopped);
        Assert.Contains("has not looked for due runs since 2026-05-04T06:00:00Z: restart the app", said, StringComparison.Ordinal);
        await store.TickAsync(new DateTimeOffset(2026, 5, 4, 6, 0, 0, 1, TimeSpan.Zero), default);
        (int looks, said) = await RunAsync("sh", ["infra/check-schedule.sh", "2026-05-04T06:00:00Z"], "", environment);

        Assert.True(looks == 0, said);
        Assert.Matches(@"(?m)^nightly: next run \d{4}-\d\d-\d\dT(00|23):30:00\+00:00 UTC \(30 1 \* \* \*, Europe/Berlin\)$", said);
    }

    [Fact]
    public async Task Where_callers_sign_in_the_timer_is_left_to_a_person_to_look_at()
    {
        (int exit, string said) = await RunAsync(
            "sh", ["infra/check-schedule.sh", "2026-05-04T06:00:00Z"], "",
            new() { ["SIGN_IN_CLIENT_ID"] = "00000000-0000-0000-0000-00000000000c" });

        Assert.True(exit == 0, said);
        Assert.Contains("see by the status page", said, StringComparison.Ordinal);
    }

    /// <summary>What is done with a service, azd does within several commands; a hook for one command misses the others.</summary>
    [Fact]
    public void Hooks_of_a_command_are_no_hooks_of_a_service() => Assert.All(
        Root("hooks").Children.Keys.Select(k => k.ToString()),
        name => Assert.Matches("^(pre|post)(provision|up|down)$", name));

    private static YamlMappingNode Root(string key)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(SourceTree.Read("azure.yaml")));
        return (YamlMappingNode)stream.Documents[0].RootNode[key];
    }

    private async Task<(int ExitCode, string Said)> RunAsync(
        string program, string[] arguments, string input, Dictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = SourceTree.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{folder}:{start.Environment["PATH"]}";
        start.Environment["KEPT"] = folder;
        start.Environment.Remove("KEY_VAULT_NAME");
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }

        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await complaints);
    }
}
