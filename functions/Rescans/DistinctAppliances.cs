using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Signs in, and refuses an entry of the settings that leads to an appliance which another entry stands for: every repository would be
/// rescanned twice. Addresses do not always tell, as where a port is forwarded; what an appliance calls itself does, where its kind has
/// such a name. The first entry that signs in holds the appliance, for all processes on the store.
/// </summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="identities">Keeps which entry holds an appliance.</param>
/// <param name="twins">Is told what is found.</param>
/// <param name="options">The settings.</param>
/// <param name="time">The clock.</param>
public sealed class DistinctAppliances(
    IApplianceClients appliances, IdentityStore identities, ApplianceTwins twins, IOptions<RescanOptions> options, TimeProvider time)
{
    /// <summary>Servers are seldom replaced, and each rescan asks anew.</summary>
    private static readonly TimeSpan OwnFor = TimeSpan.FromMinutes(10);

    /// <summary>Somebody may have mended the settings of the other entry, or its name may lead elsewhere by now.</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromMinutes(1);

    /// <summary>The other entry is asked before this one is refused; one that does not answer may still be the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Seen> seen = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Signs in.</summary>
    /// <exception cref="ApplianceException">The appliance refused, or another entry stands for it.</exception>
    /// <exception cref="UnknownApplianceException">No appliance of that name is configured.</exception>
    public async Task<SignInResult> SignInAsync(string appliance, CancellationToken cancellationToken)
    {
        SignInResult signedIn = await appliances.Get(appliance).SignInAsync(cancellationToken);
        if (signedIn.Identity is { } identity && KindOf(appliance) is { } kind && SiblingsOf(appliance, kind).Any())
        {
            Require(appliance, await LookAsync(appliance, kind, identity, cancellationToken));
        }

        return signedIn;
    }

    /// <summary>The same for who only wants to know, and lately may have been told.</summary>
    /// <inheritdoc cref="SignInAsync"/>
    public async Task RequireAsync(string appliance, CancellationToken cancellationToken)
    {
        if (KindOf(appliance) is not { } kind || ApplianceProducts.Find(kind) is not { TellsIdentity: true }
            || !SiblingsOf(appliance, kind).Any())
        {
            return;
        }

        if (seen.TryGetValue(appliance, out Seen? known) && IsFresh(known))
        {
            Require(appliance, known.Other);
            return;
        }

        await SignInAsync(appliance, cancellationToken);
    }

    private static void Require(string appliance, string? other)
    {
        if (other is not null)
        {
            throw new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{appliance}' calls itself the same server as appliance "
                    + $"'{other}', so every repository would be rescanned twice. Remove one of the two from the settings.");
        }
    }

    private async Task<string?> LookAsync(string appliance, string kind, string identity, CancellationToken cancellationToken)
    {
        if (seen.TryGetValue(appliance, out Seen? known) && known.Identity == identity && (known.Other is null || IsFresh(known)))
        {
            seen[appliance] = known.Other is null ? known with { At = time.GetUtcNow() } : known;
            return known.Other;
        }

        string? other = await identities.TakeAsync(
            kind, identity, appliance, holder => HoldsAsync(holder, appliance, kind, identity, cancellationToken), cancellationToken);
        seen[appliance] = new Seen(identity, other, time.GetUtcNow());
        twins.Note(appliance, other);
        return other;
    }

    /// <summary>An entry that is gone, or leads to another server by now, holds nothing.</summary>
    private async Task<bool> HoldsAsync(string holder, string appliance, string kind, string identity, CancellationToken cancellationToken)
    {
        if (!SiblingsOf(appliance, kind).Contains(holder, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            SignInResult its = await appliances.Get(holder).SignInAsync(limit.Token);
            return its.Identity is null || its.Identity == identity;
        }
        catch (Exception e) when (e is ApplianceException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return true;
        }
    }

    private bool IsFresh(Seen known) =>
        time.GetUtcNow() - known.At is var age && age >= TimeSpan.Zero && age < (known.Other is null ? OwnFor : RefusedFor);

    private string? KindOf(string appliance) =>
        options.Value.Appliances.FirstOrDefault(a => string.Equals(a.Name, appliance, StringComparison.OrdinalIgnoreCase))?.Kind;

    private IEnumerable<string> SiblingsOf(string appliance, string kind) => options.Value.Appliances
        .Where(a => string.Equals(a.Kind, kind, StringComparison.OrdinalIgnoreCase)
            && !string.Equals(a.Name, appliance, StringComparison.OrdinalIgnoreCase))
        .Select(a => a.Name);

    /// <param name="Identity">What the appliance called itself.</param>
    /// <param name="Other">The entry that holds it; null: this one.</param>
    /// <param name="At">When, UTC.</param>
    private sealed record Seen(string Identity, string? Other, DateTimeOffset At);
}
