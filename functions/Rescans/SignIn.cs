using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.Rescans;

/// <summary>An appliance to sign in to.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
public sealed record SignInInput(string Appliance);

/// <summary>Makes sure this process holds a live token and that the appliance's revision has rescan. The token stays in memory.</summary>
/// <param name="appliances">The appliances' clients.</param>
public sealed class SignIn(IApplianceClients appliances)
{
    /// <summary>Signs in.</summary>
    /// <param name="input">The appliance.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(SignIn))]
    public Task<ActivityResult<SignInResult>> RunAsync([ActivityTrigger] SignInInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(() => appliances.Get(input.Appliance).SignInAsync(cancellationToken));
}
