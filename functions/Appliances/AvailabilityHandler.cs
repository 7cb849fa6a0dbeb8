using System.Net;
using Polly.Timeout;

namespace Rescan.Functions.Appliances;

/// <summary>
/// Notes whether an appliance answers. It stands before the repeats of short hiccups, so that one which they overcome is no outage.
/// </summary>
/// <param name="appliance">The appliance's configured name.</param>
/// <param name="availability">Where it is noted.</param>
internal sealed class AvailabilityHandler(string appliance, ApplianceAvailability availability) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);

            // These come from what stands before an appliance, or from one that is starting.
            if (answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
            {
                availability.Unanswered(appliance, $"HTTP {(int)answer.StatusCode}");
            }
            else
            {
                availability.Answered(appliance);
            }

            return answer;
        }
        catch (HttpRequestException e) when (e.InnerException is UntrustedCertificateException)
        {
            // It does answer. Each rescan says what is wrong with its certificate.
            availability.Answered(appliance);
            throw;
        }
        catch (HttpRequestException e)
        {
            availability.Unanswered(appliance, e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "its host's name cannot be resolved",
                HttpRequestError.ConnectionError => "no connection",
                HttpRequestError.SecureConnectionError => "TLS failed",
                _ => "the connection broke",
            });
            throw;
        }
        catch (TimeoutRejectedException)
        {
            availability.Unanswered(appliance, "no answer in time");
            throw;
        }
    }
}
