using System.Net;
using System.Net.Mime;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Rescans;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Contributing;

/// <summary>The requests of api.http work, in the order of the file.</summary>
public sealed class HttpFileTests
{
    private const string Key = "a-function-key-of-the-app";
    private static readonly HttpFile File = HttpFile.Parse(SourceTree.Read("api.http"));

    [Fact]
    public async Task Every_request_succeeds_on_a_served_app()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10) }], new() { ["Rescan:Key"] = Key });
        Dictionary<string, string> variables = new(File.Variables)
        {
            ["host"] = api.Host.BaseAddress.AbsoluteUri.TrimEnd('/'), ["key"] = Key, ["appliance"] = "one"
        };
        Dictionary<string, JsonElement> answers = [];
        foreach (HttpFileRequest asked in File.Requests)
        {
            HttpResponseMessage answer = await SendAsync(api.Http, asked, variables, answers);
            using CancellationTokenSource patience = new(ApiHost.Patience);
            while (answer is { StatusCode: HttpStatusCode.Conflict, Headers.RetryAfter: not null })
            {
                await Task.Delay(50, patience.Token);
                answer = await SendAsync(api.Http, asked, variables, answers);
            }

            string body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{asked.Title}: {(int)answer.StatusCode} {body}");
            if (asked.Name is { } named)
            {
                answers[named] = JsonSerializer.Deserialize<JsonElement>(body);
            }
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpFileRequest asked, Dictionary<string, string> variables, Dictionary<string, JsonElement> answers)
    {
        using HttpRequestMessage request = new(asked.Method, HttpFile.Resolve(asked.Target, variables, answers));
        if (asked.Body.Length > 0)
        {
            request.Content = new StringContent(
                HttpFile.Resolve(asked.Body, variables, answers), Encoding.UTF8, MediaTypeNames.Application.Json);
        }

        foreach ((string name, string value) in asked.Headers.Where(h => h.Name != "Content-Type"))
        {
            request.Headers.Add(name, HttpFile.Resolve(value, variables, answers));
        }

        return await http.SendAsync(request);
    }

    [Fact]
    public void Every_function_that_takes_a_key_has_a_request_that_shows_it()
    {
        IEnumerable<string> functions =
            from method in typeof(RescanApi).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
            let trigger = method.GetParameters()
                .Select(p => p.GetCustomAttribute<HttpTriggerAttribute>())
                .FirstOrDefault(t => t is not null)
            where trigger?.AuthLevel == AuthorizationLevel.Function
            from verb in trigger.Methods!.Where(m => m != "head")
            select $"{verb.ToUpperInvariant()} {{{{host}}}}/api/{trigger.Route}";
        IEnumerable<string> requests = File.Requests
            .Where(r => r.Headers.Contains(("x-functions-key", "{{key}}")))
            .Select(r => $"{r.Method} {Regex.Replace(r.Target.Split('?')[0], @"\{\{\w+\.[^}]*\}\}", "{id}")}");

        Assert.Equal(functions.Order(StringComparer.Ordinal), requests.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Its_variables_fit_the_sample_settings_and_the_simulated_appliance()
    {
        JsonElement settings = JsonDocument.Parse(SourceTree.Read("local.settings.sample.json")).RootElement.GetProperty("Values");
        string url = Rescan.Local.Cli.ServeCommand.Create().Options.Single(o => o.Name == "--url").GetDefaultValue() as string ?? "";

        Assert.Equal((url, ""), (File.Variables["host"], File.Variables["key"]));
        Assert.Equal(settings.GetProperty("Rescan__Appliances__0__Name").GetString(), File.Variables["appliance"]);
        Assert.Contains(File.Variables["repository"], SimulatedRepository.Defaults.Select(r => r.Name));
    }

    [Theory]
    [InlineData("{{nobody}}")]
    [InlineData("{{rescan.response.body.$.id}}")]
    public void What_is_not_defined_is_refused(string text) =>
        Assert.Throws<FormatException>(() => HttpFile.Resolve(text, File.Variables, new Dictionary<string, JsonElement>()));
}
