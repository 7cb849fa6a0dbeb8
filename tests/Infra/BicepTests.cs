using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.DurableTaskSqlite;

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

    /// <summary>
    /// azd and the Azure CLI bring a compiler of their own. Besides the language, it has to know the version of each resource type: of one
    /// that it does not know it checks nothing.
    /// </summary>
    [Fact]
    public async Task The_oldest_compiler_that_is_supported_makes_the_same_template()
    {
        using BicepCompiler oldest = new(SourceTree.OldestBicepPath);

        (int exitCode, string output, string complaints) = await oldest.RunAsync("build", "main.bicep", "--stdout");

        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
        Assert.NotEqual(Generator(infra.Template), Generator(output));
        Assert.Equal(WithoutGenerator(infra.Template), WithoutGenerator(output));

        static string Generator(string template) => (string)JsonNode.Parse(template)!["metadata"]!["_generator"]!["version"]!;
        static string WithoutGenerator(string template) => Regex.Replace(template, "\"_generator\": \\{[^}]*\\}", "");
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
    [InlineData("main.bicep", "no-hardcoded-location",
        "resource other 'Microsoft.Resources/resourceGroups@2025-04-01' = { name: 'other', location: 'westeurope' }")]
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
    public void Each_rule_of_the_linter_is_an_error_but_the_one_that_asks_the_calendar()
    {
        JsonObject rules = JsonNode.Parse(SourceTree.Read("infra/bicepconfig.json"))!["analyzers"]!["core"]!["rules"]!.AsObject();

        // What builds today must build in three years, and with a compiler that knows newer versions.
        Assert.All(rules, rule => Assert.Equal(rule.Key == "use-recent-api-versions" ? "off" : "error", (string?)rule.Value!["level"]));
    }

    [Fact]
    public async Task The_sample_of_parameters_builds()
    {
        (int exitCode, string output, string complaints) = await infra.Compiler.RunAsync("build-params", "main.bicepparam", "--stdout");

        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
        JsonNode parameters = JsonNode.Parse((string)JsonNode.Parse(output)!["parametersJson"]!)!["parameters"]!;
        Assert.Equal("appliance-1", (string?)parameters["appliances"]!["value"]![0]!["name"]);
    }

    [Theory]
    [InlineData("appliances", "[{ name: 'a', baseUrl: 'https://a.example', username: 'u', password: 'p' }]", "\"password\" is not allowed")]
    [InlineData("network", "{ kind: 'subnet' }", "\"subnetId\"")]
    [InlineData("network", "{ kind: 'subnet', subnetId: '' }", "minimum allowable length")]
    [InlineData("network", "{ kind: 'none', subnetId: 'x' }", "\"subnetId\" is not allowed")]
    [InlineData("network", "{ kind: 'other' }", "'new' | 'none' | 'subnet'")]
    public async Task A_parameter_that_says_too_little_or_too_much_is_refused(string name, string value, string says)
    {
        string sample = Regex.Replace(SourceTree.Read("infra/main.bicepparam"), $@"(?ms)^param {name} = (\[.*?^\])\n", "");
        infra.Compiler.Write("refused.bicepparam", $"{sample}\nparam {name} = {value}\n");

        (int exitCode, _, string complaints) = await infra.Compiler.RunAsync("build-params", "refused.bicepparam", "--stdout");

        Assert.NotEqual(0, exitCode);
        Assert.Contains(says, complaints, StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_takes_no_shared_key_and_nothing_public() => Assert.All(Both, deployment =>
    {
        JsonNode properties = deployment.One("Microsoft.Storage/storageAccounts")["properties"]!;
        Assert.False((bool)properties["allowSharedKeyAccess"]!);
        Assert.False((bool)properties["allowBlobPublicAccess"]!);
        Assert.False((bool)properties["allowCrossTenantReplication"]!);
        Assert.True((bool)properties["defaultToOAuthAuthentication"]!);
        Assert.All(deployment.Of("Microsoft.Storage/storageAccounts/blobServices/containers"),
            c => Assert.Equal("None", (string?)c["properties"]!["publicAccess"]));
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
        Assert.Equal(
            ["ftp", "scm"], deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
            .Select(p => ((string)p["name"]!).Split('/')[1]).Order());
        Assert.All(deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies"),
            p => Assert.False((bool)p["properties"]!["allow"]!));
        Assert.All(deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies"),
            p => Assert.Equal("westeurope", (string?)p["location"]));
        Assert.Equal(
            "UserAssignedIdentity", (string?)deployment.One(
                "Microsoft.Web/sites")["properties"]!["functionAppConfig"]!["deployment"]!["storage"]!["authentication"]!["type"]);
    });

    [Theory]
    [InlineData("Microsoft.Web/sites/")]
    [InlineData("Microsoft.Network/virtualNetworks/subnets")]
    public void Parts_of_what_takes_one_change_at_a_time_are_made_one_after_the_other(string type)
    {
        KeyValuePair<string, JsonNode?>[] all = [
            .. Objects(JsonNode.Parse(infra.Template)!, "resources").SelectMany(resources => resources)];
        KeyValuePair<string, JsonNode?>[] parts = [
            .. all.Where(r => ((string?)r.Value!["type"])?.StartsWith(type, StringComparison.Ordinal) == true)];

        Assert.NotEmpty(parts);
        Assert.All(
            parts.SelectMany((one, i) => parts.Skip(i + 1).Select(other => (one, other))),
            pair => Assert.True(
                Waits(pair.one, pair.other) || Waits(pair.other, pair.one), $"{pair.one.Key} and {pair.other.Key} are made at once"));

        bool Waits(KeyValuePair<string, JsonNode?> later, KeyValuePair<string, JsonNode?> earlier) =>
            later.Value!["dependsOn"]?.AsArray()
            .Any(d => (string?)d == earlier.Key || Waits(all.First(r => r.Key == (string?)d), earlier)) == true;
    }

    [Fact]
    public void Sign_in_is_in_front_of_all_but_what_asks_for_no_key_where_it_is_wanted()
    {
        static IEnumerable<JsonNode> SignIn(Deployment of) =>
            of.Of("Microsoft.Web/sites/config").Where(r => ((string)r["name"]!).EndsWith("/authsettingsV2", StringComparison.Ordinal));

        Assert.Empty(SignIn(infra.Sample));
        JsonNode settings = Assert.Single(SignIn(infra.Full))["properties"]!;
        string[] open =
        [
            .. typeof(RescanOptions).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods()).SelectMany(m => m.GetParameters())
                .Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).OfType<HttpTriggerAttribute>()
                .Where(t => t.AuthLevel == AuthorizationLevel.Anonymous && !t.Route!.Contains('{', StringComparison.Ordinal))
                .Select(t => "/api/" + t.Route).Order(StringComparer.Ordinal),
        ];
        Assert.Equal(open, settings["globalValidation"]!["excludedPaths"]!.AsArray().Select(p => (string?)p).Order(StringComparer.Ordinal));
        Assert.True((bool)settings["globalValidation"]!["requireAuthentication"]!);
        JsonNode entra = settings["identityProviders"]!["azureActiveDirectory"]!;
        string issuer = (string)entra["registration"]!["openIdIssuer"]!;
        Assert.Contains("/v2.0", issuer, StringComparison.Ordinal);
        Assert.Contains("00000000-0000-0000-0000-00000000000d", issuer, StringComparison.Ordinal);
        Assert.Equal("00000000-0000-0000-0000-00000000000c", (string?)entra["registration"]!["clientId"]);
    }

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
            _ when Regex.IsMatch(
                k, "^Rescan__(Appliances__[0-9]+__PasswordSecret|Notifications__Channels__[0-9]+__(UrlSecret|SecretName))$") =>
                "^[0-9a-z-]{1,127}$",
            _ => @"^@Microsoft\.KeyVault\(VaultName=[^;()]+;SecretName=[0-9a-z-]{1,127}\)$",
        }, settings[k]));
    });

    [Fact]
    public void Outputs_hold_names_and_addresses_only()
    {
        JsonObject template = JsonNode.Parse(infra.Template)!.AsObject();
        Assert.Equal(
            ["API_URL", "AZURE_RESOURCE_GROUP", "FUNCTION_APP_NAME", "KEY_VAULT_NAME", "OUTBOUND_ADDRESS", "SIGN_IN_CLIENT_ID",
                "VAULT_ENTRIES_TO_SET"],
            template["outputs"]!.AsObject().Select(o => o.Key).Order(StringComparer.Ordinal));
        foreach (JsonObject outputs in Objects(template, "outputs"))
        {
            Assert.All(outputs, o => Assert.DoesNotMatch("(?i)password|secret|connection|token", o.Key));
            Assert.All(outputs,
                o => Assert.DoesNotMatch(@"(?i)ConnectionString|InstrumentationKey|\blist\w*\(", (string)o.Value!["value"]!));
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
            [.. common.Append("Durable Task Data Contributor on Microsoft.DurableTask/schedulers/taskHubs")
                .Append("Key Vault Secrets Officer on Microsoft.KeyVault/vaults").Order()],
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

        JsonNode properties = Assert.Single(
            infra.Full.Of("Microsoft.Insights/diagnosticSettings"), d => Deployment.ScopeOf(d) == type)["properties"]!;

        Assert.Equal(workspace, (string?)properties["workspaceId"]);
        Assert.Contains(
            new[] { "logs", "metrics" }.SelectMany(kind => properties[kind]?.AsArray().Select(c => (bool)c!["enabled"]!) ?? []), on => on);
    }

    [Fact]
    public void The_app_is_isolated_dotnet_10_on_Flex_Consumption_with_one_identity() => Assert.All(Both, deployment =>
    {
        Assert.Equal("FC1", (string?)deployment.One("Microsoft.Web/serverfarms")["sku"]!["name"]);
        JsonNode app = deployment.One("Microsoft.Web/sites");
        Assert.Equal(
            ("dotnet-isolated", "10.0"),
            ((string?)app["properties"]!["functionAppConfig"]!["runtime"]!["name"],
                (string?)app["properties"]!["functionAppConfig"]!["runtime"]!["version"]));
        Assert.Equal(
            (string?)deployment.One("Microsoft.ManagedIdentity/userAssignedIdentities")["id"],
            Assert.Single(app["identity"]!["userAssignedIdentities"]!.AsObject()).Key);
        Assert.Equal("functions", (string?)app["tags"]!["azd-service-name"]);
        Assert.Equal(
            (string?)deployment.One("Microsoft.Storage/storageAccounts")["name"],
            deployment.AppSettings["AzureWebJobsStorage__accountName"]);
        Assert.Equal("managedidentity", deployment.AppSettings["AzureWebJobsStorage__credential"]);
        Assert.Equal(deployment.AppSettings["AZURE_CLIENT_ID"], deployment.AppSettings["AzureWebJobsStorage__clientId"]);
    });

    [Fact]
    public void Instances_are_kept_ready_and_spread_over_zones_only_when_asked_for()
    {
        Assert.Empty(Scale(infra.Sample)["alwaysReady"]!.AsArray());
        Assert.False((bool)infra.Sample.One("Microsoft.Web/serverfarms")["properties"]!["zoneRedundant"]!);
        Assert.Equal("Standard_LRS", (string?)infra.Sample.One("Microsoft.Storage/storageAccounts")["sku"]!["name"]);

        JsonNode ready = Assert.Single(Scale(infra.Full)["alwaysReady"]!.AsArray())!;
        Assert.Equal(("durable", 1), ((string?)ready["name"], (int)ready["instanceCount"]!));
        Assert.True((bool)infra.Full.One("Microsoft.Web/serverfarms")["properties"]!["zoneRedundant"]!);
        // An app in several zones on an account in one of them stops with that zone.
        Assert.Equal("Standard_GZRS", (string?)infra.Full.One("Microsoft.Storage/storageAccounts")["sku"]!["name"]);

        static JsonNode Scale(Deployment deployment) =>
            deployment.One("Microsoft.Web/sites")["properties"]!["functionAppConfig"]!["scaleAndConcurrency"]!;
    }

    [Fact]
    public void The_scheduler_is_there_only_when_asked_for()
    {
        Assert.Empty(infra.Sample.Of("Microsoft.DurableTask/schedulers"));
        Assert.DoesNotContain("TASKHUB_NAME", infra.Sample.AppSettings.Keys);
        Assert.Equal("rescan", infra.Full.AppSettings["TASKHUB_NAME"]);
        Assert.Contains(
            "Authentication=ManagedIdentity", infra.Full.AppSettings["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"], StringComparison.Ordinal);
    }

    private static IEnumerable<JsonObject> Objects(JsonNode node, string name)
    {
        IEnumerable<JsonObject> here = node is JsonObject o && o[name] is JsonObject found ? [found] : [];
        IEnumerable<JsonNode?> children = node switch { JsonObject all => all.Select(p => p.Value), JsonArray all => all, _ => [] };
        return here.Concat(children.OfType<JsonNode>().SelectMany(child => Objects(child, name)));
    }
}
