namespace Rescan.Functions.Appliances;

/// <summary>Counts every attempt, the repeated ones too, for the rescan that makes it.</summary>
internal sealed class CountingHandler : DelegatingHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (RequestCounts.Current is { } tally && request.Options.TryGetValue(ApplianceCall.Key, out ApplianceCall? call))
        {
            call.Count(tally);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
