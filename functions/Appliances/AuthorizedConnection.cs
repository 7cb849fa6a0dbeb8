using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>Calls that need a token. A refused token is renewed once, and so is a revision that is no longer accepted.</summary>
internal sealed class AuthorizedConnection(string appliance, ApplianceConnection connection, TokenCache tokens, ITokenGrants grants)
{
    /// <summary>A read.</summary>
    public Task<JsonElement> GetAsync(ApplianceCall call, string path, CancellationToken cancellationToken) => WithTokenAsync(
        token => connection.SendAsync(call, HttpMethod.Get, path, grants.Revision, token, null, cancellationToken), cancellationToken);

    /// <summary>A read of an answer while it arrives.</summary>
    public Task<T> GetAsync<T>(
        ApplianceCall call, string path, Func<HttpResponseMessage, Stream, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken) =>
        WithTokenAsync(
            token => connection.SendAsync(call, HttpMethod.Get, path, grants.Revision, token, null, read, cancellationToken),
            cancellationToken);

    /// <summary>A post.</summary>
    public Task<JsonElement> PostAsync(ApplianceCall call, string path, Func<HttpContent>? content, CancellationToken cancellationToken) =>
        WithTokenAsync(
        token => connection.SendAsync(call, HttpMethod.Post, path, grants.Revision, token, content?.Invoke(), cancellationToken),
        cancellationToken);

    /// <summary>
    /// The rows of a list, each id once. A page without anything new is the last one: an appliance that ignores the offset would repeat
    /// itself for ever.
    /// </summary>
    /// <param name="call">What is asked.</param>
    /// <param name="pathAt">The path of the page that begins at a row.</param>
    /// <param name="rows">The name of the rows in a page.</param>
    /// <param name="total">Reads how many rows there are from a page.</param>
    /// <param name="most">More than this many are not listed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<JsonElement> PagesAsync(
        ApplianceCall call, Func<int, string> pathAt, string rows, Func<JsonElement, int?> total, int most,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        for (int offset = 0; seen.Count < most;)
        {
            JsonElement page = await GetAsync(call, pathAt(offset), cancellationToken);
            int before = seen.Count;
            foreach (JsonElement item in page.Items(rows))
            {
                offset++;
                if (item.Text("id") is { Length: > 0 } id && seen.Count < most && seen.Add(id))
                {
                    yield return item;
                }
            }

            if (seen.Count == before || offset >= (total(page) ?? 0))
            {
                yield break;
            }
        }
    }

    /// <summary>A proxy or a cache may answer what somebody else asked.</summary>
    /// <exception cref="ApplianceException">The answer is about another session.</exception>
    public void CheckSession(ApplianceCall call, string? answered, string asked)
    {
        if (answered is not null && !string.Equals(answered, asked, StringComparison.OrdinalIgnoreCase))
        {
            throw new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{appliance}', {call.What}: the answer is about another session than {asked}; a proxy may stand in between.");
        }
    }

    private async Task<T> WithTokenAsync<T>(Func<string, Task<T>> send, CancellationToken cancellationToken)
    {
        AccessToken held = await tokens.GetAsync(null, cancellationToken);
        for (bool again = false; ; again = true)
        {
            try
            {
                return await send(held.Access);
            }
            catch (ApplianceException e) when (!again && (e.Status == 401 || (e.IsVersionProblem && Forget())))
            {
                held = await tokens.GetAsync(held, cancellationToken);
            }
        }
    }

    private bool Forget()
    {
        if (!grants.ForgetRevision())
        {
            return false;
        }

        tokens.Drop();
        return true;
    }
}
