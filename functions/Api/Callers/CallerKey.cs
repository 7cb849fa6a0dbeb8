namespace Rescan.Functions.Api.Callers;

/// <summary>A key, and who is known by it.</summary>
/// <param name="Key">The key; never logged.</param>
/// <param name="Caller">Who shows it.</param>
public sealed record CallerKey(string Key, Caller Caller)
{
    /// <summary>Without the key.</summary>
    public override string ToString() => $"the key of {Caller.Name ?? "callers without a name"}";
}
