using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Rescan.Failpoints;

/// <summary>
/// Every HTTP request of the process, by the runtime's own events and diagnostics: before it leaves, when it has been sent and its answer
/// was not read, and when the answer is here.
/// </summary>
internal sealed class Requests : EventListener, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string Storage = "storage";
    private static readonly string[] Kinds = [
        "Outcomes", "Instances", "History", "Runtime", "-control-", "-workitems", "-largemessages", "-leases", "Tables"];
    private static readonly AsyncLocal<string?> Current = new();
    private static Action<string> pass = _ => { };

    public static void Watch(Action<string> onPass)
    {
        pass = onPass;
        DiagnosticListener.AllListeners.Subscribe(new Requests());
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "HttpHandlerDiagnosticListener")
        {
            value.Subscribe(this);
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        switch (value.Key)
        {
            case "System.Net.Http.HttpRequestOut.Start" when Property<HttpRequestMessage>(value.Value, "Request") is { } request:
                Current.Value = NameOf(request);
                if (Current.Value is { } name)
                {
                    pass(name + " before");
                }

                break;
            case "System.Net.Http.HttpRequestOut.Stop" when Property<HttpResponseMessage>(value.Value, "Response") is not null
                && Property<HttpRequestMessage>(value.Value, "Request") is { } request && NameOf(request) is { } answered:
                pass(answered + " after");
                break;
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Net.Http")
        {
            EnableEvents(eventSource, EventLevel.Informational);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventName)
        {
            case "RequestStart":
                Current.Value = eventData.Payload!.OfType<string>().Select(NameOf).FirstOrDefault(n => n is not null);
                if (Current.Value is { } begun)
                {
                    pass(begun + " before");
                }

                break;
            case "ResponseHeadersStart" when Current.Value is { } name:
                pass(name + " during");
                break;
            case "ResponseHeadersStop" when Current.Value is { } answered && !answered.StartsWith(Storage, StringComparison.Ordinal):
                pass(answered + " after");
                break;
        }
    }

    private static T? Property<T>(object? payload, string name)
        where T : class => payload?.GetType().GetProperty(name)?.GetValue(payload) as T;

    /// <summary>
    /// What a request of the app's own clients is for, by its path; null for others. These clients hand no trace on, so their handlers'
    /// diagnostics tell nothing of them; the runtime's events do.
    /// </summary>
    private static string? NameOf(string path) => path.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries) switch
    {
        ["notices", ..] => "notice",
        ["api", "v1", "token"] or ["api", "oauth2", ..] => "appliance token",
        ["api", "v1", "backupInfrastructure", "repositories", "rescan"] => "appliance rescan",
        ["api", "v1", "backupInfrastructure", "repositories"] => "appliance repositories",
        ["api", "v1", "repositories", _, "rescan"] => "appliance rescan",
        ["api", "v1", "repositories", ..] => "appliance repositories",
        ["api", "v1", "sessions"] => "appliance sessions",
        ["api", "v1", "sessions", _, "log" or "logs"] => "appliance log",
        ["api", "v1", "sessions", _, "stop"] => "appliance stop",
        ["api", "v1", "sessions", _] => "appliance session",
        ["api", "v1", ..] or ["swagger", ..] => "appliance other",
        _ => null,
    };

    /// <summary>
    /// What a request to the storage is for; null for one that changes nothing in it. The renewal of a lease goes by the clock alone.
    /// </summary>
    private static string? NameOf(HttpRequestMessage request)
    {
        if (request.RequestUri!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) is not ["devstoreaccount1", .. var rest])
        {
            return null;
        }

        string method = request.Method.Method;
        string what = rest is [var first, ..] ? first : "account";
        return method is "GET" or "HEAD" || request.RequestUri.Query.Contains("comp=lease", StringComparison.Ordinal) || IsClocked(what)
            ? null
            : what.StartsWith('$') ? Storage + " transaction"
            : $"{Storage} {KindOf(what)} {method}";
    }

    /// <summary>Leases of partitions are renewed by the clock.</summary>
    private static bool IsClocked(string what) => what.Contains("Partitions", StringComparison.Ordinal);

    private static string KindOf(string what) =>
        Kinds.FirstOrDefault(k => what.Contains(k, StringComparison.OrdinalIgnoreCase))?.Trim('-').ToLowerInvariant() ?? "other";
}
