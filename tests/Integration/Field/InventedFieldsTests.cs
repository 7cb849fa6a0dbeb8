using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Json.Schema;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Appliances;
using Rescan.Functions.Runs;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>
/// Fields and parameters that no appliance has: what the simulator answers and the client sends is held against the published contract.
/// </summary>
public sealed class InventedFieldsTests : IAsyncDisposable
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 1, 2, 0, 0, TimeSpan.Zero));
    private SimulatedAppliance? appliance;
    private HttpClient? http;

    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        if (appliance is not null)
        {
            await appliance.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("succeeded")]
    [InlineData("warning")]
    [InlineData("failed")]
    [InlineData("canceled")]
    public async Task The_simulator_answers_what_the_contract_says(string outcome)
    {
        await StartAsync(new SimulatorOptions
        {
            Outcome = outcome, Role = "Portal Administrator", PendingDuration = TimeSpan.FromSeconds(5),
            OtherSessionsEvery = TimeSpan.FromSeconds(7),
        });
        await SignInAsync();
        await CheckAsync(ContractSchema.Version, "system/version");
        await CheckAsync(ContractSchema.Repositories, "repositories");
        string repository = SimulatedRepository.Defaults[0].Id;
        await CheckAsync(ContractSchema.Repository, "repositories/" + repository);
        HttpResponseMessage accepted = await http!.PostAsync($"repositories/{repository}/rescan", null);
        JsonElement started = await accepted.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        Assert.Empty(ContractSchema.Started.Faults(started));
        string session = "sessions/" + started.GetProperty("sessionId").GetString();
        for (int i = 0; i < 8; i++)
        {
            await CheckAsync(ContractSchema.Session, session);
            await CheckAsync(ContractSchema.Log, session + "/log");
            await CheckAsync(ContractSchema.Sessions, "sessions?Sort=startTimeDesc&Limit=200");
            time.Advance(TimeSpan.FromSeconds(4));
        }
    }

    [Theory]
    [InlineData("repositories/none", 404)]
    [InlineData("sessions?FromUtc=2026-05-01T02:00:00", 400)]
    [InlineData("sessions?Sort=begun", 400)]
    [InlineData("sessions?Status=Done", 400)]
    [InlineData("repositories?Limit=-2", 400)]
    public async Task So_do_its_errors(string path, int status)
    {
        await StartAsync(new SimulatorOptions());
        await SignInAsync();

        HttpResponseMessage answer = await http!.GetAsync(path);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Empty(ContractSchema.Error.Faults(await answer.Content.ReadFromJsonAsync<JsonElement>()));
    }

    [Theory]
    [InlineData("mfa")]
    [InlineData("wrong-password")]
    public async Task So_does_its_sign_in_under_a_fault(string fault)
    {
        await StartAsync(new SimulatorOptions { Faults = [fault] });

        HttpResponseMessage answer = await GrantAsync();

        JsonSchema schema = answer.IsSuccessStatusCode ? ContractSchema.Token : ContractSchema.Error;
        Assert.Empty(schema.Faults(await answer.Content.ReadFromJsonAsync<JsonElement>()));
    }

    /// <summary>The shape that was invented: if the schema took it, the test above could not fail.</summary>
    [Fact]
    public void A_bucket_that_is_no_name_does_not_fit_the_contract()
    {
        JsonElement invented = JsonSerializer.Deserialize<JsonElement>("""
            {"id":"6f9e1c1e-37ab-4b6e-9f56-0c4d3f1c2a10","name":"a","description":"","amazonAccountId":"1b0f4a52-7a55-4a2f-8a52-3f0f6f6a0001",
             "amazonStorageFolder":"f","amazonBucketId":"bucket-1","enableEncryption":false,"_embedded":{"bucket":{"id":"1","name":"b"}}}
            """);

        Assert.NotEmpty(ContractSchema.Repository.Faults(invented));
    }

    [Fact]
    public async Task The_bucket_of_a_repository_is_the_name_that_the_contract_embeds()
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        await using ClientOf app = new(server.Url, [server.Thumbprint]);
        server.Json("GET /api/v1/repositories", """
            {"totalCount":2,"results":[
              {"id":"6f9e1c1e-37ab-4b6e-9f56-0c4d3f1c2a10","name":"Repository 01","amazonStorageFolder":"dept-1-rs","amazonBucketId":"9d2c7c2e-0b1f-4c6e-9a2e-7f4a1c3d0002",
               "_embedded":{"amazonAccount":"role","region":"us-east-1","bucket":"dept-1-1"}},
              {"id":"6f9e1c1e-37ab-4b6e-9f56-0c4d3f1c2a11","name":"Repository 02","amazonBucketId":"9d2c7c2e-0b1f-4c6e-9a2e-7f4a1c3d0003"}]}
            """);

        IReadOnlyList<Repository> all = await app.Client.GetRepositoriesAsync(default);

        Assert.Equal(("dept-1-1", "dept-1-rs"), (all[0].Bucket, all[0].Folder));
        Assert.True(new RunFilter([], [], "dept-1-1", "dept-1-rs").Takes(all[0]));
        Assert.Null(all[1].Bucket);
    }

    [Fact]
    public async Task The_search_for_sessions_sends_times_with_a_zone()
    {
        await StartAsync(new SimulatorOptions());
        await using ClientOf app = new(
            appliance!.BaseAddress, [appliance.Thumbprint], username: "rescan", password: "demo-password", time: time);
        string id = (await app.Client.StartRescanAsync(SimulatedRepository.Defaults[0].Id, default))!;

        Assert.Equal([id], (await app.Client.FindRescanCandidatesAsync(time.GetUtcNow().AddSeconds(-1), default)).Select(s => s.Id));
        Assert.Empty(await app.Client.FindRescanCandidatesAsync(time.GetUtcNow().AddSeconds(1), default));
    }

    [Theory]
    [InlineData("Portal Operator", true)]
    [InlineData("PortalOperator", true)]
    [InlineData("portal-administrator", true)]
    [InlineData("Restore Operator", false)]
    public void Roles_are_compared_however_they_are_spelt(string role, bool may) =>
        Assert.Equal(may, ApplianceProducts.All[0].MayRescan(role));

    private async Task StartAsync(SimulatorOptions options)
    {
        appliance = await SimulatedAppliance.StartAsync(options with { Time = time }, default);
        http = new HttpClient(
            new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true })
        {
            BaseAddress = new Uri(
                appliance.BaseAddress, "/api/v1/")
        };
        http.DefaultRequestHeaders.Add("x-api-version", "1.0-rev0");
    }

    private Task<HttpResponseMessage> GrantAsync() => http!.PostAsync("token", new FormUrlEncodedContent(
        new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = "rescan", ["password"] = "demo-password" }));

    private async Task SignInAsync()
    {
        JsonElement token = await (await GrantAsync()).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Empty(ContractSchema.Token.Faults(token));
        http!.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.GetProperty("access_token").GetString());
    }

    private async Task CheckAsync(JsonSchema schema, string path) =>
        Assert.Empty(schema.Faults(await http!.GetFromJsonAsync<JsonElement>(path)));
}
