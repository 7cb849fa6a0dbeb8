namespace Rescan.Functions.S3Events.Sns;

/// <summary>Confirms subscriptions that SNS asks about.</summary>
public interface ISnsSubscriptions
{
    /// <summary>Confirms the subscription of a verified message.</summary>
    /// <returns>False when the message's address is not one that confirms this very subscription; it is then not visited.</returns>
    /// <exception cref="HttpRequestException">SNS did not confirm.</exception>
    Task<bool> ConfirmAsync(SnsMessage message, CancellationToken cancellationToken);
}
