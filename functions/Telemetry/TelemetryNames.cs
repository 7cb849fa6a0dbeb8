namespace Rescan.Functions.Telemetry;

/// <summary>
/// Names of what is measured; docs/telemetry.md explains each. Where OpenTelemetry's conventions have a name, it is theirs.
/// </summary>
internal static class TelemetryNames
{
    /// <summary>The source of our spans and the meter of our metrics.</summary>
    public const string Source = "Rescan";

    public const string Rescans = "rescan.rescans";
    public const string Duration = "rescan.duration";
    public const string DetectionDelay = "rescan.detection.delay";
    public const string Polls = "rescan.polls";
    public const string ApplianceRequests = "rescan.appliance.requests";
    public const string Running = "rescan.running";
    public const string LastSuccessAge = "rescan.last_success.age";
    public const string Runs = "rescan.runs";
    public const string ApplianceAnswers = "rescan.appliance.answers";
    public const string CheckHealthy = "rescan.check.healthy";

    public const string Appliance = "rescan.appliance";
    public const string Repository = "rescan.repository";
    public const string RepositoryId = "rescan.repository.id";
    public const string InstanceId = "rescan.instance.id";
    public const string RequestId = "rescan.request.id";
    public const string SessionId = "rescan.session.id";
    public const string Outcome = "rescan.outcome";
    public const string Call = "rescan.appliance.call";
    public const string Channel = "rescan.channel";
    public const string RunResult = "rescan.run.result";
    public const string Check = "rescan.check";

    public const string Method = "http.request.method";
    public const string Status = "http.response.status_code";
    public const string Template = "url.template";
    public const string Url = "url.full";
    public const string Host = "server.address";
    public const string Port = "server.port";
    public const string Error = "error.type";
}
