using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Endpoints;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator;

/// <summary>
/// An appliance for demos and tests: real HTTPS on loopback, the REST API of its kind as far as tokens, repositories, rescans and
/// sessions go, a ledger of every request at <c>GET /_ledger</c>, and faults on demand: <c>GET</c>, <c>POST</c> and
/// <c>DELETE /_admin/faults</c>, <c>POST /_admin/password</c>, <c>POST /_admin/certificate</c>, <c>POST /_admin/reboot</c>.
/// </summary>
public sealed class SimulatedAppliance : IAsyncDisposable
{
    private readonly SimulatorOptions options;
    private readonly ConcurrentQueue<LedgerEntry> ledger = new();
    private readonly FaultPlan faults;
    private readonly AdminEndpoints admin;
    private readonly SemaphoreSlim power = new(1);
    private readonly CancellationTokenSource ended = new();
    private ApplianceServer? server;
    private int port;

    private SimulatedAppliance(SimulatorOptions options)
    {
        this.options = options;
        faults = new FaultPlan([.. options.Faults.Select(n => new Fault(n)), .. options.Scenario]);
        State = new ApplianceState(options);
        admin = new AdminEndpoints(this);
    }

    /// <summary>https://127.0.0.1:PORT.</summary>
    public Uri BaseAddress => new(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}"));

    /// <summary>SHA-256 thumbprint of the certificate now in use.</summary>
    public string Thumbprint => State.Certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Every request so far.</summary>
    public IReadOnlyList<LedgerEntry> Ledger => [.. ledger];

    /// <summary>The password that the account has now.</summary>
    public string Password
    {
        get => State.Tokens.Password;
        set => State.Tokens.Password = value;
    }

    /// <summary>Every token ever granted: what nobody may find in a log or a store.</summary>
    internal IReadOnlyCollection<string> TokensGranted => State.Tokens.Granted;

    internal ApplianceState State { get; }

    /// <summary>
    /// Stands between the appliance and its callers: is given a request, its kind and what would answer
    /// it, and answers; returns the status.
    /// </summary>
    internal Func<HttpContext, string, Func<Task<int>>, Task<int>>? Between { get; set; }

    /// <summary>Faults that are still to strike.</summary>
    internal IReadOnlyList<Fault> OpenFaults => faults.Open;

    /// <summary>Starts it.</summary>
    /// <exception cref="ArgumentException">A fault's name is unknown.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatedAppliance> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        SimulatedAppliance appliance = new(options);
        appliance.server = await ApplianceServer.StartAsync(
            options.Port, () => appliance.State.Certificate, appliance.HandleAsync, cancellationToken);
        appliance.port = appliance.server.Port;
        return appliance;
    }

    /// <summary>Adds a fault.</summary>
    /// <exception cref="ArgumentException">It is not known, or cannot strike such a request.</exception>
    public void Add(Fault fault) => faults.Add(fault);

    /// <summary>Takes every fault away.</summary>
    public void ClearFaults() => faults.Clear();

    /// <summary>Goes on with a new certificate; open connections are dropped.</summary>
    public void ChangeCertificate()
    {
        State.ChangeCertificate();
        server?.DropConnections();
    }

    /// <summary>Forgets tokens, fails running sessions, and refuses connections for a while; then listens on the same port again.</summary>
    /// <param name="away">How long it is away.</param>
    public async Task RebootAsync(TimeSpan away)
    {
        await power.WaitAsync(ended.Token);
        try
        {
            if (server is { } running)
            {
                server = null;
                await running.DisposeAsync();
            }

            State.GoDown();
            await Task.Delay(away, options.Time, ended.Token);
            server = await ApplianceServer.StartAsync(port, () => State.Certificate, HandleAsync, ended.Token);
        }
        finally
        {
            power.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (ended.IsCancellationRequested)
        {
            return;
        }

        await ended.CancelAsync();
        await power.WaitAsync();
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        State.Certificate.Dispose();
        power.Dispose();
    }

    private async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers.Date = State.Now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        string path = http.Request.Path.Value ?? "";
        if (path.StartsWith("/_", StringComparison.Ordinal))
        {
            await admin.HandleAsync(http, path);
            return;
        }

        string kind = State.Api.KindOf(path);
        Fault? fault = faults.Take(kind);
        int status = 0;
        try
        {
            status = Between is { } between
                ? await between(http, kind, () => AnswerAsync(http, path, fault)) : await AnswerAsync(http, path, fault);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || ended.IsCancellationRequested)
        {
            // The caller or the appliance went away in the middle of the answer.
        }
        finally
        {
            ledger.Enqueue(
                new LedgerEntry(options.Time.GetUtcNow(), kind, http.Request.Method, path, status, http.Connection.Id, fault?.Name));
        }
    }

    private async Task<int> AnswerAsync(HttpContext http, string path, Fault? fault)
    {
        FaultEffects effects = new();
        int? answered = fault is null ? null : await FaultCatalog.Find(fault.Name)
            .Strike(new FaultContext(this, http, TimeSpan.FromSeconds(fault.Seconds ?? 0), effects));
        return answered ?? await State.Api.AnswerAsync(http, path, effects);
    }
}
