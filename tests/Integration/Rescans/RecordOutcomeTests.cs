using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Rescans;

/// <summary>An outcome is recorded whatever the appliance says.</summary>
public sealed class RecordOutcomeTests : IAsyncLifetime
{
    private readonly SqliteTestTable tested = new();

    public Task InitializeAsync() => tested.OpenAsync();

    public async Task DisposeAsync() => await tested.DisposeAsync();

    [Theory]
    [InlineData("""{"log":[{"message":"half \ud83d a character","status":"Success"}]}""", "half \ufffd a character")]
    [InlineData("""{"log":[{"message":"a\u0000b","status":"Success"}]}""", "a\ufffdb")]
    [InlineData("""{"log":[null,{"status":null},{"message":"x"}]}""", "x")]
    public async Task Text_that_no_store_holds_is_made_storable(string log, string message)
    {
        RescanOutcome outcome = await RecordAsync("session/1#a?b", log);

        Assert.Equal(("session/1#a?b", message), (outcome.SessionId, outcome.Log[^1].Message));
    }

    [Fact]
    public async Task A_log_that_the_store_refuses_does_not_cost_the_outcome()
    {
        RescanOutcome outcome = await RecordAsync(
            "s", """{"log":[{"message":"fine","status":"Success"}]}""", refuse: rows => rows.Contains("fine", StringComparison.Ordinal));

        Assert.Empty(outcome.Log);
        Assert.Contains("could not be stored", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_log_is_cut_where_the_store_has_room_for_less()
    {
        string items = string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"message":"{{new string('x', 1000)}}"}"""));
        RescanOutcome outcome = await RecordAsync("s", $$"""{"log":[{{items}}]}""", refuse: rows => rows.Length > 60_000);

        Assert.InRange(outcome.Log.Count, 10, 40);
        Assert.Contains("goes on", outcome.Log[^1].Message, StringComparison.Ordinal);
    }

    private async Task<RescanOutcome> RecordAsync(string session, string log, Func<string, bool>? refuse = null)
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        server.Json($"GET /api/v1/sessions/{Uri.EscapeDataString(session)}/log", log);
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "one",
            ["Rescan:Appliances:0:BaseUrl"] = server.Url.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = "u",
            ["Rescan:Appliances:0:Password"] = "p",
            ["Rescan:Appliances:0:Thumbprints:0"] = server.Thumbprint,
        }).Build();
        ServiceCollection services = new();
        services.AddLogging();
        Crash.Orders.EffectGate gate = new()
        {
            Refuse = call => call is [string, IReadOnlyList<TableChange> changes, ..]
                && refuse?.Invoke(string.Concat(changes.Select(c => c.Value))) == true,
        };
        services.AddSingleton(gate.Guard<ITable>(tested.Table));
        services.AddRescan(configuration);
        await using ServiceProvider app = services.BuildServiceProvider();
        OutcomeStore store = app.GetRequiredService<OutcomeStore>();
        RecordOutcome record = ActivatorUtilities.CreateInstance<RecordOutcome>(app);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        RescanState state =
            new() { RequestId = "q", StartedAt = now, Phase = RescanPhase.Recording, SessionId = session, Outcome = Outcome.Succeeded };
        RescanRequest request = new("one", new RepositoryRef("r/1#x", "archive"), TimeSpan.FromHours(1), new PollingOptions());

        ActivityResult<RescanOutcome> answer = await record.RunAsync(
            new RecordOutcomeInput(RescanRequest.InstanceIdOf("one", "r/1#x"), request, state, now, false), default);

        Assert.Null(answer.Error);
        return (await store.GetAsync("q", default))!;
    }
}
