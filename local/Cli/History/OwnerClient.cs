using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Functions.Schedules;
using Rescan.Local.Cli.Errors;

namespace Rescan.Local.Cli.History;

/// <summary>The HTTP API of the process that runs the rescans.</summary>
internal sealed class OwnerClient : IDisposable
{
    private static readonly JsonSerializerOptions Sent = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly HttpClient http;

    /// <param name="address">Where it answers.</param>
    /// <param name="key">Its key, if it asks for one.</param>
    public OwnerClient(Uri address, string? key)
    {
        // An address that stands for all of a machine's is reached on the machine itself.
        string host = address.Host is "0.0.0.0" or "[::]" or "+" or "*" ? "127.0.0.1" : address.Host;
        http = new HttpClient { BaseAddress = new UriBuilder(address) { Host = host }.Uri, Timeout = TimeSpan.FromSeconds(30) };
        if (!string.IsNullOrEmpty(key))
        {
            http.DefaultRequestHeaders.Add("x-functions-key", key);
        }
    }

    /// <summary>Where it answers.</summary>
    public Uri Address => http.BaseAddress!;

    /// <param name="id">The rescan's id.</param>
    /// <param name="requestId">Which rescan of the repository; null: the one that runs, else the newest.</param>
    /// <param name="look">Whether somebody looks on, so that the session is polled more often.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<RescanLogView> GetLogAsync(string id, string? requestId, bool look, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, $"{PathOf(id)}/log?look={(look ? "true" : "false")}{And(requestId)}", cancellationToken))
            .Deserialize<RescanLogView>(Output.Json)!;

    public async Task<SchedulesView> GetScheduleAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "/api/schedule", cancellationToken)).Deserialize<SchedulesView>(Output.Json)!;

    /// <param name="schedule">The schedule; null: the one whose run is due next.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<PlanView> GetPlanAsync(string? schedule, CancellationToken cancellationToken) =>
        (await SendAsync(
            HttpMethod.Get, "/api/schedule/plan" + (schedule is null ? "" : "?schedule=" + Uri.EscapeDataString(schedule)),
            cancellationToken)).Deserialize<PlanView>(Output.Json)!;

    /// <param name="request">Until when, and what.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<SchedulesView> PauseAsync(PauseRequest request, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, "/api/schedule/pause", cancellationToken, request)).Deserialize<SchedulesView>(Output.Json)!;

    /// <param name="schedule">The schedule; null: all of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<SchedulesView> ResumeAsync(string? schedule, CancellationToken cancellationToken) =>
        (await SendAsync(
            HttpMethod.Delete, "/api/schedule/pause" + (schedule is null ? "" : "?schedule=" + Uri.EscapeDataString(schedule)),
            cancellationToken)).Deserialize<SchedulesView>(Output.Json)!;

    /// <param name="id">The rescan's id.</param>
    /// <param name="requestId">Which rescan of the repository; null: the one that runs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task CancelAsync(string id, string? requestId, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Delete, PathOf(id) + (requestId is null ? "" : "?requestId=" + Uri.EscapeDataString(requestId)), cancellationToken);

    /// <summary>Runs, the newest first.</summary>
    public async Task<RunRecordPage> GetRunsAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "/api/runs?limit=200", cancellationToken)).Deserialize<RunRecordPage>(Output.Json)!;

    /// <summary>Has what failed in a run rescanned again.</summary>
    public async Task<AcceptedView> RerunAsync(string id, bool canceled, CancellationToken cancellationToken) =>
        (await SendAsync(
            HttpMethod.Post, $"/api/runs/{Uri.EscapeDataString(id)}/rerun{(canceled ? "?canceled=true" : "")}", cancellationToken))
            .Deserialize<AcceptedView>(Output.Json)!;

    /// <summary>The appliances that it knows.</summary>
    public async Task<IReadOnlyList<ApplianceView>> GetAppliancesAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "/api/appliances", cancellationToken)).Deserialize<ApplianceListView>(Output.Json)!.Items;

    /// <summary>The repositories of all appliances.</summary>
    public async Task<RepositoryList> GetRepositoriesAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "/api/repositories", cancellationToken)).Deserialize<RepositoryList>(Output.Json)!;

    /// <summary>Starts a rescan, or a run where a filter is given.</summary>
    public async Task<AcceptedView> StartAsync(StartRescanRequest request, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, "/api/rescans", cancellationToken, request)).Deserialize<AcceptedView>(Output.Json)!;

    /// <param name="id">The rescan's id.</param>
    /// <param name="requestId">Which rescan of the repository; null: the one that runs, else the newest.</param>
    /// <param name="look">Whether somebody looks on, so that the session is polled more often.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<RescanView> GetRescanAsync(string id, string? requestId, bool look, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, $"{PathOf(id)}?look={(look ? "true" : "false")}{And(requestId)}", cancellationToken))
            .Deserialize<RescanView>(Output.Json)!;

    /// <summary>The log of a rescan; null where the appliance does not tell it now.</summary>
    public async Task<IReadOnlyList<SessionLogItem>?> GetLogIfKnownAsync(string id, string? requestId, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetLogAsync(id, requestId, look: false, cancellationToken)).Log;
        }
        catch (CommandException e) when (e.ExitCode == ExitCodes.Rejected)
        {
            return null;
        }
    }

    /// <summary>A run.</summary>
    public async Task<RunView> GetRunAsync(string id, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, $"/api/runs/{Uri.EscapeDataString(id)}", cancellationToken)).Deserialize<RunView>(Output.Json)!;

    public void Dispose() => http.Dispose();

    private static string PathOf(string id) => "/api/rescans/" + Uri.EscapeDataString(id);

    private static string And(string? requestId) => requestId is null ? "" : "&requestId=" + Uri.EscapeDataString(requestId);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken, object? content = null)
    {
        using HttpRequestMessage request = new(method, path)
        {
            Content = content is null ? null : JsonContent.Create(content, options: Sent),
        };
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                throw new CommandException(
                    ExitCodes.Configuration,
                    $"The server at {http.BaseAddress} asks for its key: set RESCAN_KEY, or the key in the settings as it has it.");
            }

            JsonElement answered = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return answer.IsSuccessStatusCode ? answered
                : throw new CommandException(
                    ExitCodes.Rejected,
                    answered.TryGetProperty("detail", out JsonElement detail)
                        ? detail.GetString()!
                        : $"The server at {http.BaseAddress} answered {(int)answer.StatusCode}.");
        }
        catch (HttpRequestException e)
        {
            throw new CommandException(
                ExitCodes.Unreachable,
                $"The server at {http.BaseAddress} cannot be reached from here: {ErrorMessage.Reason(e)}");
        }
        catch (JsonException)
        {
            throw new CommandException(ExitCodes.Unreachable, $"What answers at {http.BaseAddress} is not Rescan.");
        }
    }
}
