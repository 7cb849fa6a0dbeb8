namespace Rescan.Functions.S3Events.Sns;

/// <summary>Confirms a subscription by visiting its address once.</summary>
internal sealed class SnsSubscriptions(HttpClient http) : ISnsSubscriptions
{
    /// <inheritdoc/>
    public async Task<bool> ConfirmAsync(SnsMessage message, CancellationToken cancellationToken)
    {
        if (!SnsAddresses.IsSubscription(message))
        {
            return false;
        }

        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(message.SubscribeUrl!), cancellationToken);
            return answer.IsSuccessStatusCode
                ? true : throw new HttpRequestException($"SNS answered {(int)answer.StatusCode}.", null, answer.StatusCode);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException("SNS did not answer in time.", e);
        }
    }
}
