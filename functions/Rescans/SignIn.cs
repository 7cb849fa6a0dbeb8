using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.Rescans;

/// <summary>An appliance to sign in to.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
public sealed record SignInInput(string Appliance);

/// <summary>
/// Makes sure this process holds a live token, that the appliance's revision has rescan, and that no other entry of the settings stands for
/// the appliance. The token stays in memory.
/// </summary>
/// <param name="appliances">Signs in.</param>
public sealed class SignIn(DistinctAppliances appliances)
{
    /// <summary>Signs in.</summary>
    /// <param name="input">The appliance.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(SignIn))]
    public Task<ActivityResult<SignInResult>> RunAsync([ActivityTrigger] SignInInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(() => appliances.SignInAsync(input.Appliance, cancellationToken));
}
