using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using Json.Schema;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Local.Cli.Settings;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

/// <summary>The schema by which editors complete and check a settings file.</summary>
public sealed class SettingsSchemaTests
{
    private const string Kept = "docs/settings.schema.json";

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.FromText(SettingsSchema.Text));

    [Fact]
    public void The_one_that_is_kept_is_what_the_options_classes_say()
    {
        string path = Path.Combine(SourceTree.Root, Kept);
        if (!File.Exists(path) || File.ReadAllText(path) != SettingsSchema.Text)
        {
            string artifact = Path.Combine(
                Directory.CreateDirectory(Path.Combine(SourceTree.Root, "artifacts")).FullName, "settings.schema.json");
            File.WriteAllText(artifact, SettingsSchema.Text);
            Assert.Fail($"{Kept} is not what the options classes say. Put in its place the one that was written to {artifact}.");
        }
    }

    [Fact]
    public void The_sample_names_it_and_fits_it()
    {
        JsonNode sample = JsonNode.Parse(SourceTree.Read("local.settings.sample.json"))!;

        Assert.Equal("./" + Kept, (string?)sample["$schema"]);
        Assert.True(Fits(sample));
        Assert.Empty(SettingsFile.Load(Path.Combine(SourceTree.Root, "local.settings.sample.json"), isNamed: true).Faults);
    }

    [Theory]
    [InlineData("Rescan__Deadlin", "01:00:00", false)]
    [InlineData("Rescan__Appliances__3__Usrename", "u", false)]
    [InlineData("Rescan__Appliances__first__Name", "x", false)]
    [InlineData("RescanSchedule", "0 30 1 * * *", false)]
    [InlineData("Rescan__PausedUntil", "tomorrow", false)]
    [InlineData("Rescan__Deadline", "soon", false)]
    [InlineData("Rescan__Deadline", "24:00:00", false)]
    [InlineData("Rescan__Appliances__7__MaxConcurrentRescans", "four", false)]
    [InlineData("Rescan__Appliances__7__Kind", "Veeam", false)]
    [InlineData("Rescan__Deadline", "1.00:00:00", true)]
    [InlineData("Rescan__Deadline", "", true)]
    [InlineData("Rescan__Appliances__17__Thumbprints__2", "AB", true)]
    [InlineData("AzureFunctionsJobHost__logging__logLevel__default", "Warning", true)]
    public void What_is_refused_at_the_start_does_not_fit(string key, string value, bool fits)
    {
        JsonNode sample = JsonNode.Parse(SourceTree.Read("local.settings.sample.json"))!;
        sample["Values"]![key] = value;

        Assert.Equal(fits, Fits(sample));
    }

    [Fact]
    public void A_setting_beside_the_values_does_not_fit() =>
        Assert.False(Fits(JsonNode.Parse("""{ "Values": {}, "Rescan__Deadline": "01:00:00" }""")!));

    [Fact]
    public void The_kinds_that_it_offers_are_those_that_are_served() => Assert.Equal(
        ApplianceProducts.All.Select(p => p.Kind),
        typeof(ApplianceOptions)
            .GetProperty(nameof(ApplianceOptions.Kind))!.GetCustomAttribute<AllowedValuesAttribute>()!.Values.Cast<string>());

    private static bool Fits(JsonNode file) =>
        Schema.Value.Evaluate(
            System.Text.Json.JsonSerializer.SerializeToElement(file), new EvaluationOptions { OutputFormat = OutputFormat.Flag }).IsValid;
}
