using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Rescan.Functions.Rescans;
using Rescan.Functions.StatusPage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Api;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_description_is_valid_and_names_every_function_of_the_API()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions()], new() { ["Rescan:Key"] = "a-function-key-of-the-app" });
        using HttpResponseMessage answer = await api.Http.GetAsync("/api/openapi.json");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);

        ReadResult read = OpenApiDocument.Parse(await answer.Content.ReadAsStringAsync(), "json");

        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.Empty(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()));
        string[] described = [
            .. read.Document!.Paths.SelectMany(p => p.Value.Operations!.Select(o => $"{o.Key} {p.Key}".ToUpperInvariant()))
            .Order(StringComparer.Ordinal)];
        Assert.Equal(Functions().Order(StringComparer.Ordinal), described);
        Assert.All(read.Document.Paths.SelectMany(p => p.Value.Operations!.Values), o => Assert.False(string.IsNullOrEmpty(o.Summary)));
    }

    [Fact]
    public async Task Answers_have_the_properties_that_are_described()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(200) }]);
        JsonElement schemas = (await api.GetAsync("/api/openapi.json")).GetProperty("components").GetProperty("schemas");
        (_, JsonElement accepted, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" });
        JsonElement rescan = await api.GetAsync(accepted.GetProperty("links").GetProperty("self").GetString() + "?wait=60");
        (_, JsonElement problem, _) = await api.SendAsync(HttpMethod.Get, "/api/rescans/rescan-none");

        foreach ((string schema, JsonElement body) in new[]
        {
            ("AcceptedView", accepted), ("RescanView", rescan), ("ProblemDetails", problem),
            ("RescanPage", await api.GetAsync("/api/rescans")), ("RepositoryList", await api.GetAsync("/api/repositories")),
                ("RunRecordPage", await api.GetAsync("/api/runs")),
        })
        {
            Assert.Equal(
                body.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal),
                schemas.GetProperty(schema).GetProperty("properties").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>All but the page, which is for browsers.</summary>
    private static IEnumerable<string> Functions() =>
        from method in typeof(RescanApi).Assembly.GetExportedTypes().Where(t => t != typeof(StatusPageFunctions))
        .SelectMany(t => t.GetMethods())
        let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
        where trigger is not null
        from verb in trigger.Methods!.Where(m => m != "head")
        select $"{verb} /api/{trigger.Route}".ToUpperInvariant();
}
