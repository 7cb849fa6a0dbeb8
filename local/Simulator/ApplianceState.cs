using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rescan.Local.Simulator.Endpoints;
using Rescan.Local.Simulator.VeeamBackupAndReplication;

namespace Rescan.Local.Simulator;

/// <summary>
/// What an appliance knows: its tokens, sessions, certificate, name and release. Certificate, name and sessions
/// outlast a restart where a file is set.
/// </summary>
internal sealed class ApplianceState
{
    private readonly Lock saving = new();

    public ApplianceState(SimulatorOptions options)
    {
        Options = options;
        Api = options.Kind == SimulatedKind.VeeamBackupAndReplication ? new ServerApi(this) : new ApplianceRouter(this);
        Sessions = new SessionStore(options, Api.OtherWork, Now);
        SimulatorState? kept = options.StateFile is { } file ? SimulatorState.Read(file) : null;
        ServerId = options.ServerId ?? kept?.ServerId ?? Guid.NewGuid();
        Certificate = kept is null ? MakeCertificate() : X509CertificateLoader.LoadPkcs12(
            Convert.FromBase64String(kept.Certificate), null, X509KeyStorageFlags.Exportable);
        foreach (KeptSession session in kept?.Sessions ?? [])
        {
            if (FindRepository(session.Repository) is { } repository)
            {
                Sessions.Restore(session, repository);
            }
        }

        Save();
    }

    public SimulatorOptions Options { get; }

    /// <summary>The REST API of the appliance's kind.</summary>
    public ISimulatedApi Api { get; }

    public TokenStore Tokens => Api.Tokens;

    public SessionStore Sessions { get; }

    public X509Certificate2 Certificate { get; private set; }

    /// <summary>What it calls itself.</summary>
    public Guid ServerId { get; }

    /// <summary>The release that took its place; null while it has that of the options.</summary>
    public ProductRelease? Replacement { get; set; }

    public string ProductVersion => Replacement?.Version ?? Options.ProductVersion;

    public IReadOnlyList<string> Revisions => Replacement?.Revisions ?? Options.Revisions;

    /// <summary>By the appliance's own clock.</summary>
    public DateTimeOffset Now => Options.Time.GetUtcNow() + Options.ClockSkew;

    public SimulatedRepository? FindRepository(string id) =>
        Options.Repositories.FirstOrDefault(r => string.Equals(r.Id, id, StringComparison.OrdinalIgnoreCase));

    public void ChangeCertificate()
    {
        Certificate = MakeCertificate();
        Save();
    }

    public void PurgeSessions()
    {
        Sessions.Purge();
        Save();
    }

    /// <summary>What a restart does: tokens are forgotten, running sessions fail.</summary>
    public void GoDown()
    {
        Tokens.Forget();
        Sessions.GoDown(Now);
        Save();
    }

    /// <summary>Keeps what a restart must not lose, before anybody is told of it.</summary>
    public void Save()
    {
        if (Options.StateFile is { } file)
        {
            lock (saving)
            {
                SimulatorState.Write(file, Certificate, ServerId, Sessions.All);
            }
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }
}
