using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rescan.Tests.Infra;

[Collection(nameof(InfraFixture))]
public sealed class BicepTests(InfraFixture infra)
{
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
        ["b86a8fe4-44ce-4948-aee5-eccb2c155cd7"] = "Key Vault Secrets Officer",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["0ad04412-c4d5-4796-b79c-f76d14c8d402"] = "Durable Task Data Contributor",
    };

    private Deployment[] Both => [infra.Sample, infra.Full];

    [Fact]
    public async Task Every_file_passes_the_linter_offline_without_a_word()
    {
        using BicepCompiler compiler = new();

        (int exitCode, _, string complaints) = await compiler.RunAsync("lint", "--pattern", "**/*.bicep");

        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
        Assert.All(compiler.Sources, file => Assert.DoesNotMatch("'(br|ts)[:/]", file.Value));
    }

    [Fact]
    public async Task Every_file_is_laid_out_as_the_formatter_does()
    {
        using BicepCompiler compiler = new();
        IReadOnlyDictionary<string, string> before = compiler.Sources;

        await compiler.RunAsync("format", "--pattern", "**/*.bicep");

        Assert.True(before.ContainsKey("main.bicep"));
        Assert.Equal(before, compiler.Sources);
    }

    [Theory]
    [InlineData("modules/storage.bicep", "no-unused-vars", "var unused = 1")]
    [InlineData("main.bicep", "secure-secrets-in-params", "param password string = ''")]
    [InlineData("main.bicep", "outputs-should-not-contain-secrets", "output password string = 'x'")]
    [InlineData("modules/storage.bicep", "use-recent-api-versions", "resource old 'Microsoft.Storage/storageAccounts@2022-09-01' existing = { name: 'older' }")]
    public async Task A_fault_is_an_error(string file, string rule, string line)
    {
        using BicepCompiler compiler = new();
        compiler.Write(file, compiler.Sources[file] + line + "\n");

        (int exitCode, _, string complaints) = await compiler.RunAsync("build", "main.bicep", "--stdout");

        Assert.NotEqual(0, exitCode);
        Assert.Contains($"Error {rule}", complaints, StringComparison.Ordinal);
        Assert.DoesNotContain("Warning", complaints, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_rule_of_the_linter_is_an_error()
    {
        JsonObject rules = JsonNode.Parse(SourceTree.Read("infra/bicepconfig.json"))!["analyzers"]!["core"]!["rules"]!.AsObject();

        Assert.All(rules, rule => Assert.Equal("error", (string?)rule.Value!["level"]));
    }

    [Fact]
    public async Task The_sample_of_parameters_builds()
    {
        (int exitCode, string output, string complaints) = await infra.Compiler.RunAsync("build-params", "main.bicepparam", "--stdout");

        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
        JsonNode parameters = JsonNode.Parse((string)JsonNode.Parse(output)!["parametersJson"]!)!["parameters"]!;
        Assert.Equal("appliance-1", (string?)parameters["appliances"]!["value"]![0]!["name"]);
    }

    [Fact]
    public async Task A_parameter_that_is_misspelt_is_refused()
    {
        infra.Compiler.Write("misspelt.bicepparam", "using 'main.bicep'\nparam environmentName = 'x'\nparam location = 'x'\nparam appliances = [{ name: 'a', baseUrl: 'https://a.example', username: 'u', password: 'p' }]\n");

        (int exitCode, _, string complaints) = await infra.Compiler.RunAsync("build-params", "misspelt.bicepparam", "--stdout");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("\"password\" is not allowed", complaints, StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_takes_no_shared_key_and_nothing_public() => Assert.All(Both, deployment =>
    {
        JsonNode properties = deployment.One("Microsoft.Storage/storageAccounts")["properties"]!;
        Assert.False((bool)properties["allowSharedKeyAccess"]!);
        Assert.False((bool)properties["allowBlobPublicAccess"]!);
        Assert.False((bool)properties["allowCrossTenantReplication"]!);
        Assert.True((bool)properties["defaultToOAuthAuthentication"]!);
        Assert.All(deployment.Of("Microsoft.Storage/storageAccounts/blobServices/containers"), c => Assert.Equal("None", (string?)c["properties"]!["publicAccess"]));
    });

    [Fact]
    public void Only_TLS_1_2_or_later_is_spoken() => Assert.All(Both, deployment =>
    {
        JsonNode storage = deployment.One("Microsoft.Storage/storageAccounts")["properties"]!;
        Assert.Matches("^TLS1_[23]$", (string?)storage["minimumTlsVersion"]);
        Assert.True((bool)storage["supportsHttpsTrafficOnly"]!);
        JsonNode app = deployment.One("Microsoft.Web/sites")["properties"]!;
        Assert.True((bool)app["httpsOnly"]!);
        Assert.Matches(@"^1\.[23]$", (string?)app["siteConfig"]!["minTlsVersion"]);
        Assert.Matches(@"^1\.[23]$", (string?)app["siteConfig"]!["scmMinTlsVersion"]);
    });

    [Fact]
    public void The_vault_is_governed_by_roles_and_nothing_in_it_can_be_purged() => Assert.All(Both, deployment =>
    {
        JsonNode properties = deployment.One("Microsoft.KeyVault/vaults")["properties"]!;
        Assert.True((bool)properties["enableRbacAuthorization"]!);
        Assert.True((bool)properties["enableSoftDelete"]!);
        Assert.True((bool)properties["enablePurgeProtection"]!);
        Assert.Empty(deployment.Of("Microsoft.KeyVault/vaults/secrets"));
    });

    [Fact]
    public void Telemetry_is_taken_from_Entra_identities_only() => Assert.All(Both, deployment =>
    {
        Assert.True((bool)deployment.One("Microsoft.Insights/components")["properties"]!["DisableLocalAuth"]!);
        Assert.True((bool)deployment.One("Microsoft.OperationalInsights/workspaces")["properties"]!["features"]!["disableLocalAuth"]!);
        Assert.Contains("Authorization=AAD", deployment.AppSettings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"], StringComparison.Ordinal);
    });

    [Fact]
    public void Packages_are_deployed_by_identities_only() => Assert.All(Both, deployment =>
    {
        Assert.Equal(["ftp", "scm"], deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies").Select(p => ((string)p["name"]!).Split('/')[1]).Order());
        Assert.All(deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies"), p => Assert.False((bool)p["properties"]!["allow"]!));
        Assert.Equal("UserAssignedIdentity", (string?)deployment.One("Microsoft.Web/sites")["properties"]!["functionAppConfig"]!["deployment"]!["storage"]!["authentication"]!["type"]);
    });

    [Fact]
    public void No_key_is_asked_for_anywhere()
    {
        Assert.DoesNotMatch(@"(?i)\blist(Keys|Secrets|AccountSas|ServiceSas|ConnectionStrings|Credentials)?\(", infra.Template);
        Assert.All(Both, deployment => Assert.DoesNotMatch("(?i)AccountKey=|SharedAccessSignature|sig=|PRIVATE KEY", deployment.Text));
    }

    [Fact]
    public void Settings_name_secrets_and_never_hold_one() => Assert.All(Both, deployment =>
    {
        Dictionary<string, string> settings = deployment.AppSettings;
        Assert.DoesNotContain("AzureWebJobsStorage", settings.Keys);
        string[] suspects = [.. settings.Keys.Where(k => Regex.IsMatch(k, "(?i)password|secret|token|key"))];
        Assert.All(suspects, k => Assert.Matches(k switch
        {
            "Rescan__KeyVaultUri" or "AZURE_TOKEN_CREDENTIALS" or "Rescan__Webhooks__S3__ApiKeyHeader" => "",
            _ when Regex.IsMatch(k, "^Rescan__(Appliances__[0-9]+__PasswordSecret|Notifications__Channels__[0-9]+__(UrlSecret|SecretName))$") => "^[0-9a-z-]{1,127}$",
            _ => @"^@Microsoft\.KeyVault\(VaultName=[^;()]+;SecretName=[0-9a-z-]{1,127}\)$",
        }, settings[k]));
    });

    [Fact]
    public void Outputs_hold_names_and_addresses_only()
    {
        JsonObject template = JsonNode.Parse(infra.Template)!.AsObject();
        Assert.Equal(
            ["API_URL", "AZURE_RESOURCE_GROUP", "FUNCTION_APP_NAME", "KEY_VAULT_NAME", "OUTBOUND_ADDRESS", "VAULT_ENTRIES_TO_SET"],
            template["outputs"]!.AsObject().Select(o => o.Key).Order(StringComparer.Ordinal));
        foreach (JsonObject outputs in Objects(template, "outputs"))
        {
            Assert.All(outputs, o => Assert.DoesNotMatch("(?i)password|secret|connection|token", o.Key));
            Assert.All(outputs, o => Assert.DoesNotMatch(@"(?i)ConnectionString|InstrumentationKey|\blist\w*\(", (string)o.Value!["value"]!));
        }
    }

    [Fact]
    public void Parameters_ask_for_no_secret()
    {
        foreach (JsonObject parameters in Objects(JsonNode.Parse(infra.Template)!, "parameters"))
        {
            Assert.All(parameters, p => Assert.DoesNotMatch("(?i)password|token|connectionstring", p.Key));
        }
    }

    [Fact]
    public void Each_role_is_the_least_and_is_scoped_to_one_resource()
    {
        string[] common =
        [
            "Key Vault Secrets User on Microsoft.KeyVault/vaults",
            "Monitoring Metrics Publisher on Microsoft.Insights/components",
            "Storage Blob Data Owner on Microsoft.Storage/storageAccounts",
            "Storage Table Data Contributor on Microsoft.Storage/storageAccounts",
        ];

        Assert.Equal(
            [.. common.Append("Storage Queue Data Contributor on Microsoft.Storage/storageAccounts").Order()],
            Assigned(infra.Sample).Order());
        Assert.Equal(
            [.. common.Append("Durable Task Data Contributor on Microsoft.DurableTask/schedulers/taskHubs").Append("Key Vault Secrets Officer on Microsoft.KeyVault/vaults").Order()],
            Assigned(infra.Full).Order());

        static IEnumerable<string> Assigned(Deployment deployment) => deployment.Of("Microsoft.Authorization/roleAssignments")
            .Select(r => $"{Roles[((string)r["properties"]!["roleDefinitionId"]!).Split('/')[^1]]} on {Deployment.ScopeOf(r)}");
    }

    [Fact]
    public void Each_role_assignment_is_named_for_good_and_says_what_it_is_for() => Assert.All(Both, deployment =>
    {
        IReadOnlyList<JsonNode> assignments = deployment.Of("Microsoft.Authorization/roleAssignments");
        Assert.All(assignments, r =>
        {
            Assert.True(Guid.TryParse((string?)r["name"], out _), "a name that only the deployment would know");
            Assert.StartsWith("Rescan: ", (string?)r["properties"]!["description"], StringComparison.Ordinal);
            Assert.Matches("^(ServicePrincipal|Group)$", (string?)r["properties"]!["principalType"]);
        });
        Assert.Equal(assignments.Count, assignments.Select(r => (string?)r["id"]).Distinct().Count());
    });

    [Theory]
    [InlineData("Microsoft.KeyVault/vaults")]
    [InlineData("Microsoft.Storage/storageAccounts")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices")]
    [InlineData("Microsoft.Storage/storageAccounts/queueServices")]
    [InlineData("Microsoft.Storage/storageAccounts/tableServices")]
    [InlineData("Microsoft.Web/sites")]
    [InlineData("Microsoft.Network/virtualNetworks")]
    public void Diagnostics_go_to_the_workspace(string type)
    {
        string workspace = (string)infra.Full.One("Microsoft.OperationalInsights/workspaces")["id"]!;

        JsonNode properties = Assert.Single(infra.Full.Of("Microsoft.Insights/diagnosticSettings"), d => Deployment.ScopeOf(d) == type)["properties"]!;

        Assert.Equal(workspace, (string?)properties["workspaceId"]);
        Assert.Contains(new[] { "logs", "metrics" }.SelectMany(kind => properties[kind]?.AsArray().Select(c => (bool)c!["enabled"]!) ?? []), on => on);
    }

    [Fact]
    public void The_app_is_isolated_dotnet_10_on_Flex_Consumption_with_one_identity() => Assert.All(Both, deployment =>
    {
        Assert.Equal("FC1", (string?)deployment.One("Microsoft.Web/serverfarms")["sku"]!["name"]);
        JsonNode app = deployment.One("Microsoft.Web/sites");
        Assert.Equal(("dotnet-isolated", "10.0"), ((string?)app["properties"]!["functionAppConfig"]!["runtime"]!["name"], (string?)app["properties"]!["functionAppConfig"]!["runtime"]!["version"]));
        Assert.Equal((string?)deployment.One("Microsoft.ManagedIdentity/userAssignedIdentities")["id"], Assert.Single(app["identity"]!["userAssignedIdentities"]!.AsObject()).Key);
        Assert.Equal("functions", (string?)app["tags"]!["azd-service-name"]);
        Assert.Equal((string?)deployment.One("Microsoft.Storage/storageAccounts")["name"], deployment.AppSettings["AzureWebJobsStorage__accountName"]);
        Assert.Equal("managedidentity", deployment.AppSettings["AzureWebJobsStorage__credential"]);
        Assert.Equal(deployment.AppSettings["AZURE_CLIENT_ID"], deployment.AppSettings["AzureWebJobsStorage__clientId"]);
    });

    [Fact]
    public void A_network_of_its_own_gives_one_fixed_address()
    {
        JsonNode subnet = infra.Full.One("Microsoft.Network/virtualNetworks")["properties"]!["subnets"]![0]!["properties"]!;

        Assert.Equal("Microsoft.App/environments", (string?)subnet["delegations"]![0]!["properties"]!["serviceName"]);
        Assert.Equal((string?)infra.Full.One("Microsoft.Network/natGateways")["id"], (string?)subnet["natGateway"]!["id"]);
        Assert.False((bool)subnet["defaultOutboundAccess"]!);
        Assert.EndsWith("/subnets/functions", (string?)infra.Full.One("Microsoft.Web/sites")["properties"]!["virtualNetworkSubnetId"], StringComparison.Ordinal);
        Assert.Empty(infra.Sample.Of("Microsoft.Network/virtualNetworks"));
        Assert.Null(infra.Sample.One("Microsoft.Web/sites")["properties"]!["virtualNetworkSubnetId"]);
    }

    [Fact]
    public void The_scheduler_is_there_only_when_asked_for()
    {
        Assert.Empty(infra.Sample.Of("Microsoft.DurableTask/schedulers"));
        Assert.DoesNotContain("TASKHUB_NAME", infra.Sample.AppSettings.Keys);
        Assert.Equal("rescan", infra.Full.AppSettings["TASKHUB_NAME"]);
        Assert.Contains("Authentication=ManagedIdentity", infra.Full.AppSettings["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"], StringComparison.Ordinal);
    }

    private static IEnumerable<JsonObject> Objects(JsonNode node, string name)
    {
        IEnumerable<JsonObject> here = node is JsonObject o && o[name] is JsonObject found ? [found] : [];
        IEnumerable<JsonNode?> children = node switch { JsonObject all => all.Select(p => p.Value), JsonArray all => all, _ => [] };
        return here.Concat(children.OfType<JsonNode>().SelectMany(child => Objects(child, name)));
    }
}
