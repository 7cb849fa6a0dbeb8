using System.Net.Http;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.S3Events;
using Rescan.Functions.S3Events.Sns;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.S3Events;

/// <summary>The two requests that go to SNS, over real HTTPS: only the connection is led to a server of the test's own.</summary>
public sealed class SnsOverHttpsTests : IAsyncLifetime
{
    private const string CertificatePath = "GET /SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem";
    private static readonly RSA Key = RSA.Create(2048);

    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly Uri url = new(SnsSigner.CertificateUrl);
    private HttpsServer server = null!;
    private HttpClient http = null!;
    private SnsSigner signer = null!;

    public async Task InitializeAsync()
    {
        server = await HttpsServer.StartAsync();
        http = SnsHttp.Create(ToServer(server));
        signer = new SnsSigner(Key, time.GetUtcNow().AddDays(-1), time.GetUtcNow().AddDays(1));
        server.Json(CertificatePath, signer.Certificate.ExportCertificatePem());
    }

    public async Task DisposeAsync()
    {
        signer.Dispose();
        http.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_certificate_is_fetched_once_a_day_however_many_ask()
    {
        using HttpSnsCertificateSource source = new(http, time);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => source.GetAsync(url, CancellationToken.None)));

        Assert.Equal(signer.Certificate.Thumbprint, (await source.GetAsync(url, CancellationToken.None))[0].Thumbprint);
        Assert.Equal(1, server.Count(CertificatePath));
        time.Advance(TimeSpan.FromHours(24));
        await source.GetAsync(url, CancellationToken.None);
        Assert.Equal(2, server.Count(CertificatePath));
    }

    [Theory]
    [InlineData(404, "gone")]
    [InlineData(302, "moved")]
    [InlineData(200, "<html>not a certificate</html>")]
    [InlineData(200, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    [InlineData(200, null)]
    public async Task A_failure_is_kept_for_a_minute_only(int status, string? body)
    {
        using HttpSnsCertificateSource source = new(http, time);
        server.Answers[CertificatePath] = answer =>
        {
            answer.Response.StatusCode = status;
            answer.Response.Headers.Location = "/elsewhere";
            return answer.Response.WriteAsync(body ?? new string('x', 100_000));
        };

        await Assert.ThrowsAsync<HttpRequestException>(() => source.GetAsync(url, CancellationToken.None));
        await Assert.ThrowsAsync<HttpRequestException>(() => source.GetAsync(url, CancellationToken.None));
        Assert.Equal(1, server.Count(CertificatePath));
        Assert.Equal(0, server.Count("GET /elsewhere"));

        server.Json(CertificatePath, signer.Certificate.ExportCertificatePem());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(await source.GetAsync(url, CancellationToken.None));
    }

    [Fact]
    public async Task However_many_addresses_are_named_few_are_kept()
    {
        using HttpSnsCertificateSource source = new(http, time);
        for (int i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(
                () => source.GetAsync(new Uri(url, $"/SimpleNotificationService-{i}.pem"), CancellationToken.None));
        }

        Assert.InRange(source.Count, 1, 32);
    }

    [Fact]
    public async Task A_message_is_verified_with_the_certificate_fetched()
    {
        using HttpSnsCertificateSource source = new(http, time);
        SnsMessage message = StrictJson.Read(signer.Notification(time.GetUtcNow(), "Hello").ToJsonString(), SnsMessage.Read);

        Assert.Equal(
            SnsVerdict.Valid, await new SnsMessageVerifier([SnsSigner.Topic], source, time).VerifyAsync(message, CancellationToken.None));
    }

    [Fact]
    public async Task A_subscription_is_confirmed_by_visiting_its_address()
    {
        string? asked = null;
        server.Answers["GET /"] = answer =>
        {
            asked = answer.Request.QueryString.Value;
            return answer.Response.WriteAsync("<ConfirmSubscriptionResponse/>");
        };

        Assert.True(await new SnsSubscriptions(http).ConfirmAsync(Confirmation(), CancellationToken.None));
        Assert.Equal(
            "?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb",
            asked);
    }

    [Fact]
    public async Task An_address_that_confirms_something_else_is_not_visited()
    {
        Assert.False(
            await new SnsSubscriptions(http).ConfirmAsync(
                Confirmation("https://sns.us-west-2.amazonaws.com/?Action=DeleteTopic"), CancellationToken.None));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_refusal_of_SNS_is_an_error() =>
        await Assert.ThrowsAsync<HttpRequestException>(
            () => new SnsSubscriptions(http).ConfirmAsync(Confirmation(), CancellationToken.None));

    /// <summary>Leads every connection to the server, whose certificate it pins.</summary>
    internal static SocketsHttpHandler ToServer(HttpsServer server) => new()
    {
        ConnectCallback = async (_, cancellation) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server.Url.Host, server.Url.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions =
            { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString(
                HashAlgorithmName.SHA256) == server.Thumbprint },
    };

    private SnsMessage Confirmation(string? subscribeUrl = null) =>
        StrictJson.Read(signer.Confirmation(time.GetUtcNow(), subscribeUrl: subscribeUrl).ToJsonString(), SnsMessage.Read);
}
