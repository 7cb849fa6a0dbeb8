using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Crash;

/// <summary>
/// 200 rescans of 20 repositories on 3 appliances of both kinds while the app and the appliances are killed and misbehave at random: one
/// app on files, or
/// three that share a task hub on Azurite. What is done, to whom, and how long it stays down come from the seed; what it meets at that
/// moment is up to the machine.
/// </summary>
internal sealed class Chaos(int seed, bool onAzurite)
{
    private const int Rounds = 10;
    private const string Hub = "Chaos";
    private static readonly TimeSpan Havoc = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);
    private static readonly string[] Faults =
        ["slow", "drop-before", "drop-after", "expired-token", "throttled", "throttled-date", "unavailable", "html", "malformed-json"];
    private static readonly string[] Requests = ["token", "repositories", "rescan", "session", "log"];

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-chaos-").FullName;
    private readonly List<ApplianceProcess> appliances = [];
    private readonly ConcurrentDictionary<string, int> did = new();
    private readonly ConcurrentBag<(string Appliance, string Repository, string Request)> asked = [];
    private readonly CancellationTokenSource ending = new();
    private readonly ServedApp?[] apps = new ServedApp?[onAzurite ? 3 : 1];
    private AzuriteProcess? azurite;

    public async Task<int> RunAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        ending.CancelAfter(Limit);
        await using NoticeReceiver receiver = await NoticeReceiver.StartAsync();
        foreach ((string name, int count, SimulatedKind kind) in ((string, int, SimulatedKind)[])
            [("one", 7, SimulatedKind.VeeamBackupForAws), ("two", 7, SimulatedKind.VeeamBackupAndReplication),
                ("three", 6, SimulatedKind.VeeamBackupAndReplication)])
        {
            appliances.Add(await ApplianceProcess.StartAsync(name, Path.Combine(folder, name + ".json"), count, kind: kind));
        }

        azurite = onAzurite
            ? await AzuriteProcess.StartAsync(AzuriteProcess.DefaultHome, Path.Combine(folder, "azurite"), 0, 0, 0, CancellationToken.None)
            : null;
        using CancellationTokenSource calm = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        calm.CancelAfter(Havoc);
        Task keeper = Task.WhenAll(apps.Index().Select(a => KeepAsync(a.Index, receiver, ending.Token)));
        Task havoc = WreakAsync(new Random(seed), calm.Token);
        Task[] rescans = [.. appliances.SelectMany(a => a.Repositories.Select(r => RescanAsync(a.Name, r.Id)))];
        try
        {
            await Task.WhenAll(rescans);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"The rescans have not ended within {Limit.TotalMinutes:0} minutes.");
        }

        await calm.CancelAsync();
        await havoc;
        try
        {
            while (receiver.Requests.Count() < asked.Count)
            {
                await Task.Delay(100, ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("Not everybody has been told within the time.");
        }

        await ending.CancelAsync();
        await keeper;
        int wrong = await CheckAsync(receiver, watch);
        foreach (ApplianceProcess appliance in appliances)
        {
            await appliance.DisposeAsync();
        }

        if (azurite is not null)
        {
            await azurite.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
        return wrong == 0 ? 0 : 1;
    }

    private void Count(string what) => did.AddOrUpdate(what, 1, (_, n) => n + 1);

    /// <summary>Starts an app again whenever it is gone, as a service manager would.</summary>
    private async Task KeepAsync(int index, NoticeReceiver receiver, CancellationToken cancellationToken)
    {
        Dictionary<string, string> environment = new()
        {
            ["Rescan__Polling__Kappa"] = "0.2",
            ["Rescan__Polling__MinInterval"] = "00:00:00.5",
            ["Rescan__Polling__MaxInterval"] = "00:00:02",
            ["Rescan__Deadline"] = "01:00:00",
            ["Rescan__LostAnswerWait"] = "00:00:05",
            ["Rescan__Notifications__Channels__0__Kind"] = "webhook",
            ["Rescan__Notifications__Channels__0__Url"] = receiver.Address,
            ["Rescan__Notifications__Channels__0__Secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ["Rescan__Notifications__Channels__0__When"] = "always",
        };
        foreach ((int i, ApplianceProcess appliance) in appliances.Index())
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"Rescan__Appliances__{i}__");
            environment[key + "Name"] = appliance.Name;
            environment[key + "Kind"] = appliance.Kind.ToString();
            environment[key + "BaseUrl"] = appliance.Address.AbsoluteUri;
            environment[key + "Username"] = SimulatorOptions.Of(appliance.Kind).Username;

            // One server by the revision that is used unless another is set, one by the newest, which tells who started a session.
            environment[key + "ApiVersion"] = appliance.Name == "three" ? "auto" : "";
            environment[key + "Password"] = "demo-password";
            environment[key + "Thumbprints__0"] = appliance.Thumbprint;
        }

        while (!cancellationToken.IsCancellationRequested)
        {
            string[] where = azurite is null ? [] : ["--storage", azurite.ConnectionString, "--hub", Hub];
            ServedApp started = ServedApp.Start(environment, ["--state", Path.Combine(folder, "app"), .. where]);
            Volatile.Write(ref apps[index], started);
            try
            {
                await started.EndAsync(cancellationToken);
                if (started.ExitCode is not (137 or 74 or 78))
                {
                    Count($"ends of the app with {started.ExitCode}");
                    Console.WriteLine(started.Said);
                }
            }
            catch (OperationCanceledException)
            {
                await started.StopAsync();
            }

            await started.DisposeAsync();
        }
    }

    private async Task WreakAsync(Random random, CancellationToken cancellationToken)
    {
        while (true)
        {
            int pause = random.Next(500, 3000);
            int what = random.Next(100);
            ApplianceProcess appliance = appliances[random.Next(appliances.Count)];
            int down = random.Next(100, 2000);
            Fault fault = new(
                Faults[random.Next(Faults.Length)], Requests[random.Next(Requests.Length)], random.Next(3), random.Next(1, 3));
            try
            {
                await Task.Delay(pause, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            // The others need a while to take over what a killed one had.
            if (what < (onAzurite ? 10 : 30))
            {
                Count("kills of an app");
                await KillAppAsync(random.Next(apps.Length));
            }
            else if (what < 60)
            {
                Count("kills of an appliance");
                await appliance.KillAsync();
                await Task.Delay(down, CancellationToken.None);
                await appliance.StartAsync();
            }
            else
            {
                Count("faults");
                await appliance.PlayAsync(fault);
            }
        }
    }

    private async Task KillAppAsync(int index)
    {
        try
        {
            if (Volatile.Read(ref apps[index]) is { HasExited: false } running)
            {
                await running.KillAsync();
            }
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    private async Task RescanAsync(string appliance, string repository)
    {
        string id = $"rescan-{appliance}-{repository}";
        string? last = null;
        for (int round = 0; round < Rounds; round++)
        {
            last = await UntilAsync(http => AskAsync(http, appliance, repository, id, last));
            asked.Add((appliance, repository, last));
            await UntilAsync(async http =>
            {
                JsonElement rescan = await http.GetFromJsonAsync<JsonElement>($"/api/rescans/{id}?requestId={last}", ending.Token);
                return rescan.GetProperty("outcome").ValueKind == JsonValueKind.Object
                    && rescan.GetProperty("status").GetString() is not ("Running" or "Pending") ? last : null;
            });
        }
    }

    /// <summary>Who got no answer looks before asking again.</summary>
    private async Task<string?> AskAsync(HttpClient http, string appliance, string repository, string id, string? last)
    {
        using HttpResponseMessage known = await http.GetAsync(new Uri("/api/rescans/" + id, UriKind.Relative), ending.Token);
        if (known.IsSuccessStatusCode
            && (await known.Content.ReadFromJsonAsync<JsonElement>(ending.Token)).GetProperty("requestId")
                .GetString() is { } request && request != last)
        {
            return request;
        }

        if (!known.IsSuccessStatusCode && known.StatusCode != HttpStatusCode.NotFound)
        {
            return null;
        }

        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            new Uri("/api/rescans", UriKind.Relative), new { appliance, repository }, ending.Token);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<JsonElement>(ending.Token)).GetProperty("requestId").GetString()
            : null;
    }

    /// <summary>Asks the app until it answers with something, whichever of its lives that is.</summary>
    private async Task<string> UntilAsync(Func<HttpClient, Task<string?>> ask)
    {
        while (true)
        {
            try
            {
                if (Volatile.Read(ref apps[Random.Shared.Next(apps.Length)]) is { } running && await running.ReadyAsync() is { } http
                    && await ask(http) is { } answer)
                {
                    return answer;
                }
            }
            catch (Exception e) when (e is HttpRequestException or System.Net.Sockets.SocketException or JsonException or IOException
                or ObjectDisposedException or InvalidOperationException
                || (e is TaskCanceledException or TimeoutException && !ending.IsCancellationRequested))
            {
                // The app is gone, or its stores are.
            }

            await Task.Delay(200, ending.Token);
        }
    }

    private async Task<ITable> ReadTableAsync() => azurite is null
        ? (await TaskHubView.OpenAsync(
            new TaskHubOptions { StateFile = Path.Combine(folder, "app", "state.db") }, CancellationToken.None))!.Table!
        : AzureTable.Of(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Outcomes:Table"] = Hub + "Outcomes",
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
        }).Build());

    private async Task<int> CheckAsync(NoticeReceiver receiver, Stopwatch watch)
    {
        Dictionary<string, RescanOutcome> outcomes = [];
        await foreach (OutcomeArchiveItem item in OutcomeArchive.Of(await ReadTableAsync()).ExportAsync(CancellationToken.None))
        {
            if (item.Outcome is { } outcome && !outcomes.TryAdd(outcome.RequestId, outcome.Outcome))
            {
                Count("outcomes recorded twice");
            }
        }

        int lost = 0;
        int doubled = 0;
        int said = outcomes.Values.Count(o => o.Reason?.Contains("posted again", StringComparison.Ordinal) == true);
        foreach ((string appliance, string repository, string request) in asked)
        {
            if (!outcomes.TryGetValue(request, out RescanOutcome? outcome)
                || outcome.Outcome != Outcome.Succeeded
                || !appliances.Single(a => a.Name == appliance).Sessions.Any(s => s.Id == outcome.SessionId && s.Repository == repository))
            {
                lost++;
                Console.WriteLine(
                    $"lost: {request} of {repository} on {appliance}: {(outcome is null ? "no outcome" : $"{outcome.Outcome} {outcome.SessionId} {outcome.Reason}")}");
            }
        }

        foreach (IGrouping<string?, KeyValuePair<string, RescanOutcome>> shared in outcomes.GroupBy(o => o.Value.SessionId)
            .Where(g => g.Count() > 1))
        {
            lost += shared.Count() - 1;
            Console.WriteLine($"lost: session {shared.Key} is taken for {shared.Count()} rescans");
        }

        HashSet<string?> taken = [.. outcomes.Values.Select(o => o.SessionId)];
        foreach (ApplianceProcess appliance in appliances)
        {
            foreach (KeptSession session in appliance.Sessions.Where(s => !taken.Contains(s.Id)))
            {
                if (!outcomes.Values.Any(
                    o => o.Repository.Id == session.Repository && o.Appliance == appliance.Name
                    && o.Reason?.Contains("posted again", StringComparison.Ordinal) == true))
                {
                    doubled++;
                    Console.WriteLine(
                        $"doubled: session {session.Id} of {session.Repository} on {appliance.Name}, started {session.Start:HH:mm:ss.fff}, is no rescan's");
                }
            }
        }

        int untold = asked.Select(a => a.Request).Except(receiver.Requests).Count();
        int wanted = Rounds * appliances.Sum(a => a.Repositories.Count);
        int missing = wanted - asked.Count;
        missing += onAzurite && did.GetValueOrDefault("kills of an app") < 2 ? 1 : 0;
        foreach ((string what, int count) in did.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{count} {what}");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"chaos {seed} on {(onAzurite ? "Azurite" : "SQLite")}: {asked.Count} of {wanted} rescans in {watch.Elapsed.TotalSeconds:0} s, {lost} lost, {doubled} doubled, {said} posted again and saying so, {untold} not told, {did.GetValueOrDefault("outcomes recorded twice")} recorded twice"));
        return missing + lost + doubled + untold + did.GetValueOrDefault("outcomes recorded twice")
            + did.Where(d => d.Key.StartsWith("ends", StringComparison.Ordinal)).Sum(d => d.Value);
    }
}
