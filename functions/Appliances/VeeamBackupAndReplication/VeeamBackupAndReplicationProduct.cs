using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>Veeam Backup &amp; Replication, whose REST API has repository rescan from 12.3.1 (1.2-rev1) on.</summary>
public sealed partial class VeeamBackupAndReplicationProduct : ApplianceProduct
{
    /// <inheritdoc/>
    public override string Kind => "VeeamBackupAndReplication";

    /// <inheritdoc/>
    public override string ShortKind => "vbr";

    /// <inheritdoc/>
    public override string Title => "Veeam Backup & Replication";

    /// <inheritdoc/>
    public override int DefaultPort => 9419;

    /// <summary>Every server that can rescan accepts it.</summary>
    public override string DefaultRevision => "1.2-rev1";

    /// <inheritdoc/>
    public override IReadOnlyList<string> RevisionsWithRescan { get; } = ["1.3-rev2", "1.3-rev1", "1.3-rev0", "1.2-rev1"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RevisionsWithoutRescan { get; } =
        ["1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0", "1.0-rev2", "1.0-rev1", "1.0-rev0"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RolesThatRescan { get; } = ["Backup Administrator"];

    /// <summary>The <c>vbrId</c> of its description.</summary>
    public override bool TellsIdentity => true;

    /// <inheritdoc/>
    internal override string RefusedSignIn =>
        ". The REST API knows no second factor, so an account with MFA must be exempt from it (a service account). The password is not "
            + "shown again: accounts are locked after a few bad ones";

    /// <inheritdoc/>
    internal override IApplianceClient CreateClient(
        ApplianceOptions options, HttpClient http, Func<CertificateSeen?> certificate, Func<CancellationToken, Task<string>> password,
        TimeProvider time) =>
        new VeeamBackupAndReplicationClient(this, options, http, certificate, password, time);

    /// <summary>
    /// A revision that is not accepted is told by 400 and the code NotImplemented, or BadRequest on 12, before the password is looked at.
    /// A bad password gets 401, so a sign-in that gets 400 is about the revision.
    /// </summary>
    internal override ApplianceProblem ReadProblem(ApplianceCall call, int status, JsonElement body)
    {
        string? code = body.Text("errorCode");
        string? message = body.Text("message");
        bool version = status == 400
            && (code is "NotImplemented" || call.IsGrant || (message is not null && SpeaksOfVersion().IsMatch(message)));
        return new ApplianceProblem(code, Join(body.Text("title"), message), version);
    }

    [GeneratedRegex("rest ?api version|x-api-version|unsupported.*version", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SpeaksOfVersion();
}
