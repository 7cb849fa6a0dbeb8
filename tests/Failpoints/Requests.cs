using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Rescan.Failpoints;

/// <summary>Every HTTP request of the process, by the runtime's own diagnostics: before it leaves, when it has been sent and its answer was not read, and when the answer is here.</summary>
internal sealed class Requests : EventListener, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string Notice = "notice";
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
                // A client that hands no trace on tells nothing by its handler's diagnostics: that of notifications.
                Current.Value = eventData.Payload!.OfType<string>().Any(t => t.StartsWith("/notices", StringComparison.Ordinal)) ? Notice : null;
                if (Current.Value is not null)
                {
                    pass(Notice + " before");
                }

                break;
            case "ResponseHeadersStart" when Current.Value is { } name:
                pass(name + " during");
                break;
            case "ResponseHeadersStop" when Current.Value == Notice:
                pass(Notice + " after");
                break;
        }
    }

    private static T? Property<T>(object? payload, string name)
        where T : class => payload?.GetType().GetProperty(name)?.GetValue(payload) as T;

    /// <summary>What a request is for; null for one that changes nothing in a store. The renewal of a lease goes by the clock alone.</summary>
    private static string? NameOf(HttpRequestMessage request)
    {
        string path = request.RequestUri!.AbsolutePath;
        string method = request.Method.Method;
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path.StartsWith("/api/v1/", StringComparison.Ordinal))
        {
            return parts switch
            {
                [_, _, "token"] => "appliance token",
                [_, _, "repositories", _, "rescan"] => "appliance rescan",
                [_, _, "repositories", ..] => "appliance repositories",
                [_, _, "sessions"] => "appliance sessions",
                [_, _, "sessions", _, "log"] => "appliance log",
                [_, _, "sessions", _, "stop"] => "appliance stop",
                [_, _, "sessions", _] => "appliance session",
                _ => "appliance other",
            };
        }

        if (parts is ["devstoreaccount1", .. var rest])
        {
            string what = rest is [var first, ..] ? first : "account";
            return method is "GET" or "HEAD" || request.RequestUri.Query.Contains("comp=lease", StringComparison.Ordinal) ? null
                : what.StartsWith('$') ? "storage transaction"
                : what.Contains("Outcomes", StringComparison.Ordinal) ? $"storage outcomes {method}"
                : what.Contains("State", StringComparison.Ordinal) ? $"storage state {method}"
                : $"storage {(what == "Tables" ? "tables" : "blob")} {method}";
        }

        return null;
    }
}
