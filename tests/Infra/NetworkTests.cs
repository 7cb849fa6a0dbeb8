using System.Text.Json.Nodes;
using Rescan.Tests.Integration.DurableTaskSqlite;

namespace Rescan.Tests.Infra;

[Collection(nameof(InfraFixture))]
public sealed class NetworkTests(InfraFixture infra)
{
    private const string Hub = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/hub/providers/Microsoft.Network";

    [Fact]
    public void A_network_of_its_own_gives_one_fixed_address()
    {
        JsonNode subnet = Subnet(infra.Full, "functions");

        Assert.Equal("Microsoft.App/environments", (string?)subnet["delegations"]![0]!["properties"]!["serviceName"]);
        Assert.Equal((string?)infra.Full.One("Microsoft.Network/natGateways")["id"], (string?)subnet["natGateway"]!["id"]);
        Assert.False((bool)subnet["defaultOutboundAccess"]!);
        Assert.EndsWith("/subnets/functions", AppSubnet(infra.Full), StringComparison.Ordinal);
        Assert.Empty(infra.Sample.Of("Microsoft.Network/virtualNetworks"));
        Assert.Null(AppSubnet(infra.Sample));
    }

    [Fact]
    public void A_subnet_that_others_add_to_the_network_stays() => Assert.All(
        infra.Full.Of("Microsoft.Network/virtualNetworks"),
        n => Assert.DoesNotContain("subnets", n["properties"]!.AsObject().Select(p => p.Key)));

    [Fact]
    public void Storage_and_vault_are_reached_from_the_internet_unless_told_otherwise()
    {
        foreach (Deployment deployment in (Deployment[])[infra.Sample, infra.Full])
        {
            Assert.All(StorageAndVault(deployment), service =>
            {
                Assert.Equal(("Enabled", "Allow"), Access(service));
                Assert.Empty(Rules(service, "ipRules"));
                Assert.Empty(Rules(service, "virtualNetworkRules"));
            });
            Assert.Empty(deployment.Of("Microsoft.Network/privateEndpoints"));
        }
    }

    [Fact]
    public async Task Storage_and_vault_can_be_reached_from_the_app_s_subnet_only()
    {
        Deployment deployment = await PredictAsync(
            "{ kind: 'new', storageAndVault: { from: 'subnet' } }", "param officerAddresses = ['192.0.2.0/28']");

        Assert.All(StorageAndVault(deployment), service =>
        {
            Assert.Equal(("Enabled", "Deny"), Access(service));
            Assert.Equal("None", (string?)service["networkAcls"]!["bypass"]);
            Assert.Equal(AppSubnet(deployment), (string?)Assert.Single(Rules(service, "virtualNetworkRules"))!["id"]);
        });
        JsonArray endpoints = Subnet(deployment, "functions")["serviceEndpoints"]!.AsArray();
        Assert.Equal(["Microsoft.KeyVault", "Microsoft.Storage"], endpoints.Select(e => (string)e!["service"]!));
        Assert.Empty(Rules(Storage(deployment), "ipRules"));
        Assert.Equal("192.0.2.0/28", (string?)Assert.Single(Rules(Vault(deployment), "ipRules"))!["value"]);
        Assert.Empty(deployment.Of("Microsoft.Network/privateEndpoints"));
    }

