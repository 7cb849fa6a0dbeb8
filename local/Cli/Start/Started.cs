using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Terminal;
using Spectre.Console;

namespace Rescan.Local.Cli.Start;

/// <summary>Tells what a server has started, and watches it to its end where that is wanted.</summary>
internal sealed class Started(OwnerClient client, bool json)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Whether anything was started.</summary>
    public bool Any { get; private set; }

    /// <returns>The exit code.</returns>
    public async Task<int> RescansAsync(IReadOnlyList<AcceptedView> accepted, bool wait, CancellationToken cancellationToken)
    {
        Any = true;
        foreach (AcceptedView rescan in accepted)
        {
            string how = rescan.Waits ? "starts when the one before it has ended" : rescan.Joined
                ? "is being rescanned already" : "is accepted";
            Output.Step($"{rescan.Repository?.Name} on {rescan.Appliance} {how}");
        }

        if (!wait)
        {
            if (json)
            {
                Output.PrintJson(accepted);
            }
            else
            {
                accepted.ToList().ForEach(a => Screen.Out.Say(a.Id));
            }

            return 0;
        }

        List<RescanOutcome> outcomes = [];
        foreach (AcceptedView rescan in accepted)
        {
            outcomes.Add(await Follower.FollowAsync(new RescanAtServer(client, rescan, accepted.Count > 1), cancellationToken));
            if (!json)
            {
                Output.Print(RunResult.Of(outcomes[^1]), json: false);
            }
        }

        if (json)
        {
            RunResult[] results = [.. outcomes.Select(RunResult.Of)];
            Output.PrintJson(results.Length == 1 ? results[0] : results);
        }

        return outcomes.Max(o => ExitCodes.Of(o.Outcome));
    }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(AcceptedView run, bool wait, CancellationToken cancellationToken)
    {
        Any = true;
        if (!wait)
        {
            if (json)
            {
                Output.PrintJson(run);
            }
            else
            {
                Screen.Out.Say(run.Id);
            }

            return 0;
        }

        Output.Step($"run {run.Id} is accepted");
        return End(Screen.Error.IsLive
            ? await Screen.Error.Console.Status().Spinner(Spinner.Known.Dots)
            .StartAsync("starting", line => WatchAsync(run.Id, line, cancellationToken))
            : await WatchAsync(run.Id, null, cancellationToken));
    }

    private async Task<RunView> WatchAsync(string id, StatusContext? line, CancellationToken cancellationToken)
    {
        HashSet<string> ended = [];
        HashSet<string> troubles = [];
        using PeriodicTimer timer = new(Look);
        while (true)
        {
            RunView now = await ServerPatience.AskAsync(c => client.GetRunAsync(id, c), cancellationToken);
            foreach (RunItemView item in now.Items.Where(i => i.State == RunItemState.Ended && ended.Add(i.Id)))
            {
                Output.Step($"{item.Repository.Name} on {item.Appliance}: {item.Outcome?.ToString() ?? "no outcome"}{(item.Reason is { } reason ? ", " + reason : "")}");
            }

            foreach (ApplianceTroubleView trouble in now.Troubles.Where(t => troubles.Add(t.Appliance + t.Trouble)))
            {
                Output.Step($"waiting for {trouble.Appliance}: {trouble.Trouble}");
            }

            if (now.FinishedAt is not null)
            {
                return now;
            }

            line?.Status(
                Markup.Escape(Words.Cut(RunLine.Of(now, DateTimeOffset.UtcNow), Math.Max(10, Screen.Error.Console.Profile.Width - 4))));
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private int End(RunView run)
    {
        if (json)
        {
            Output.PrintJson(run);
        }
        else
        {
            Screen.Out.Say($"{run.Id}: {run.Status}, {string.Join(", ", run.Counts.Select(c => $"{c.Value} {c.Key}"))}");
            foreach (string line in run.Errors.Concat(run.Warnings))
            {
                Screen.Out.Say(line);
            }
        }

        Outcome worst = run.Status switch
        {
            RunStatus.Canceled => Outcome.Canceled,
            RunStatus.TimedOut => Outcome.TimedOut,
            _ when run.Errors.Count > 0 || run.Items.Any(i => i.Outcome is null) => Outcome.Failed,
            _ => run.Warnings.Count > 0 ? Outcome.Warning : Outcome.Succeeded,
        };
        return run.Items.Select(i => i.Outcome).OfType<Outcome>().Append(worst).Max(ExitCodes.Of);
    }
}
