using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>Veeam Backup for AWS. Its repository rescan was dropped with 1.4-rev0, as the breaking changes of product 6.0 say.</summary>
public sealed class VeeamBackupForAwsProduct : ApplianceProduct
{
    /// <inheritdoc/>
    public override string Kind => "VeeamBackupForAws";

    /// <inheritdoc/>
    public override string ShortKind => "vbaws";

    /// <inheritdoc/>
    public override string Title => "Veeam Backup for AWS";

    /// <inheritdoc/>
    public override int DefaultPort => 11005;

    /// <inheritdoc/>
    public override string DefaultRevision => "1.0-rev0";

    /// <inheritdoc/>
    public override IReadOnlyList<string> RevisionsWithRescan { get; } = ["1.3-rev0", "1.2-rev0", "1.1-rev0", "1.0-rev0"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RevisionsWithoutRescan { get; } =
        ["1.8-rev0", "1.7-rev0", "1.6-rev0", "1.5-rev1", "1.5-rev0", "1.4-rev0"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RolesThatRescan { get; } = ["Portal Administrator", "Portal Operator"];

    /// <inheritdoc/>
    internal override IApplianceClient CreateClient(
        ApplianceOptions options, HttpClient http, Func<CertificateSeen?> certificate, Func<CancellationToken, Task<string>> password,
        TimeProvider time) =>
        new VeeamBackupForAwsClient(this, options, http, certificate, password, time);

    /// <inheritdoc/>
    internal override ApplianceProblem ReadProblem(ApplianceCall call, int status, JsonElement body)
    {
        string? title = body.Text("title");
        string? code = body.Text("errorCode");

        // The documentation names the problem types; where in the body they stand is not certain.
        bool version = new[] { body.Text("type"), code, title, body.Part("error").Text("code") }
            .Any(t => t is not null && t.Contains("apiVersion", StringComparison.OrdinalIgnoreCase));
        return new ApplianceProblem(code, Join(title, body.Text("details") ?? body.Text("detail")), version);
    }
}
