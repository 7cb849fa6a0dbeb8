using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Appliances;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Appliances;

/// <summary>What is sent twice and what never is; how tokens are kept; what messages tell and what they hide.</summary>
public sealed class ApplianceRetryTests : IAsyncLifetime
{
    private const string Token = "POST /api/v1/token";
    private const string Session = "GET /api/v1/sessions/s";
    private const string Rescan = "POST /api/v1/repositories/r/rescan";

    private HttpsServer server = null!;
    private ClientOf app = null!;

    public async Task InitializeAsync()
    {
        server = await HttpsServer.StartAsync();
        server.Json(Session, """{"id":"s","status":"Running"}""");
        app = new ClientOf(server.Url, [server.Thumbprint]);
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(Session)]
    [InlineData(Token)]
    public async Task A_hiccup_of_a_read_or_a_sign_in_is_repeated_at_once_and_counted(string request)
    {
        Func<HttpContext, Task> whole = server.Answers[request];
        int calls = 0;
        server.Answers[request] = http => Interlocked.Increment(ref calls) == 1 ? Answer(http, 500) : whole(http);
        RequestCounts tally = RequestCounts.Begin();

        Assert.Equal("Running", (await app.Client.GetSessionAsync("s", default)).Status);

        Assert.Equal(2, server.Count(request));
        Assert.Equal((server.Count(Token), server.Count(Session)), (tally.Token, tally.Session));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task A_rescan_is_never_posted_twice(int status)
    {
        server.Answers[Rescan] = http => Answer(http, status);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.StartRescanAsync("r", default));

        Assert.True(e.IsTransient && e.MayHaveActed);
        Assert.Equal(1, server.Count(Rescan));
    }

    [Fact]
    public async Task A_rescan_whose_connection_ends_quietly_is_not_posted_again()
    {
        // The HTTP stack itself repeats a bodyless request on a connection that ends cleanly before an answer.
        await using QuietServer quiet = new();
        await using ClientOf client = new(quiet.Url, [quiet.Thumbprint]);
        await client.Client.SignInAsync(default);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => client.Client.StartRescanAsync("r", default));