    [Fact]
    public async Task Private_endpoints_of_a_network_of_its_own_are_resolved_in_it()
    {
        Deployment deployment = await PredictAsync("{ kind: 'new', storageAndVault: { from: 'privateEndpoints' } }");

        Assert.All(StorageAndVault(deployment), IsClosed);
        Assert.Equal(["blob", "queue", "table", "vault"], Connections(deployment).Keys.Order());
        Assert.All(
            deployment.Of("Microsoft.Network/privateEndpoints"),
            e => Assert.EndsWith("/subnets/endpoints", (string?)e["properties"]!["subnet"]!["id"], StringComparison.Ordinal));
        Assert.Equal(4, deployment.Of("Microsoft.Network/privateDnsZones").Count);
        Assert.All(
            deployment.Of("Microsoft.Network/privateDnsZones/virtualNetworkLinks"),
            l => Assert.Equal(
                (string?)deployment.One("Microsoft.Network/virtualNetworks")["id"], (string?)l["properties"]!["virtualNetwork"]!["id"]));
        Assert.Equal(4, deployment.Of("Microsoft.Network/privateDnsZones/virtualNetworkLinks").Count);
        Assert.Equal(4, deployment.Of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").Count);
    }

    [Fact]
    public async Task Private_endpoints_in_a_subnet_of_yours_use_your_zones()
    {
        string zones = string.Concat(((string[])["blob", "queue", "table", "vault"]).Select(s => $"{s}: '{Hub}/privateDnsZones/{s}'\n"));
        Deployment deployment = await PredictAsync(YourSubnet($", zoneIds: {{\n{zones}}}"), "param backend = 'Scheduler'");

        Assert.All(StorageAndVault(deployment), IsClosed);
        Assert.Equal($"{Hub}/functions", AppSubnet(deployment));
        Assert.Equal(["blob", "table", "vault"], Connections(deployment).Keys.Order());
        Assert.All(
            deployment.Of("Microsoft.Network/privateEndpoints"),
            e => Assert.Equal($"{Hub}/endpoints", (string?)e["properties"]!["subnet"]!["id"]));
        Assert.Empty(deployment.Of("Microsoft.Network/privateDnsZones"));
        Assert.All(deployment.Of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups"), g =>
        {
            JsonNode one = Assert.Single(g["properties"]!["privateDnsZoneConfigs"]!.AsArray())!;
            Assert.Equal($"{Hub}/privateDnsZones/{one["name"]}", (string?)one["properties"]!["privateDnsZoneId"]);
        });
    }

    [Fact]
    public async Task Endpoints_that_something_else_registers_are_left_to_it()
    {
        Deployment deployment = await PredictAsync(YourSubnet(), "param officerAddresses = ['192.0.2.7']");

        Assert.Empty(deployment.Of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups"));
        IsClosed(Storage(deployment));
        Assert.Equal(("Enabled", "Deny"), Access(Vault(deployment)));
        Assert.Equal("192.0.2.7", (string?)Assert.Single(Rules(Vault(deployment), "ipRules"))!["value"]);
    }

    private async Task<Deployment> PredictAsync(string network, string more = "")
    {
        using BicepCompiler compiler = new();
        string sample = SourceTree.Read("infra/main.bicepparam").Replace("param backend =", "// ", StringComparison.Ordinal);
        compiler.Write("closed.bicepparam", $"{sample}\nparam network = {network}\n{more}\n");
        return await compiler.PredictAsync("closed.bicepparam");
    }

    private static string YourSubnet(string more = "") =>
        $"{{ kind: 'subnet', subnetId: '{Hub}/functions', storageAndVault: {{ from: 'privateEndpoints', subnetId: "
            + $"'{Hub}/endpoints'{more} }} }}";

    private static (string? Public, string? Default) Access(JsonNode service) =>
        ((string?)service["publicNetworkAccess"], (string?)service["networkAcls"]!["defaultAction"]);

    private static void IsClosed(JsonNode service) => Assert.Equal("Disabled", (string?)service["publicNetworkAccess"]);

    private static JsonNode Storage(Deployment deployment) => deployment.One("Microsoft.Storage/storageAccounts")["properties"]!;

    private static JsonNode Vault(Deployment deployment) => deployment.One("Microsoft.KeyVault/vaults")["properties"]!;

    private static IEnumerable<JsonNode> StorageAndVault(Deployment deployment) => [Storage(deployment), Vault(deployment)];

    private static JsonArray Rules(JsonNode service, string kind) => service["networkAcls"]![kind]!.AsArray();

    private static string? AppSubnet(Deployment deployment) =>
        (string?)deployment.One("Microsoft.Web/sites")["properties"]!["virtualNetworkSubnetId"];

    private static JsonNode Subnet(Deployment deployment, string name) =>
        Assert.Single(
            deployment.Of("Microsoft.Network/virtualNetworks/subnets"),
            s => ((string)s["name"]!).EndsWith($"/{name}", StringComparison.Ordinal))["properties"]!;

    /// <summary>What each private endpoint leads to, by its part; checked to be the storage account or the vault.</summary>
    private static Dictionary<string, string> Connections(Deployment deployment) => deployment.Of("Microsoft.Network/privateEndpoints")
        .Select(e => Assert.Single(e["properties"]!["privateLinkServiceConnections"]!.AsArray())!["properties"]!)
        .ToDictionary(p => (string)Assert.Single(p["groupIds"]!.AsArray())!, p =>
        {
            string target = (string)p["privateLinkServiceId"]!;
            string type = (string?)p["groupIds"]![0] == "vault" ? "Microsoft.KeyVault/vaults" : "Microsoft.Storage/storageAccounts";
            Assert.Equal((string?)deployment.One(type)["id"], target);
            return target;
        });
}
