using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Rescan.Functions.StandardWebhooks;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Hostile;

/// <summary>
/// Uses every secret there is, with the log at its most talkative, then looks for each in all that is kept, logged or answered.
/// </summary>
public sealed class SecretTests
{
    private const string Password = "pass-w0rd/of+one?";
    private const string WrongPassword = "wrong&pass=word of two";
    private const string FunctionKey = "function/key+of=the app";
    private const string HookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string S3Key = "s3-hook/key+0123456789";
    private const string SlackPath = "T0/B0/slack-secret-path";
    private const string TeamsSignature = "teams-secret-sig";
    private const string NotifySecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_secret_is_found_in_state_logs_or_answers(bool onAzurite)
    {
        string data = Directory.CreateTempSubdirectory("rescan-secrets-").FullName;
        AzuriteProcess? azurite = onAzurite ? await AzuriteProcess.StartAsync(AzureTestHub.Home, data, 0, 0, 0, default) : null;
        await using Receiver receiver = await Receiver.StartAsync();
        using EverythingLogged log = new();
        ConcurrentQueue<string> answers = new();
        List<string> secrets = [Password, WrongPassword, FunctionKey, HookSecret[6..], S3Key, SlackPath, TeamsSignature, NotifySecret[6..]];
        ApiHost api = await ApiHost.StartAsync(
            [
                new SimulatorOptions { Password = Password, SessionDuration = TimeSpan.FromSeconds(4),
                    TokenLifetime = TimeSpan.FromSeconds(2), Faults = ["expired-token"] },
                new SimulatorOptions { Password = "another" },
                new SimulatorOptions { Password = Password, SessionDuration = TimeSpan.FromMilliseconds(300), Outcome = "failed" },
            ],
            new()
            {
                ["Rescan:Appliances:1:Password"] = WrongPassword,
                ["Rescan:Key"] = FunctionKey,
                ["Rescan:Webhooks:Secrets:0"] = HookSecret,
                ["Rescan:Webhooks:S3:ApiKeys:0"] = S3Key,
                ["Rescan:Webhooks:S3:QuietPeriod"] = "00:00:01",
                ["Rescan:Notifications:Channels:0:Kind"] = "webhook",
                ["Rescan:Notifications:Channels:0:When"] = "always",
                ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver.Url, "/hook").AbsoluteUri,
                ["Rescan:Notifications:Channels:0:Secret"] = NotifySecret,
                ["Rescan:Notifications:Channels:1:Kind"] = "slack",
                ["Rescan:Notifications:Channels:1:Url"] = new Uri(receiver.Url, "/services/" + SlackPath).AbsoluteUri,
                ["Rescan:Notifications:Channels:2:Kind"] = "teams",
                ["Rescan:Notifications:Channels:2:Url"] = new Uri(receiver.Url, "/workflows/run?sig=" + TeamsSignature).AbsoluteUri,
            },
            log: log, storage: azurite?.ConnectionString);
        try
        {
            async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body, params (string, string)[] headers)
            {
                (int status, JsonElement answer, HttpResponseMessage message) = await api.SendAsync(method, path, body, headers);
                answers.Enqueue($"{status} {answer} {message.Headers} {message.Content.Headers}");
                return answer;
            }

