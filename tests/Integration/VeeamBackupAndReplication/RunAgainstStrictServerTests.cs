using System.Diagnostics;
using System.Text.Json;
using Rescan.Tests.Integration.Rescans;

namespace Rescan.Tests.Integration.VeeamBackupAndReplication;

/// <summary>The real command as a child process, against a server that shares no code with the simulated one.</summary>
public sealed class RunAgainstStrictServerTests : IAsyncLifetime
{
    private static readonly string[] Keys =
        ["id", "appliance", "repository", "sessionId", "outcome", "reason", "startedAt", "finishedAt", "durationSeconds", "polls",
            "requests", "log"];

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-vbr-").FullName;
    private StrictServer server = null!;

    public async Task InitializeAsync() => server = await StrictServer.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(server.Violations);
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("Success", 0, "Succeeded")]
    [InlineData("Warning", 2, "Warning")]
    [InlineData("Failed", 3, "Failed")]
    [InlineData("None", 3, "Failed")]
    [InlineData("Partial", 3, "Failed")]
    public async Task The_result_is_the_exit_code_and_only_a_known_success_is_one(string result, int exit, string outcome)
    {
        server.Result = result;

        (int code, JsonElement printed) = await RunAsync();

        Assert.Equal((exit, outcome), (code, printed.GetProperty("outcome").GetString()));
        Assert.Equal(Keys, printed.EnumerateObject().Select(p => p.Name));
        Assert.All(
            printed.GetProperty("log").EnumerateArray(),
            i => Assert.Equal(["time", "status", "message"], i.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(
            ["Resynchronize started: 3 backups", "Found 3 backups: 3 backups"],
            printed.GetProperty("log").EnumerateArray().Select(i => i.GetProperty("message").GetString()!));
        Assert.Equal((1, 1, 0), (server.Count("rescan"), server.Count("password"), server.Count("refresh_token")));
        Assert.Equal(
            result is "None" or "Partial",
            (printed.GetProperty("reason").GetString() ?? "").Contains("does not count as a success", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("session", "drop", "lost", "drop")]
    [InlineData("session", "401")]
    [InlineData("session", "none", "401", "401")]
    [InlineData("session", "wait", "429")]
    [InlineData("session", "503", "503", "503", "503")]
    [InlineData("session", "500", "html")]
    [InlineData("log", "drop", "html", "503")]
    [InlineData("token", "lost", "503")]
    [InlineData("repositories", "lost", "html")]
    [InlineData("other", "503", "404", "html")]
    public async Task Trouble_that_passes_leaves_one_rescan_that_succeeds(string kind, params string[] troubles)
    {
        server.Meet(kind, troubles);

        (int code, JsonElement printed) = await RunAsync();

        Assert.True(code == 0, printed.ToString());
        Assert.Equal(1, server.Count("rescan"));
        Assert.Empty(server.Troubles[kind]);
    }

    [Theory]
    [InlineData("1.3-rev0", "lost", 1, "probably")]
    [InlineData("1.3-rev2", "drop", 2, null)]
    [InlineData("", "drop", 2, "may have been rescanned twice")]
    [InlineData("", "lost", 2, "may have been rescanned twice")]
    public async Task A_lost_answer_is_made_up_for_by_what_the_revision_tells(string revision, string trouble, int posts, string? reason)
    {
        server.Meet("rescan", trouble);

        (int code, JsonElement printed) = await RunAsync(revision.Length == 0 ? [] : ["--api-version", revision]);

        Assert.True((code, posts) == (0, server.Count("rescan")), printed.ToString());
        Assert.Contains(reason ?? "", printed.GetProperty("reason").GetString() ?? "", StringComparison.Ordinal);
        Assert.Contains(printed.GetProperty("sessionId").GetString()!, server.Sessions.Keys);
    }

    [Fact]
    public async Task Of_two_rescans_that_could_be_its_own_it_takes_neither()
    {
        server.Meet("rescan", "lost");
        server.AnotherBy = StrictServer.User;

        (int code, JsonElement printed) = await RunAsync("--api-version", "auto");

        Assert.True((code, server.Count("rescan")) == (0, 2), printed.ToString());
        Assert.Equal(server.Sessions.Values.MaxBy(s => s.Created)!.Id, printed.GetProperty("sessionId").GetString());
        Assert.Contains("may have been rescanned twice", printed.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_rescans_it_takes_the_one_of_its_own_account()
    {
        server.Meet("rescan", "lost");
        server.AnotherBy = @"LAB\somebody";

        (int code, JsonElement printed) = await RunAsync("--api-version", "auto");

        Assert.True((code, server.Count("rescan")) == (0, 1), printed.ToString());
        Assert.Contains("probably", printed.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Short_tokens_are_renewed_by_refresh_tokens_that_serve_once()
    {
        server.TokenLifetime = TimeSpan.FromSeconds(2);
        server.SessionDuration = TimeSpan.FromSeconds(8);

        Assert.Equal(0, (await RunAsync()).Code);

        Assert.Equal((1, 1), (server.Count("rescan"), server.Count("password")));
        Assert.InRange(server.Count("refresh_token"), 2, 20);
    }

    [Fact]
    public async Task A_dead_refresh_token_costs_one_full_sign_in()
    {
        server.SessionDuration = TimeSpan.FromSeconds(5);
        server.Meet("session", "restart");

        Assert.Equal(0, (await RunAsync()).Code);

        Assert.Equal((1, 2), (server.Count("rescan"), server.Count("password")));
    }

    [Fact]
    public async Task States_that_are_no_end_are_waited_out()
    {
        foreach (string state in (string[])["Starting", "Verifying", "Idle", "ActionRequired", "WaitingSlot"])
        {
            server.States.Enqueue(state);
        }

        (int code, JsonElement printed) = await RunAsync();

        Assert.True(code == 0 && printed.GetProperty("polls").GetInt32() > 5, printed.ToString());
    }

    [Fact]
    public async Task A_session_that_vanishes_is_lost()
    {
        server.Meet("session", "none", "vanish");

        Assert.Equal((8, "Lost"), Of(await RunAsync()));
    }

    [Fact]
    public async Task A_password_is_shown_once_so_that_no_account_is_locked()
    {
        Ended ended = await RescanProcess.RunAsync(Arguments(), "wrong");

        Assert.Equal((6, "Rejected"), (ended.Exit, ended.Json.GetProperty("outcome").GetString()));
        Assert.Equal(1, server.Count("password"));
        Assert.Contains("service account", ended.Json.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.2-rev1", "Repository rescan came with 12.3.1", 1)]
    [InlineData("auto", "Repository rescan came with 12.3.1", 4)]
    [InlineData("1.1-rev2", "has no repository rescan", 0)]
    public async Task A_server_without_rescan_is_told_and_no_password_is_counted(string revision, string said, int tries)
    {
        server.Revisions = ["1.2-rev0", "1.1-rev2"];

        (int code, JsonElement printed) = await RunAsync("--api-version", revision);

        Assert.Equal((6, tries, 0), (code, server.Count("password"), server.Count("rescan")));
        Assert.Contains(said, printed.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.3-rev1")]
    [InlineData("1.2-rev1")]
    public async Task Auto_takes_the_newest_revision_that_is_known_and_offered(string newest)
    {
        server.Revisions = ["1.9-rev0", .. server.Revisions.SkipWhile(r => r != newest)];

        Assert.Equal(0, (await RunAsync("--api-version", "auto")).Code);

        Assert.Equal(1, server.Count("password"));
    }

    [Fact]
    public async Task Killed_and_canceled_it_ends_as_canceled_though_the_server_says_failed()
    {
        server.SessionDuration = TimeSpan.FromMinutes(5);
        using (Process first = RescanProcess.Start(Arguments(), StrictServer.Password, Fast))
        {
            while (await first.StandardError.ReadLineAsync() is { } line && !line.Contains("poll 1 done", StringComparison.Ordinal))
            {
            }

            first.Kill();
            await first.WaitForExitAsync();
        }

        server.Meet("stop", "lost");
        (int code, JsonElement printed) = await RunAsync("--cancel");

        Assert.Equal((4, "Canceled"), (code, printed.GetProperty("outcome").GetString()));
        Assert.Equal(1, server.Count("rescan"));
        Assert.True(Assert.Single(server.Sessions.Values).WasStopped);
    }

    private static readonly (string, string?)[] Fast =
        [("Rescan__Polling__Kappa", "0.1"), ("Rescan__Polling__MinInterval", "00:00:00.3"), ("Rescan__Polling__MaxInterval", "00:00:01"),
            ("Rescan__LostAnswerWait", "00:00:03")];

    private static (int, string?) Of((int Code, JsonElement Printed) run) => (run.Code, run.Printed.GetProperty("outcome").GetString());

    private string[] Arguments(params string[] more) =>
    [
        "run", "--kind", "vbr", "--base-url", server.Url.AbsoluteUri, "--username", StrictServer.User, "--password-stdin", "--thumbprint",
        server.Thumbprint,
        "--repository", "Repository 01", "--state", folder, "--output", "json", .. more,
    ];

    private async Task<(int Code, JsonElement Printed)> RunAsync(params string[] more)
    {
        Ended ended = await RescanProcess.RunAsync(Arguments(more), StrictServer.Password, Fast);
        Assert.True(ended.Out.Length > 0, ended.Error);
        return (ended.Exit, ended.Json);
    }
}
