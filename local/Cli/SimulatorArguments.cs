using System.CommandLine;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Errors;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Cli;

/// <summary>The options that say how a simulated appliance behaves.</summary>
internal sealed class SimulatorArguments
{
    private readonly Option<string> kind = ApplianceArguments.KindOption();

    private readonly Option<string> outcome = new Option<string>("--outcome")
    {
        HelpName = "OUTCOME", Description = "how sessions end", DefaultValueFactory = _ => "succeeded",
    }
        .AcceptOnlyFromAmong("succeeded", "warning", "failed", "canceled");

    private readonly Option<string> duration = new("--session-duration")
    {
        HelpName = "TIME", Description = "how long sessions run, such as 45s or 2m", DefaultValueFactory = _ => "20s",
    };
    private readonly Option<string?> pending = new("--pending")
    {
        HelpName = "TIME", Description = "how long a session waits before it runs",
    };
    private readonly Option<string?> product =
        new("--product")
        {
            HelpName = "RELEASE",
            Description =
                $"release to be: {string.Join(", ", ProductRelease.All.Select(r => r.Name))} (vbaws); {string.Join(", ", ProductRelease.OfServer.Select(r => r.Name))} (vbr)"
        };
    private readonly Option<int?> repositories = new("--repositories")
    {
        HelpName = "N", Description = "how many repositories it has, 1 to 5000",
    };
    private readonly Option<string?> twin = new("--twin")
    {
        HelpName = "NAME", Description = "one more repository, which shares this name",
    };
    private readonly Option<string?> bucket = new("--bucket") { HelpName = "NAME", Description = "one bucket for all repositories" };
    private readonly Option<string?> folder = new("--folder") { HelpName = "NAME", Description = "one folder for all repositories" };
    private readonly Option<string?> noise = new("--other-sessions")
    {
        HelpName = "TIME", Description = "how often a session of other work starts, such as 2s (vbr: 15m)",
    };
    private readonly Option<string?> lifetime = new("--token-lifetime")
    {
        HelpName = "TIME", Description = "how long a token lives (1h; vbr: 15m)",
    };
    private readonly Option<string?> skew = new("--clock-skew")
    {
        HelpName = "TIME", Description = "how far its clock is ahead, such as 90s; -90s when behind",
    };
    private readonly Option<string?> role = new("--role")
    {
        HelpName = "ROLE", Description = "the account's role (Portal Operator; vbr: Backup Administrator)",
    };
    private readonly Option<bool> exclusive = new("--one-at-a-time")
    {
        Description = "refuse a second rescan of a repository with 409 while one runs",
    };
    private readonly Option<string[]> faults = new("--faults")
    {
        HelpName = "NAME", Description = "faults to play, each as it usually strikes; 'rescan simulate --list-faults' says what they do",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> scenario =
        new("--scenario")
        {
            HelpName = "FILE", Description =
            "file of faults: {\"faults\": [{\"name\": \"throttled\", \"request\": \"log\", \"after\": 2, \"times\": 3, \"seconds\": 5}]}"
        };

    /// <summary>How long sessions run.</summary>
    public Option Duration => duration;

    public void AddTo(Command command)
    {
        faults.CompletionSources.Add([.. FaultCatalog.All.Select(f => f.Name)]);
        product.CompletionSources.Add([.. ProductRelease.All.Concat(ProductRelease.OfServer).Select(r => r.Name)]);
        foreach (Option option in new Option[] { kind, outcome, duration, pending, product, repositories, twin, bucket, folder, noise,
            lifetime, skew, role, exclusive, faults, scenario })
        {
            command.Add(option);
        }
    }

    /// <summary>What the appliance is.</summary>
    public SimulatedKind KindOf(ParseResult parse) =>
        Enum.Parse<SimulatedKind>(ApplianceArguments.ProductOf(parse.GetValue(kind)).Kind);

    /// <summary>Whether a release was named, which may not accept the usual revision.</summary>
    public bool NamesProduct(ParseResult parse) => parse.GetValue(product) is not null;

    /// <exception cref="CommandException">Something is not as it should be; nothing has been started.</exception>
    public SimulatorOptions Read(ParseResult parse)
    {
        if (parse.GetValue(repositories) is < 1 or > 5000)
        {
            throw new CommandException(ExitCodes.Usage, "--repositories must be 1 to 5000.");
        }

        SimulatorOptions usual = SimulatorOptions.Of(KindOf(parse));
        IReadOnlyList<SimulatedRepository> list = parse.GetValue(repositories) is null && parse.GetValue(bucket) is null
            && parse.GetValue(folder) is null
            ? usual.Repositories
            : SimulatedRepository.Many(
                parse.GetValue(repositories) ?? SimulatedRepository.Defaults.Count, parse.GetValue(bucket), parse.GetValue(folder));
        SimulatorOptions options = usual with
        {
            Outcome = parse.GetValue(outcome)!,
            SessionDuration = Durations.Parse("--session-duration", parse.GetValue(duration)!),
            PendingDuration = Span(parse, pending) ?? TimeSpan.Zero,
            Repositories = parse.GetValue(twin) is { } name ? SimulatedRepository.WithTwin(list, name) : list,
            OtherSessionsEvery = Span(parse, noise) ?? usual.OtherSessionsEvery,
            TokenLifetime = Span(parse, lifetime) ?? usual.TokenLifetime,
            ClockSkew = Skew(parse.GetValue(skew)),
            Role = parse.GetValue(role) ?? usual.Role,
            OneRescanAtATime = parse.GetValue(exclusive),
            Faults = Names(parse.GetValue(faults), usual.Kind),
        };
        try
        {
            options = parse.GetValue(product) is { } release ? options.OfProduct(release) : options;
            return parse.GetValue(scenario) is { } file ? options with { Scenario = FaultScenario.Read(file) } : options;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Usage, ErrorMessage.Reason(e));
        }
    }

    private static TimeSpan? Span(ParseResult parse, Option<string?> option) =>
        parse.GetValue(option) is { } text ? Durations.Parse(option.Name, text) : null;

    private static TimeSpan Skew(string? text) => text is null ? TimeSpan.Zero
        : text.StartsWith('-') ? -Durations.Parse("--clock-skew", text[1..])
        : Durations.Parse("--clock-skew", text);

    private static string[] Names(string[]? names, SimulatedKind kind)
    {
        string[] all =
            [.. (names ?? []).SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        return Array.Find(all, n => FaultCatalog.Of(kind).All(f => f.Name != n)) is { } unknown
            ? throw new CommandException(
                ExitCodes.Usage,
                $"No fault is named '{unknown}'.{(NearestName.Of(unknown, FaultCatalog.Of(kind).Select(f => f.Name)) is { } near ? $" Did you mean '{near}'?" : "")} Faults: {string.Join(", ", FaultCatalog.Of(kind).Select(f => f.Name))}.")
            : all;
    }
}
