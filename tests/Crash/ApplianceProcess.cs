using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Rescan.Functions.Appliances;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Crash;

/// <summary>A simulated appliance as a process of its own that keeps its sessions when it is killed.</summary>
internal sealed class ApplianceProcess : IAsyncDisposable
{
    private static readonly HttpClient Http = new(
        new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        });
    private readonly string state;
    private readonly int repositories;
    private readonly string session;
    private readonly bool keep;
    private Process? process;

    private ApplianceProcess(SimulatedKind kind, string name, string state, int repositories, string session, bool keep)
    {
        Kind = kind;
        this.session = session;
        this.keep = keep;
        Name = name;
        this.state = state;
        this.repositories = repositories;
    }

    public SimulatedKind Kind { get; }

    public string Name { get; }

    public Uri Address { get; private set; } = new("https://127.0.0.1:0");

    public string Thumbprint { get; private set; } = "";

    public IReadOnlyList<SimulatedRepository> Repositories { get; private set; } = [];

    /// <summary>Every session that it ever started, as its file has it.</summary>
    public IReadOnlyList<KeptSession> Sessions =>
        JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(state)).GetProperty("Sessions").Deserialize<List<KeptSession>>()!;

    public static async Task<ApplianceProcess> StartAsync(
        string name, string state, int repositories, string session = "2s", bool keep = true,
        SimulatedKind kind = SimulatedKind.VeeamBackupForAws)
    {
        ApplianceProcess appliance = new(kind, name, state, repositories, session, keep);
        await appliance.StartAsync();
        return appliance;
    }

    public async Task StartAsync()
    {
        process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "rescan.dll"), "simulate", "--kind",
                ApplianceProducts.Find(Kind.ToString())!.ShortKind, "--port", Address.Port.ToString(CultureInfo.InvariantCulture),
                "--repositories", repositories.ToString(CultureInfo.InvariantCulture), "--session-duration", session, "--output", "json",
                .. keep ? ["--state", state] : Array.Empty<string>(),
            ])
        {
            RedirectStandardOutput = true,
        })!;
        StringBuilder json = new();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            json.AppendLine(line);
            if (line == "}")
            {
                break;
            }
        }

        JsonElement told = JsonSerializer.Deserialize<JsonElement>(json.ToString());
        Address = new Uri(told.GetProperty("baseUrl").GetString()!);
        Thumbprint = told.GetProperty("thumbprint").GetString()!;
        Repositories = told.GetProperty("repositories").Deserialize<List<SimulatedRepository>>(JsonSerializerOptions.Web)!;
    }

    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Every request that it took since its start.</summary>
    public async Task<IReadOnlyList<LedgerEntry>> LedgerAsync() =>
        (await Http.GetFromJsonAsync<List<LedgerEntry>>(new Uri(Address, "/_ledger")))!;

    /// <summary>Has it misbehave.</summary>
    public async Task PlayAsync(Fault fault)
    {
        using HttpResponseMessage answer = await Http.PostAsJsonAsync(new Uri(Address, "/_admin/faults"), fault);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await KillAsync();
        }
    }
}