            (string, string) key = ("x-functions-key", FunctionKey);
            string code = "code=" + Uri.EscapeDataString(FunctionKey);
            await CallAsync(HttpMethod.Get, "/api/rescans?code=" + Uri.EscapeDataString(FunctionKey + "!"), null);
            JsonElement one = await CallAsync(
                HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" }, key, ("Idempotency-Key", "k"));
            JsonElement two = await CallAsync(HttpMethod.Post, "/api/rescans", new { appliance = "two", repository = "archive" }, key);
            JsonElement run = await CallAsync(
                HttpMethod.Post, "/api/rescans?" + code, new { filter = new { exclude = (string[])["archive"] } });
            await CallAsync(
                HttpMethod.Post, "/api/hooks/s3", JsonSerializer.Deserialize<JsonElement>(Samples.EventBridge("acme-archive", "veeam/x")),
                ("x-api-key", S3Key));
            await CallAsync(
                HttpMethod.Post, "/api/hooks/s3", JsonSerializer.Deserialize<JsonElement>(Samples.EventBridge("acme-archive", "veeam/x")),
                ("x-api-key", S3Key + "!"));
            byte[] body = Encoding.UTF8.GetBytes("""{"appliance":"three","repository":"archive"}""");
            using HttpRequestMessage signed = new(HttpMethod.Post, "/api/hooks/rescan") { Content = new ByteArrayContent(body) };
            new StandardWebhookSigner([HookSecret]).Sign(signed, "msg_1", DateTimeOffset.UtcNow, body);
            using HttpResponseMessage hooked = await api.Http.SendAsync(signed);
            answers.Enqueue(await hooked.Content.ReadAsStringAsync());
            Assert.Equal(HttpStatusCode.Accepted, hooked.StatusCode);

            foreach (string self in (string[])[
                one.GetProperty("links").GetProperty("self").GetString()!, "/api/rescans/"
                + JsonSerializer.Deserialize<JsonElement>(answers.Last()).GetProperty("rescans")[0].GetProperty("id").GetString()])
            {
                answers.Enqueue(
                    (await api.UntilAsync($"{self}?{code}", r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object)).ToString());
                await CallAsync(HttpMethod.Get, $"{self}/log?{code}", null);
            }

            answers.Enqueue(
                (await api.UntilAsync(
                    $"{run.GetProperty("links").GetProperty("self").GetString()}?{code}",
                    r => r.GetProperty("status").GetString() != "Running")).ToString());
            foreach (string path in (string[])["rescans", "runs", "repositories", "health", "openapi.json", "nothing"])
            {
                await CallAsync(HttpMethod.Get, $"/api/{path}?{code}", null);
            }

            await receiver.WaitAsync("/hook", 1);
            await receiver.WaitAsync("/services/" + SlackPath, 1);
            secrets.AddRange(api.Appliances.SelectMany(a => a.TokensGranted));
            Assert.Contains(
                answers, a => a.Contains("Rejected", StringComparison.Ordinal)
                || a.Contains("password", StringComparison.OrdinalIgnoreCase));
            Assert.InRange(api.Appliances[0].TokensGranted.Count, 4, 1000);

            await api.Host.StopAsync(default);
            List<(string Where, byte[] What)> places =
            [
                .. Directory.EnumerateFiles(api.Folder, "*", SearchOption.AllDirectories)
                .Concat(Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
                .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).Select(f => (f, Read(f))),
                .. answers.Select(a => ("an HTTP answer", Encoding.UTF8.GetBytes(a))),
                .. log.Lines.Select(l => ("the log", Encoding.UTF8.GetBytes(l))),
            ];
            Assert.True(places.Sum(p => (long)p.What.Length) > 100_000);
            string[] found = [
                .. secrets.Distinct()
                .SelectMany(s => Forms(s)
                    .SelectMany(form => places.Where(p => p.What.AsSpan().IndexOf(form) >= 0)
                        .Select(p => $"{s} in {p.Where}: {Excerpt(p.What, form)}")))];
            Assert.Empty(found);
        }
        finally
        {
            await api.DisposeAsync();
            if (azurite is not null)
            {
                await azurite.KillAsync();
            }

            Directory.Delete(data, recursive: true);
        }
    }

    private static byte[] Read(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Excerpt(byte[] what, byte[] form)
    {
        int at = what.AsSpan().IndexOf(form);
        return Encoding.Latin1.GetString(what, Math.Max(0, at - 120), Math.Min(what.Length - Math.Max(0, at - 120), 240));
    }

    /// <summary>As it is, as UTF-16, in base64 at each of the three offsets, and encoded for addresses, for JSON and for forms.</summary>
    private static IEnumerable<byte[]> Forms(string secret)
    {
        string[] texts = [secret, Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), JsonSerializer.Serialize(secret).Trim('"')];
        foreach (string text in texts.Distinct())
        {
            yield return Encoding.UTF8.GetBytes(text);
            yield return Encoding.Unicode.GetBytes(text);
        }

        for (int offset = 0; offset < 3; offset++)
        {
            string base64 = Convert.ToBase64String([.. new byte[offset], .. Encoding.UTF8.GetBytes(secret)]);
            yield return Encoding.ASCII.GetBytes(base64[(offset == 0 ? 0 : 4)..^4]);
        }
    }

    private sealed class EverythingLogged : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Lines.Enqueue("scope " + state);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(
                $"{logLevel} {formatter(state, exception)} {(state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(v => $"{v.Key}={v.Value}")) : "")} {exception}");

        public void Dispose()
        {
        }
    }
}
