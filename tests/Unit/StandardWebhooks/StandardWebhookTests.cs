using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.StandardWebhooks;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.StandardWebhooks;

public sealed class StandardWebhookTests
{
    // The vector published with the Standard Webhooks libraries.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const long Timestamp = 1614265330;
    private const string Body = """{"test": 2432232314}""";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private const string OtherSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    [Fact]
    public void The_published_vector_is_signed_and_verified()
    {
        Assert.Equal(
            Signature, new StandardWebhookSigner([Secret]).Sign(
                Id, DateTimeOffset.FromUnixTimeSeconds(Timestamp), Encoding.UTF8.GetBytes(Body)));
        Assert.Equal(WebhookVerdict.Valid, Verify());
    }

    [Fact]
    public void A_secret_without_its_prefix_is_the_same_secret() => Assert.Equal(WebhookVerdict.Valid, Verify(secrets: [Secret[6..]]));

    [Theory]
    [InlineData(Id, Body + " ")]
    [InlineData(Id, """{"test": 2432232315}""")]
    [InlineData(Id, "")]
    [InlineData("msg_other", Body)]
    public void A_changed_message_does_not_fit_its_signature(string id, string body) =>
        Assert.Equal(WebhookVerdict.SignatureWrong, Verify(id: id, body: body));

    [Fact]
    public void A_changed_timestamp_does_not_fit_the_signature() =>
        Assert.Equal(WebhookVerdict.SignatureWrong, Verify(timestamp: "1614265331"));

    [Theory]
    [InlineData(300, WebhookVerdict.Valid)]
    [InlineData(-300, WebhookVerdict.Valid)]
    [InlineData(301, WebhookVerdict.OutsideTolerance)]
    [InlineData(-301, WebhookVerdict.OutsideTolerance)]
    public void Five_minutes_either_way_are_tolerated(int secondsLater, WebhookVerdict verdict) =>
        Assert.Equal(verdict, Verify(now: Timestamp + secondsLater));

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("0")]
    public void The_ends_of_time_are_outside_the_tolerance(string timestamp) =>
        Assert.Equal(WebhookVerdict.OutsideTolerance, Verify(timestamp: timestamp));

    [Theory]
    [InlineData(null, "1614265330", Signature)]
    [InlineData(Id, null, Signature)]
    [InlineData(Id, "1614265330", null)]
    [InlineData("", "1614265330", Signature)]
    [InlineData("ä", "1614265330", Signature)]
    [InlineData(Id, "1614265330.0", Signature)]
    [InlineData(Id, " 1614265330", Signature)]
    [InlineData(Id, "-1614265330", Signature)]
    [InlineData(Id, "+1614265330", Signature)]
    [InlineData(Id, "0x60374D72", Signature)]
    [InlineData(Id, "99999999999999999999", Signature)]
    [InlineData(Id, "١٦١٤٢٦٥٣٣٠", Signature)]
    public void A_header_that_is_missing_or_misshapen_is_malformed(string? id, string? timestamp, string? signature) =>
        Assert.Equal(
            WebhookVerdict.Malformed, Verifier([Secret], Timestamp).Verify(id, timestamp, signature, Encoding.UTF8.GetBytes(Body)));

    [Theory]
    [InlineData("")]
    [InlineData("v1,")]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1, g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O")]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=AAAA")]
    [InlineData("v1,!!!!")]
    public void A_signature_that_is_not_the_whole_one_of_version_1_does_not_fit(string signature) =>
        Assert.Equal(WebhookVerdict.SignatureWrong, Verify(signature: signature));

    [Fact]
    public void One_fitting_signature_among_others_is_enough() =>
        Assert.Equal(WebhookVerdict.Valid, Verify(signature: "v1,AAAA v1a,QUJD " + Signature + " v9,x"));

    [Fact]
    public void While_secrets_change_the_old_and_the_new_one_are_accepted()
    {
        DateTimeOffset at = DateTimeOffset.FromUnixTimeSeconds(Timestamp);
        string both = new StandardWebhookSigner([OtherSecret, "", Secret]).Sign(Id, at, Encoding.UTF8.GetBytes(Body));

        Assert.Equal(2, both.Split(' ').Length);
        Assert.EndsWith(Signature, both, StringComparison.Ordinal);
        Assert.Equal(WebhookVerdict.Valid, Verify(secrets: [OtherSecret, " ", Secret]));
        Assert.Equal(WebhookVerdict.Valid, Verify(secrets: [OtherSecret], signature: both));
        Assert.Equal(WebhookVerdict.Valid, Verify(secrets: [Secret], signature: both));
        Assert.Equal(WebhookVerdict.SignatureWrong, Verify(secrets: [OtherSecret]));
    }

    [Fact]
    public void Without_secrets_nothing_is_valid()
    {
        Assert.False(Verifier([""], Timestamp).HasSecrets);
        Assert.Equal(WebhookVerdict.SignatureWrong, Verify(secrets: []));
    }

    [Theory]
    [InlineData("whsec_")]
    [InlineData("whsec_not base64")]
    [InlineData("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=")]
    [InlineData("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=")]
    public void A_secret_of_the_wrong_form_is_refused_and_not_repeated(string secret)
    {
        FormatException e = Assert.Throws<FormatException>(() => new StandardWebhookVerifier([secret], TimeProvider.System));

        Assert.DoesNotContain(secret.Length > 6 ? secret[6..] : "\0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signing_needs_a_secret_and_an_id_of_the_right_form()
    {
        Assert.Throws<ArgumentException>(() => new StandardWebhookSigner([" "]));
        Assert.Throws<ArgumentException>(() => new StandardWebhookSigner([Secret]).Sign("a b", DateTimeOffset.UnixEpoch, []));
    }

    [Fact]
    public void A_signed_request_carries_what_the_verifier_reads()
    {
        byte[] body = Encoding.UTF8.GetBytes(Body);
        using HttpRequestMessage request = new();
        new StandardWebhookSigner([OtherSecret]).Sign(
            request, "msg_1", DateTimeOffset.FromUnixTimeMilliseconds((Timestamp * 1000) + 999), body);

        Assert.Equal(WebhookVerdict.Valid, Verifier([OtherSecret], Timestamp).Verify(
            request.Headers.GetValues("webhook-id").Single(), request.Headers.GetValues("webhook-timestamp").Single(),
            request.Headers.GetValues("webhook-signature").Single(), body));
    }

    private static StandardWebhookVerifier Verifier(IEnumerable<string> secrets, long now) =>
        new(secrets, new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(now)));

    private static WebhookVerdict Verify(
        string[]? secrets = null, string id = Id, string timestamp = "1614265330", string signature = Signature, string body = Body,
        long now = Timestamp) =>
        Verifier(secrets ?? [Secret], now).Verify(id, timestamp, signature, Encoding.UTF8.GetBytes(body));
}