        Assert.True(e.MayHaveActed);
        Assert.Equal(1, quiet.Rescans);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task An_appliance_that_says_when_to_come_back_is_not_asked_before(int status)
    {
        server.Answers[Session] = http =>
        {
            // Its clock is an hour behind; the wait is meant by it.
            DateTimeOffset now = DateTimeOffset.UtcNow.AddHours(-1);
            http.Response.Headers.Date = now.ToString("R", CultureInfo.InvariantCulture);
            http.Response.Headers.RetryAfter = now.AddSeconds(40).ToString("R", CultureInfo.InvariantCulture);
            return Answer(http, status);
        };

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default));

        Assert.Equal(1, server.Count(Session));
        Assert.Equal(TimeSpan.FromSeconds(40), e.RetryAfter);
    }

    [Fact]
    public async Task Those_who_wait_for_one_sign_in_share_its_refusal()
    {
        TaskCompletionSource all = new();
        server.Answers[Token] = async http =>
        {
            await all.Task;
            await Answer(http, 401);
        };

        Task<ApplianceSession>[] calls = [.. Enumerable.Range(0, 20).Select(_ => app.Client.GetSessionAsync("s", default))];
        all.SetResult();
        foreach (Task<ApplianceSession> call in calls)
        {
            Assert.Equal(ApplianceFailure.Rejected, (await Assert.ThrowsAsync<ApplianceException>(() => call)).Failure);
        }

        Assert.Equal(1, server.Count(Token));
    }

    [Fact]
    public async Task A_token_is_refreshed_before_it_runs_out_and_a_lost_one_is_signed_in_for_anew_with_the_password_of_now()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        List<string> grants = [];
        int pair = 0;
        server.Answers[Token] = async http =>
        {
            IFormCollection form = await http.Request.ReadFormAsync();
            grants.Add($"{form["grant_type"]} {form["refresh_token"]}{form["password"]}");
            await (form["refresh_token"] == "r2" ? Answer(http, 401) : http.Response.WriteAsync(
                $$"""{"access_token":"a{{++pair}}","refresh_token":"r{{pair}}","expires_in":900}"""));
        };
        await using ClientOf client = new(server.Url, [server.Thumbprint], time: time);

        await client.Client.GetSessionAsync("s", default);
        time.Advance(TimeSpan.FromSeconds(850));
        await client.Client.GetSessionAsync("s", default);
        time.Advance(TimeSpan.FromSeconds(100));
        await client.Client.GetSessionAsync("s", default);
        client.Password = "rotated";
        time.Advance(TimeSpan.FromSeconds(800));
        await client.Client.GetSessionAsync("s", default);

        Assert.Equal([$"password {ClientOf.Secret}", "refresh_token r1", "refresh_token r2", "password rotated"], grants);
    }

    [Fact]
    public async Task A_fresh_token_that_is_refused_too_is_waited_out()
    {
        server.Answers[Session] = http => Answer(http, 401);

        Assert.True((await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default))).IsTransient);
        Assert.Equal(2, server.Count(Session));
    }

    [Theory]
    [InlineData("Password", """{"title":"Unauthorized","details":"The password has expired."}""", 401, "has expired")]
    [InlineData("Password", """{"error":"invalid_grant"}""", 400, "refuses the user name or password")]
    [InlineData("Factor", """{"mfa_token":"m"}""", 200, "without MFA")]
    public async Task What_keeps_an_account_out_is_said_with_what_to_do(string _, string body, int status, string said)
    {
        server.Json(Token, body, status);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.SignInAsync(default));

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Equal(1, server.Count(Token));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(302)]
    [InlineData(200)]
    public async Task No_failure_tells_a_secret(int status)
    {
        server.Answers[Token] = http => http.Response.WriteAsync(
            """{"access_token":"secret-access","refresh_token":"secret-refresh","expires_in":900}""");
        await app.Client.SignInAsync(default);
        server.Answers[Session] = http => Answer(http, status, "<html>no</html>");

        string told = (await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default))).ToString();

        Assert.DoesNotContain("secret-", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_of_several_pins_is_trusted_in_either_spelling()
    {
        string colons = string.Join(':', server.Thumbprint.ToLowerInvariant().Chunk(2).Select(c => new string(c)));
        await using ClientOf client = new(server.Url, [new string('0', 64), colons]);

        Assert.Equal("Running", (await client.Client.GetSessionAsync("s", default)).Status);
    }

    [Fact]
    public async Task Without_a_pin_the_systems_roots_decide_and_the_thumbprint_to_pin_is_shown()
    {
        await using ClientOf client = new(server.Url, []);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => client.Client.SignInAsync(default));

        Assert.Equal((ApplianceFailure.Rejected, false), (e.Failure, e.MayHaveActed));
        Assert.Contains(server.Thumbprint, e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_body_without_end_is_given_up()
    {
        server.Answers["GET /api/v1/sessions/s/log"] = async http =>
        {
            byte[] block = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{},", 20_000)));
            await http.Response.WriteAsync("{\"log\":[", http.RequestAborted);
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(block, http.RequestAborted);
            }
        };

        Assert.Equal(
            ApplianceFailure.TooLarge,
            (await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionLogAsync("s", default))).Failure);
    }

    private static Task Answer(HttpContext http, int status, string body = "")
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(body);
    }

    /// <summary>Answers every request but the rescan, upon which it closes the connection in good order.</summary>
    private sealed class QuietServer : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2 certificate;
        private readonly Task serving;

        public QuietServer()
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 made = new CertificateRequest("CN=quiet", key, HashAlgorithmName.SHA256).CreateSelfSigned(
                DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
            listener.Start();
            serving = ServeAsync();
        }

        public Uri Url =>
            new(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        public string Thumbprint => certificate.GetCertHashString(HashAlgorithmName.SHA256);

        public int Rescans { get; private set; }

        public async ValueTask DisposeAsync()
        {
            listener.Stop();
            await serving;
            certificate.Dispose();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                try
                {
                    using TcpClient client = await listener.AcceptTcpClientAsync();
                    await ServeAsync(client);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using SslStream stream = new(client.GetStream());
            await stream.AuthenticateAsServerAsync(certificate);
            using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
            while (await reader.ReadLineAsync() is { Length: > 0 } first)
            {
                int length = 0;
                while (await reader.ReadLineAsync() is { Length: > 0 } header)
                {
                    length = header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)
                        ? int.Parse(header[15..], CultureInfo.InvariantCulture) : length;
                }

                for (char[] rest = new char[length]; length > 0;)
                {
                    length -= await reader.ReadAsync(rest, 0, length);
                }

                if (first.Contains("/rescan", StringComparison.Ordinal))
                {
                    Rescans++;
                    await stream.ShutdownAsync();
                    return;
                }

                const string Body = """{"access_token":"a","version":"3.0"}""";
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
            }
        }
    }
}
