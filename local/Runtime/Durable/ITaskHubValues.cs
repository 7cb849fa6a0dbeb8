namespace Rescan.Local.Runtime.Durable;

/// <summary>Small values that the runtime keeps beside the instances, by keys of letters, digits, dots and dashes.</summary>
internal interface ITaskHubValues
{
    /// <summary>All values whose keys begin so, in the order of the keys.</summary>
    Task<IReadOnlyList<KeyValuePair<string, string>>> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Sets a value; null removes it.</summary>
    Task SetAsync(string key, string? value, CancellationToken cancellationToken);
}
