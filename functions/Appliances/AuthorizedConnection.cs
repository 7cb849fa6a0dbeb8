using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>Calls that need a token. A refused token is renewed once, and so is a revision that is no longer accepted.</summary>
internal sealed class AuthorizedConnection(ApplianceConnection connection, TokenCache tokens, ITokenGrants grants)
{
    /// <summary>A read.</summary>
    public Task<JsonElement> GetAsync(ApplianceCall call, string path, CancellationToken cancellationToken) =>
        CallAsync(call, HttpMethod.Get, path, null, cancellationToken);

    /// <summary>A post.</summary>
    public Task<JsonElement> PostAsync(ApplianceCall call, string path, Func<HttpContent>? content, CancellationToken cancellationToken) =>
        CallAsync(call, HttpMethod.Post, path, content, cancellationToken);

    /// <summary>The rows of a list, page by page.</summary>
    /// <param name="call">What the request is.</param>
    /// <param name="pathAt">The path of the page that begins at a row.</param>
    /// <param name="rows">The name of the rows in a page.</param>
    /// <param name="total">Reads how many rows there are from a page.</param>
    /// <param name="most">How many rows are read at the most.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<JsonElement> PagesAsync(
        ApplianceCall call, Func<int, string> pathAt, string rows, Func<JsonElement, int?> total, int most,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? first = null;
        for (int offset = 0; offset < most;)
        {
            JsonElement page = await GetAsync(call, pathAt(offset), cancellationToken);
            int seen = 0;
            foreach (JsonElement item in page.Items(rows))
            {
                // An appliance that ignores the offset would repeat its first page for ever.
                string? id = item.Text("id");
                if (seen++ == 0 && offset > 0 && id == first)
                {
                    yield break;
                }

                first ??= id;
                yield return item;
            }

            offset += seen;
            if (seen == 0 || offset >= (total(page) ?? 0))
            {
                yield break;
            }
        }
    }

    private async Task<JsonElement> CallAsync(
        ApplianceCall call, HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellationToken)
    {
        AccessToken held = await tokens.GetAsync(null, cancellationToken);
        for (bool again = false; ; again = true)
        {
            try
            {
                return await connection.SendAsync(call, method, path, grants.Revision, held.Access, content?.Invoke(), cancellationToken);
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
