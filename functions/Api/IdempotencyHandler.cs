using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Api;

/// <summary>Handles a request once, however often it comes.</summary>
/// <param name="store">Remembers requests.</param>
/// <param name="time">The clock.</param>
public sealed class IdempotencyHandler(IdempotencyStore store, TimeProvider time)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>Handles the request, or gives the answer of its first coming.</summary>
    /// <param name="key">Tells requests apart.</param>
    /// <param name="keyName">What the caller calls the key, for messages.</param>
    /// <param name="body">The body exactly as received.</param>
    /// <param name="handle">
    /// Handles it; given a seed that is the same at every coming within the day that a key is remembered, so that what was started before a
    /// crash is known again. A refusal thrown is not kept: once what was wrong is put right, the next coming counts.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer, and whether it is that of an earlier coming.</returns>
    internal async Task<(StoredResponse Answer, bool Replayed)> HandleAsync(
        string key, string keyName, byte[] body, Func<string, Task<StoredResponse>> handle, CancellationToken cancellationToken)
    {
        string fingerprint = Convert.ToHexString(SHA256.HashData(body));
        DateTimeOffset now = time.GetUtcNow();
        IdempotencyClaim claim = await store.BeginAsync(key, fingerprint, now, cancellationToken);
        switch (claim.State)
        {
            case IdempotencyState.Answered:
                return (claim.Answer!, true);
            case IdempotencyState.InProgress:
                throw new RequestRefusedException(
                    StatusCodes.Status409Conflict, $"Another request with this {keyName} is at work.")
                { RetryAfter = AskAgainAfter };
            case IdempotencyState.Different:
                throw new RequestRefusedException(
                    StatusCodes.Status422UnprocessableEntity, $"This {keyName} was used for a request with another body.");
        }

        StoredResponse? answer = null;
        bool refused = false;
        try
        {
            answer = await handle(SeedOf($"{key}\n{fingerprint}\n{claim.FirstAt.UtcTicks}"));
            await store.CompleteAsync(key, answer, CancellationToken.None);
            return (answer, false);
        }
        catch (Exception e) when (e is RequestRefusedException or KeyNotFoundException or ApplianceException)
        {
            refused = true;
            throw;
        }
        finally
        {
            if (answer is null)
            {
                // An earlier try that was cut off may have started something under the key.
                await store.AbandonAsync(key, refused && claim.FirstAt == now, CancellationToken.None);
            }
        }
    }

    private static string SeedOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
