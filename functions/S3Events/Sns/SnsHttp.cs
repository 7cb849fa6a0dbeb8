namespace Rescan.Functions.S3Events.Sns;

/// <summary>Makes the HTTP client for the few requests that go to SNS: short, small and never redirected off its hosts.</summary>
internal static class SnsHttp
{
    /// <summary>The key under which the client is registered.</summary>
    public const string Name = "sns";

    private const int LargestAnswer = 64 * 1024;

    /// <param name="handler">How to connect; null: as the system does.</param>
    public static HttpClient Create(SocketsHttpHandler? handler = null)
    {
        handler ??= new SocketsHttpHandler();
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = LargestAnswer };
    }
}
