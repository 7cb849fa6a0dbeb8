using System.CommandLine;
using System.CommandLine.Completions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Settings;

namespace Rescan.Local.Cli.Completion;

/// <summary>Names to complete that this machine knows without asking an appliance. A shell waits for them: no error and no delay is
/// worth them.</summary>
internal static class Candidates
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Repositories that were rescanned on the state that the command line names.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Repositories(StateLocationArguments location) => context =>
        Quietly(() =>
    {
        if (!location.IsFolder(context.ParseResult))
        {
            return [];
        }

        using CancellationTokenSource patience = new(Patience);
        return Task.Run(() => RepositoriesAsync(location, context.ParseResult, patience.Token), patience.Token)
            .WaitAsync(patience.Token).GetAwaiter().GetResult();
    });

    /// <summary>Appliances of the settings.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Appliances(Option<string>? settings = null) => context =>
        Quietly(() =>
    {
        string file = settings is null ? SettingsFile.Usual : context.ParseResult.GetValue(settings) ?? SettingsFile.Usual;
        return
        [
            .. SettingsFile.Load(file, isNamed: false).Values.Where(
                s => s.Key.StartsWith("Rescan__Appliances__", StringComparison.OrdinalIgnoreCase)
                && s.Key.EndsWith("__Name", StringComparison.OrdinalIgnoreCase))
                .Select(s => s.Value).OfType<string>().Select(n => new CompletionItem(n)),
        ];
    });

    private static async Task<IReadOnlyList<CompletionItem>> RepositoriesAsync(StateLocationArguments location, ParseResult parse,
        CancellationToken cancellationToken)
    {
        await using HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
        IReadOnlyList<RescanOutcome> last = await source.Outcomes.GetLatestAsync(cancellationToken);
        return [.. last.Select(o => new CompletionItem(o.Repository.Name, detail: o.Appliance))
            .OrderBy(c => c.Label, StringComparer.Ordinal)];
    }

    private static IEnumerable<CompletionItem> Quietly(Func<IEnumerable<CompletionItem>> candidates)
    {
        try
        {
            return candidates();
        }
#pragma warning disable CA1031 // Nothing that goes wrong here may show on a line that somebody types.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }
}
