using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.S3Events;
using Rescan.Functions.S3Events.Sns;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.S3Events;

public sealed class SnsMessageVerifierTests : IDisposable, ISnsCertificateSource
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    // Making keys is slow; xunit makes a new object for every test.
    private static readonly RSA Key = RSA.Create(2048);

    private readonly FakeTimeProvider time = new(Now);
    private readonly SnsSigner signer = new(Key, Now.AddDays(-10), Now.AddDays(10));
    private readonly List<Uri> fetched = [];
    private X509Certificate2Collection? certificates;
    private Exception? fault;

    public SnsMessageVerifierTests() => certificates = [signer.Certificate];

    public void Dispose() => signer.Dispose();

    public Task<X509Certificate2Collection> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        fetched.Add(url);
        return fault is null ? Task.FromResult(certificates!) : Task.FromException<X509Certificate2Collection>(fault);
    }

    [Theory]
    [InlineData("1", "My First Message")]
    [InlineData("1", null)]
    [InlineData("2", "My First Message")]
    [InlineData("2", null)]
    [InlineData("2", "")]
    public async Task A_signed_notification_is_valid_in_both_versions_with_and_without_a_subject(string version, string? subject)
    {
        Assert.Equal(
            SnsVerdict.Valid, await VerifyAsync(signer.Notification(Now, "Hello world!\nsecond line, ünïcode 🙂", version, subject)));
        Assert.Equal(new Uri(SnsSigner.CertificateUrl), Assert.Single(fetched));
    }

    [Theory]
    [InlineData("SubscriptionConfirmation", "1")]
    [InlineData("SubscriptionConfirmation", "2")]
    [InlineData("UnsubscribeConfirmation", "2")]
    public async Task A_signed_confirmation_is_valid(string type, string version) =>
        Assert.Equal(SnsVerdict.Valid, await VerifyAsync(signer.Confirmation(Now, type, version)));

    [Theory]
    [InlineData("Message", "Hello")]
    [InlineData("MessageId", "another")]
    [InlineData("Subject", "another")]
    [InlineData("Subject", null)]
    [InlineData("Timestamp", "2026-03-01T12:00:01.000Z")]
    [InlineData("SignatureVersion", "1")]
    [InlineData("Signature", "AAAA")]
    [InlineData("Signature", "")]
    public async Task A_changed_notification_does_not_fit_its_signature(string field, string? value)
    {
        JsonObject body = signer.Notification(Now, "Hello world!");
        body[field] = value;

        Assert.Equal(SnsVerdict.SignatureWrong, await VerifyAsync(body));
    }

    [Theory]
    [InlineData("Token")]
    [InlineData("SubscribeURL")]
    public async Task A_changed_confirmation_does_not_fit_its_signature(string field)
    {
        JsonObject body = signer.Confirmation(Now);
        body[field] = body[field]!.GetValue<string>() + "0";

        Assert.Equal(SnsVerdict.SignatureWrong, await VerifyAsync(body));
    }

    [Fact]
    public async Task A_confirmation_passed_off_as_a_notification_does_not_fit()
    {
        JsonObject body = signer.Confirmation(Now);
        body["Type"] = "Notification";

        Assert.Equal(SnsVerdict.SignatureWrong, await VerifyAsync(body));
    }

    [Fact]
    public async Task Another_key_does_not_fit()
    {
        using RSA another = RSA.Create(2048);
        using SnsSigner other = new(another, Now.AddDays(-10), Now.AddDays(10));

        Assert.Equal(SnsVerdict.SignatureWrong, await VerifyAsync(other.Notification(Now, "Hello world!")));
    }

    [Theory]
    [InlineData("arn:aws:sns:us-west-2:123456789012:MyTopic2")]
    [InlineData("arn:aws:sns:us-west-2:123456789012:mytopic")]
    [InlineData("")]
    public async Task A_topic_that_is_not_in_the_settings_is_refused_before_anything_is_fetched(string topic)
    {
        JsonObject body = signer.Notification(Now, "Hello world!");
        body["TopicArn"] = topic;

        Assert.Equal(SnsVerdict.TopicNotAllowed, await VerifyAsync(body));
        Assert.Empty(fetched);
    }

    [Fact]
    public void Blank_topics_allow_nothing() => Assert.False(new SnsMessageVerifier(["", " "], this, time).HasTopics);

    [Theory]
    [InlineData("http://sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com.evil.example/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com@evil.example/SimpleNotificationService-abc.pem")]
    [InlineData("https://evil.example/sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://evil.example\\@sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.s3.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://s3.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://x.sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com:8443/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com/x/SimpleNotificationService-abc.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem?x=.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem#x")]
    [InlineData("https://sns.us-west-2.amazonaws.com/SimpleNotificationService-../x.pem")]
    [InlineData("https://sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem\n")]
    [InlineData("https://SNS.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("//sns.us-west-2.amazonaws.com/SimpleNotificationService-abc.pem")]
    [InlineData("")]
    public async Task A_certificate_anywhere_but_at_SNS_is_refused_and_never_fetched(string url)
    {
        JsonObject body = signer.Notification(Now, "Hello world!");
        body["SigningCertURL"] = url;

        Assert.Equal(SnsVerdict.CertificateAddressRefused, await VerifyAsync(body));
        Assert.Empty(fetched);
    }

    [Theory]
    [InlineData("https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-abc.pem")]
    public async Task Every_region_of_SNS_is_asked(string url)
    {
        JsonObject body = signer.Notification(Now, "Hello world!");
        body["SigningCertURL"] = url;

        Assert.Equal(SnsVerdict.Valid, await VerifyAsync(body));
        Assert.Equal(new Uri(url), Assert.Single(fetched));
    }

    [Theory]
    [InlineData(-11)]
    [InlineData(11)]
    public async Task A_certificate_outside_its_validity_is_not_valid(int days)
    {
        time.AdjustTime(Now.AddDays(days));

        Assert.Equal(SnsVerdict.CertificateNotValid, await VerifyAsync(signer.Notification(Now.AddDays(days), "Hello world!")));
    }

    [Fact]
    public async Task A_certificate_under_one_that_has_run_out_is_not_valid()
    {
        using SnsSigner above = new(Key, Now.AddDays(-10), Now.AddDays(-1));
        certificates!.Add(above.Certificate);

        Assert.Equal(SnsVerdict.CertificateNotValid, await VerifyAsync(signer.Notification(Now, "Hello world!")));
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_fetched_leaves_the_message_for_a_later_delivery()
    {
        fault = new HttpRequestException("no route");

        Assert.Equal(SnsVerdict.CertificateUnavailable, await VerifyAsync(signer.Notification(Now, "Hello world!")));
    }

    [Theory]
    [InlineData(-119, SnsVerdict.Valid)]
    [InlineData(-121, SnsVerdict.OutsideTolerance)]
    [InlineData(4, SnsVerdict.Valid)]
    [InlineData(6, SnsVerdict.OutsideTolerance)]
    public async Task A_message_older_than_any_delivery_or_from_the_future_is_refused(int minutes, SnsVerdict verdict) =>
        Assert.Equal(verdict, await VerifyAsync(signer.Notification(Now.AddMinutes(minutes), "Hello world!")));

    [Theory]
    [InlineData("SignatureVersion", "3")]
    [InlineData("SignatureVersion", "")]
    [InlineData("Signature", "not base64")]
    [InlineData("Timestamp", "yesterday")]
    public async Task A_field_of_the_wrong_form_is_malformed(string field, string value)
    {
        JsonObject body = signer.Notification(Now, "Hello world!");
        body[field] = value;

        Assert.Equal(SnsVerdict.Malformed, await VerifyAsync(body));
    }

    [Theory]
    [InlineData("Notification", "Signature")]
    [InlineData("Notification", "SigningCertURL")]
    [InlineData("Notification", "TopicArn")]
    [InlineData("Notification", "Message")]
    [InlineData("SubscriptionConfirmation", "Token")]
    [InlineData("SubscriptionConfirmation", "SubscribeURL")]
    public void A_message_that_lacks_a_field_of_its_type_is_a_format_error(string type, string field)
    {
        JsonObject body = type == "Notification" ? signer.Notification(Now, "Hello world!") : signer.Confirmation(Now);
        body.Remove(field);

        Assert.Contains(field, Assert.Throws<FormatException>(() => Read(body)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_is_not_known_is_a_format_error() =>
        Assert.Throws<FormatException>(() => Read(signer.Confirmation(Now, "Something")));

    [Theory]
    [InlineData("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", true)]
    [InlineData("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3AMyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", true)]
    [InlineData("http://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.evil.example/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.s3.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.us-west-2.amazonaws.com@evil.example/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.us-west-2.amazonaws.com/x?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.us-west-2.amazonaws.com/?Action=DeleteTopic&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:Other&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    [InlineData("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=other", false)]
    [InlineData("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Action=X&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37fb687f5d51e6e2425c464de257eb", false)]
    public void Only_the_address_that_confirms_this_very_subscription_is_visited(string url, bool accepted) =>
        Assert.Equal(accepted, SnsAddresses.IsSubscription(Read(signer.Confirmation(Now, subscribeUrl: url))));

    private static SnsMessage Read(JsonObject body) => StrictJson.Read(body.ToJsonString(), SnsMessage.Read);

    private Task<SnsVerdict> VerifyAsync(JsonObject body) =>
        new SnsMessageVerifier([SnsSigner.Topic, ""], this, time).VerifyAsync(Read(body), CancellationToken.None);
}
