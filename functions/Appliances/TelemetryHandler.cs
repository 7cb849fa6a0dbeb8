using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Appliances;

/// <summary>A span and a measurement of every attempt at an appliance, by OpenTelemetry's conventions for HTTP clients.</summary>
/// <param name="appliance">The appliance's configured name.</param>
/// <param name="metrics">What is measured.</param>
internal sealed partial class TelemetryHandler(string appliance, ApplianceMetrics metrics) : DelegatingHandler
{
    private static readonly ActivitySource Source = new(TelemetryNames.Source);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string call = request.Options.TryGetValue(ApplianceCall.Key, out ApplianceCall? known) ? known.What : "other";
        Activity? parent = Activity.Current;
        using Activity? span = Start(request, call);
        int? status = null;
        string? error = null;
        try
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            status = (int)answer.StatusCode;
            error = status >= 400 ? status.Value.ToString(CultureInfo.InvariantCulture) : null;
            return answer;
        }
        catch (Exception e)
        {
            error = e is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var kind }
                ? kind.ToString() : e.GetType().FullName;
            throw;
        }
        finally
        {
            metrics.Requested(appliance, call, status, error);
            if (span is not null)
            {
                if (status is not null)
                {
                    span.SetTag(TelemetryNames.Status, status);
                }

                if (error is not null)
                {
                    span.SetTag(TelemetryNames.Error, error).SetStatus(ActivityStatusCode.Error);
                }
            }

            Activity.Current = parent;
        }
    }

    private Activity? Start(HttpRequestMessage request, string call)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Uri url = request.RequestUri!;
        string template = Id().Replace(url.AbsolutePath, "{id}");
        return Source.StartActivity($"{request.Method} {template}", ActivityKind.Client)?
            .SetTag(TelemetryNames.Appliance, appliance).SetTag(TelemetryNames.Call, call)
            .SetTag(TelemetryNames.Method, request.Method.Method).SetTag(TelemetryNames.Template, template)
            .SetTag(TelemetryNames.Url, url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped))
            .SetTag(TelemetryNames.Host, url.Host).SetTag(TelemetryNames.Port, url.Port);
    }

    [GeneratedRegex("(?<=/(repositories|sessions)/)(?!rescan$)[^/]+")]
    private static partial Regex Id();
}
