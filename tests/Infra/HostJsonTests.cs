using System.Text.Json.Nodes;

namespace Rescan.Tests.Infra;

public sealed class HostJsonTests
{
    [Fact]
    public void Both_backends_differ_in_where_the_task_hub_is_and_in_nothing_else()
    {
        JsonNode storage = JsonNode.Parse(SourceTree.Read("host.json"))!;
        JsonNode scheduler = JsonNode.Parse(SourceTree.Read("host.scheduler.json"))!;

        Assert.Equal("%TASKHUB_NAME%", (string?)TaskHub(scheduler)["hubName"]);
        Assert.Equal("azureManaged", (string?)TaskHub(scheduler)["storageProvider"]!["type"]);
        Assert.Equal("DURABLE_TASK_SCHEDULER_CONNECTION_STRING", (string?)TaskHub(scheduler)["storageProvider"]!["connectionStringName"]);
        foreach (JsonNode host in new[] { storage, scheduler })
        {
            TaskHub(host).AsObject().Remove("hubName");
            TaskHub(host).AsObject().Remove("storageProvider");
            TaskHub(host).AsObject().Remove("useAppLease");
        }

        Assert.True(JsonNode.DeepEquals(storage, scheduler));
    }

    [Fact]
    public void Each_setting_of_the_host_has_its_reason_in_the_docs()
    {
        string docs = SourceTree.Read("docs/hosting-settings.md");

        string[] missing = [
            .. Leaves(JsonNode.Parse(SourceTree.Read("host.json"))!).Where(key => !docs.Contains($"`{key}`", StringComparison.Ordinal))];

        Assert.Empty(missing);
    }

    private static JsonNode TaskHub(JsonNode host) => host["extensions"]!["durableTask"]!;

    private static IEnumerable<string> Leaves(JsonNode node) => node.AsObject().Where(p => p.Key != "version" || node.Parent is not null)
        .SelectMany(p => p.Value is JsonObject inner ? Leaves(inner) : [p.Key]);
}
