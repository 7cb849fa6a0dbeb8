using System.Globalization;
using MimeKit;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.DurableTaskSqlite;
using Rescan.Tests.Integration.Runtime.Hosting;
using SmtpServer.Protocol;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>Mail through a real SMTP server.</summary>
public sealed class MailTests(MailServer server) : IClassFixture<MailServer>
{
    private const string Nasty = "Zürich 🚨 <b>x</b>\r\nBcc: evil@example.com\r\n\r\n<script>\u202E";

    [Fact]
    public async Task Mail_goes_out_over_starttls_and_tls_with_account_and_over_neither_without()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(new(
        [
            .. Channel(0, "starttls", server.StartTls, "one@example.com", server.Thumbprint),
            .. Channel(1, "tls", server.Tls, "two@example.com", server.Thumbprint),
            .. Channel(2, "none", server.Plain, "three@example.com", null),
        ]));

        IReadOnlyList<DeliveryResult> results = await app.RescanAsync("archive", Outcome.Failed, 1);

        Assert.Equal(["the mail server took it", "the mail server took it", "the mail server took it"], results.Select(r => r.Detail));
        Assert.Equal(
            [(true, MailServer.User), (true, MailServer.User), (false, null)],
            new[] { "one", "two", "three" }.Select(t => Assert.Single(server.For(t + "@example.com"))).Select(m => (m.IsSecure, m.User)));
        Assert.All(app.Logs.GetSnapshot(), l => Assert.DoesNotContain("hidden", l.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Text_and_html_say_the_same_and_nothing_from_outside_becomes_a_header_or_markup()
    {
        Dictionary<string, string?> settings = Channel(0, "none", server.Plain, "html@example.com", null);
        settings["Rescan:PublicUrl"] = "https://rescan.example";
        settings["Rescan:Notifications:Channels:0:Mail:To:1"] = "Second Ops <second@example.com>";
        await using NotifierHarness app = await NotifierHarness.StartAsync(settings);

        await app.RescanAsync(Nasty, Outcome.Failed, 1, Nasty);
        ReceivedMail mail = Assert.Single(server.For("html@example.com"));

        Assert.Equal(["html@example.com", "second@example.com"], mail.To);
        Assert.Equal("Rescan failed: Zürich 🚨 <b>x</b> Bcc: evil@example.com <script> on appliance-1", mail.Message.Subject);
        Assert.Equal(
            ["From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "MIME-Version"],
            mail.Message.Headers.Select(h => h.Field).Except(["Received"]).OrderBy(Order));
        Assert.All(mail.Raw.Split("\r\n"), line => Assert.True(line.Length <= 998, line));
        Assert.All(mail.Raw[..mail.Raw.IndexOf("\r\n\r\n", StringComparison.Ordinal)], c => Assert.True(char.IsAscii(c), mail.Raw));
        MultipartAlternative body = Assert.IsType<MultipartAlternative>(mail.Message.Body);
        Assert.Equal(["text/plain", "text/html"], body.Select(p => p.ContentType.MimeType));
        string html = mail.Message.HtmlBody!;
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://rescan.example/api/#/rescans/", html, StringComparison.Ordinal);
        string plain = mail.Message.TextBody!.ReplaceLineEndings("\n");
        Assert.StartsWith(
            "Rescan failed\n\nZürich 🚨 <b>x</b> Bcc: evil@example.com <script> on appliance-1\nRepository: ", plain,
            StringComparison.Ordinal);
        Assert.Contains("What to do: ", plain, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', plain + html);
    }

    [Fact]
    public async Task What_is_refused_for_now_is_tried_again_with_the_same_id_and_what_is_refused_for_good_is_not()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(new(
        [
            .. Channel(0, "none", server.Plain, "again@example.com", null), .. Channel(1, "none", server.Plain, "never@example.com", null),
            .. Channel(2, "none", server.Plain, "nobody@example.com", null), .. Channel(3, "none", server.Plain, "grey@example.com", null),
            .. Channel(4, "none", server.Plain, "some@example.com", null), KeyValuePair.Create<string,
            string?>("Rescan:Notifications:Channels:4:Mail:To:1", "nobody@example.com"),
        ]));
        server.Answers["again@example.com"] = new([new SmtpResponse((SmtpReplyCode)452, "disk full")]);
        server.Answers["never@example.com"] = new([new SmtpResponse((SmtpReplyCode)554, "looks like spam")]);
        Notification failure = new("r1") { Rescan = NotifierHarness.Outcome("archive", Outcome.Failed, 1) };

        Assert.Equal(
            "the mail server cannot take it now: 452 disk full",
            (await Assert.ThrowsAsync<DeliveryFailedException>(() => app.Notifier.DeliverAsync("mail-0", failure, default))).Detail);
        Assert.True((await app.Notifier.DeliverAsync("mail-0", failure, default)).Delivered);
        Assert.Equal(
            MailMessage.IdOf("r1_mail-0", MailboxAddress.Parse("rescan@example.com")),
            Assert.Single(server.For("again@example.com")).Message.MessageId);
        Assert.Equal(
            (false, "the mail server refused it: 554 looks like spam"), Of(await app.Notifier.DeliverAsync("mail-1", failure, default)));
        Assert.StartsWith(
            "the mail server refused it: 55", (await app.Notifier.DeliverAsync("mail-2", failure, default)).Detail,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "the mail server cannot take it now: 451",
            (await Assert.ThrowsAsync<DeliveryFailedException>(() => app.Notifier.DeliverAsync("mail-3", failure, default))).Detail,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "the mail server took it for 1 of 2 recipients; refused: nobody@example.com (55",
            (await app.Notifier.DeliverAsync("mail-4", failure, default)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mail_has_one_id_however_often_it_is_sent()
    {
        MailboxAddress from = MailboxAddress.Parse("rescan@example.com");

        Assert.Equal(MailMessage.IdOf("r1_mail", from), MailMessage.IdOf("r1_mail", from));
        Assert.NotEqual(MailMessage.IdOf("r1_mail", from), MailMessage.IdOf("r2_mail", from));
        Assert.Matches("^rescan\\.[0-9a-f]{40}@example\\.com$", MailMessage.IdOf("r1_mail", from));
    }

    [Fact]
    public async Task A_server_that_is_not_what_was_asked_for_gets_no_mail()
    {
        Dictionary<string, string?> wrongPassword = Channel(2, "tls", server.Tls, "x@example.com", server.Thumbprint);
        wrongPassword["Rescan:Notifications:Channels:2:Secret"] = "smtp-hidden-2";
        await using NotifierHarness app = await NotifierHarness.StartAsync(new(
        [
            .. Channel(0, "starttls", server.StartTls, "x@example.com", null),
            .. Channel(1, "tls", server.Tls, "x@example.com", new string('0', 64)), .. wrongPassword,
            .. Channel(3, "starttls", server.Plain, "x@example.com", null), .. Channel(4, "tls", server.Plain, "x@example.com", null),
            .. Channel(5, "none", 1, "x@example.com", null),
        ]));
        Notification failure = new("r1") { Rescan = NotifierHarness.Outcome("archive", Outcome.Failed, 1) };
        List<string> details = [];
        for (int i = 0; i < 6; i++)
        {
            try
            {
                DeliveryResult result = await app.Notifier.DeliverAsync(
                    string.Create(CultureInfo.InvariantCulture, $"mail-{i}"), failure, default);
                details.Add($"{(result.Delivered ? "" : "not ")}for good: {result.Detail}");
            }
            catch (DeliveryFailedException e)
            {
                details.Add(e.Detail);
            }
        }

        string untrusted =
            $"its certificate is not trusted; if it is the server's own, its SHA-256 thumbprint "
                + $"{server.Thumbprint} goes into Mail__Thumbprints";
        Assert.Equal([untrusted, untrusted], details.Take(2));
        Assert.StartsWith("not for good: the mail server refused the user name or the password: 535", details[2], StringComparison.Ordinal);
        Assert.Equal(
            ["the mail server offers no STARTTLS", "TLS failed; the port may want another Mail__Security", "no connection to its host"],
            details.Skip(3));
        Assert.Empty(server.For("x@example.com"));
        Assert.DoesNotContain(details, d => d.Contains("hidden", StringComparison.Ordinal));
    }

    private static (bool, string) Of(DeliveryResult result) => (result.Delivered, result.Detail);

    private static int Order(string field) =>
        Array.IndexOf(["From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "MIME-Version"], field);

    /// <summary>A channel; with a thumbprint it signs in too.</summary>
    private static Dictionary<string, string?> Channel(int channel, string security, int port, string to, string? thumbprint)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"Rescan:Notifications:Channels:{channel}:");
        Dictionary<string, string?> settings = new()
        {
            [key + "Name"] = string.Create(CultureInfo.InvariantCulture, $"mail-{channel}"),
            [key + "Kind"] = "mail",
            [key + "Mail:Host"] = "127.0.0.1",
            [key + "Mail:Port"] = port.ToString(CultureInfo.InvariantCulture),
            [key + "Mail:Security"] = security,
            [key + "Mail:From"] = "Rescan <rescan@example.com>",
            [key + "Mail:To:0"] = to,
        };
        if (thumbprint is not null)
        {
            settings[key + "Mail:Thumbprints:0"] = thumbprint;
            settings[key + "Mail:Username"] = MailServer.User;
            settings[key + "Secret"] = MailServer.Password;
        }

        return settings;
    }
}
