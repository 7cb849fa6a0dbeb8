using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Crash.Orders;

/// <summary>A POST of a rescan that the appliance took.</summary>
/// <param name="Repository">The repository's id.</param>
/// <param name="Status">The status answered; 0 when there was no answer.</param>
internal sealed record OrderPost(string Repository, int Status);

/// <summary>A simulated appliance of a world: what it was posted, and answers of it that are replaced.</summary>
internal sealed class OrderAppliance : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<OrderPost> posts = [];
    private readonly List<(string Kind, Func<HttpContext, bool> Applies, Func<HttpContext, Task<int>> Answer)> replaced = [];

    private OrderAppliance(string name, string revision, SimulatedAppliance simulator)
    {
        Name = name;
        Revision = revision;
        Simulator = simulator;
        simulator.Between = AnswerAsync;
    }

    public string Name { get; }

    /// <summary>The x-api-version that the settings ask for; empty: the usual one of the kind.</summary>
    public string Revision { get; }

    public SimulatedAppliance Simulator { get; }

    public SimulatedKind Kind => Simulator.State.Options.Kind;

    public static async Task<OrderAppliance> StartAsync(string name, string revision, SimulatorOptions options) =>
        new(name, revision, await SimulatedAppliance.StartAsync(options, CancellationToken.None));

    /// <summary>The POSTs for a repository.</summary>
    public IReadOnlyList<OrderPost> PostsOf(string repository)
    {
        lock (gate)
        {
            return posts.FindAll(p => p.Repository == repository);
        }
    }

    public void Add(Fault fault) => Simulator.Add(fault);

    /// <summary>Replaces the next answers to a kind of request.</summary>
    public void Replace(string kind, int times, Func<HttpContext, Task<int>> answer, Func<HttpContext, bool>? applies = null)
    {
        lock (gate)
        {
            replaced.AddRange(Enumerable.Repeat((kind, applies ?? (_ => true), answer), times));
        }
    }

    /// <summary>Takes away whatever has struck nothing yet.</summary>
    public void Calm()
    {
        Simulator.ClearFaults();
        Simulator.State.Sessions.NextIds = "";
        lock (gate)
        {
            replaced.Clear();
        }
    }

    public ValueTask DisposeAsync() => Simulator.DisposeAsync();

    /// <summary>The repository that a POST of a rescan is about; null when it cannot be read.</summary>
    public static async Task<string?> RepositoryOfAsync(HttpContext http)
    {
        string[] parts = http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is [_, _, "repositories", var id, "rescan"])
        {
            return id;
        }

        http.Request.EnableBuffering();
        try
        {
            JsonElement body = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body);
            http.Request.Body.Position = 0;
            return body.GetProperty("repositoryIds")[0].GetString();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or JsonException)
        {
            // Its sender is gone, so it never came.
            return null;
        }
    }

    private async Task<int> AnswerAsync(HttpContext http, string kind, Func<Task<int>> answer)
    {
        string? repository = kind == "rescan" ? await RepositoryOfAsync(http) : null;
        Func<HttpContext, Task<int>>? instead = null;
        lock (gate)
        {
            int at = replaced.FindIndex(r => r.Kind == kind && r.Applies(http));
            if (at >= 0)
            {
                instead = replaced[at].Answer;
                replaced.RemoveAt(at);
            }
        }

        int status = 0;
        try
        {
            return status = await (instead is null ? answer() : instead(http));
        }
        finally
        {
            if (repository is not null)
            {
                lock (gate)
                {
                    posts.Add(new OrderPost(repository, status));
                }
            }
        }
    }
}
