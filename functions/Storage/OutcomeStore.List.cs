namespace Rescan.Functions.Storage;

/// <content>Pages, newest first.</content>
public sealed partial class OutcomeStore
{
    private const int TimeDigits = 19;

    /// <summary>A page of outcomes, newest first, without their logs.</summary>
    /// <exception cref="FormatException">The continuation token is invalid.</exception>
    public async Task<OutcomePage> ListAsync(OutcomeQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        string? after = query.ContinuationToken is null ? null : ReadToken(query.ContinuationToken);
        List<RecordedOutcome> found = query switch
        {
            { InstanceId: { } instance } =>
                await FindAsync(KeyRange.Of(Instance, instance), TableKey.Of(Instance, instance), after, query, cancellationToken),
            { Repository: not null } => await FindInInstancesAsync(after, query, cancellationToken),
            _ => await FindAsync(KeyRange.Of(List), List, after, query, cancellationToken),
        };
        RecordedOutcome[] page = [.. found.Take(query.Limit)];
        return new OutcomePage(page, found.Count > query.Limit ? ContinuationToken.Of(PositionOf(page[^1])) : null);
    }

    private static string PositionOf(RecordedOutcome item) => TableKey.Of(TableKey.NewestFirst(item.Outcome.FinishedAt), item.RequestId);

    private static string ReadToken(string token)
    {
        string position = ContinuationToken.Read(token);
        return position.Length > TimeDigits && position[TimeDigits] == TableKey.Separator && position[..TimeDigits].All(char.IsAsciiDigit)
            && position.All(c => c is >= TableKey.Separator and <= '~')
            ? position
            : throw ContinuationToken.Invalid();
    }

    private static bool Takes(OutcomeQuery query, RescanOutcome outcome) =>
        IsLike(query.Appliance, outcome.Appliance)
        && (IsLike(query.Repository, outcome.Repository.Id) || IsLike(query.Repository, outcome.Repository.Name));

    private static bool IsLike(string? wanted, string text) =>
        wanted is null || string.Equals(wanted, text, StringComparison.OrdinalIgnoreCase);

    /// <summary>One more than the page takes, so that it shows whether there is another.</summary>
    private async Task<List<RecordedOutcome>> FindAsync(
        KeyRange range, string list, string? after, OutcomeQuery query, CancellationToken cancellationToken)
    {
        KeyRange rest = after is null ? range : range.From(list + TableKey.Separator + after);
        bool isFiltered = query.Appliance is not null || query.Repository is not null;
        List<RecordedOutcome> found = [];
        await foreach (TableRow row in table.QueryAsync(Partition, rest, isFiltered ? int.MaxValue : query.Limit + 1, cancellationToken))
        {
            RecordedOutcome item = StoredJson.Read<RecordedOutcome>(row);
            if (Takes(query, item.Outcome))
            {
                found.Add(item);
            }

            if (found.Count > query.Limit)
            {
                break;
            }
        }

        return found;
    }

    /// <summary>A repository has few instances, mostly one, so its outcomes are found without reading those of others.</summary>
    private async Task<List<RecordedOutcome>> FindInInstancesAsync(string? after, OutcomeQuery query, CancellationToken cancellationToken)
    {
        List<RecordedOutcome> found = [];
        foreach (RescanOutcome latest in (await GetLatestAsync(cancellationToken)).Where(o => Takes(query, o)))
        {
            OutcomeQuery whole = query with { Appliance = null, Repository = null };
            found.AddRange(
                await FindAsync(KeyRange.Of(Instance, latest.Id), TableKey.Of(Instance, latest.Id), after, whole, cancellationToken));
        }

        return [.. found.OrderBy(PositionOf, StringComparer.Ordinal).Take(query.Limit + 1)];
    }
}
