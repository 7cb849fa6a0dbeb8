using System.Security.Cryptography;
using System.Text;

namespace Rescan.Functions.Notifications;

/// <summary>A scheduled run that has begun; told to what notices silence.</summary>
/// <param name="RunId">The run.</param>
/// <param name="At">When it began, UTC.</param>
public sealed record RunStart(string RunId, DateTimeOffset At);

/// <summary>
/// Pings of a scheduled run as Healthchecks has them: its start, its success or its failure, told together by the run's id. When they stay
/// away,
/// whoever takes them raises the alarm.
/// </summary>
internal static class RunPing
{
    /// <summary>What of a body is kept at most.</summary>
    private const int MaxBody = 100_000;

    /// <summary>Where a ping goes: the check's address with what happened below it; nothing stands for success.</summary>
    public static Uri AddressOf(Uri check, Notification notification)
    {
        string signal = notification switch
        {
            { IsTest: true } => "/log",
            { Started: not null } => "/start",
            { Run.HasFailed: true } => "/fail",
            _ => "",
        };
        string run = notification.Started?.RunId ?? notification.Run?.Tries.FirstOrDefault() ?? notification.Run?.Id
            ?? notification.RequestId;
        return new UriBuilder(check)
        {
            Path = check.AbsolutePath.TrimEnd('/') + signal,
            Query = $"{check.Query.TrimStart('?')}{(check.Query.Length > 1 ? "&" : "")}rid={IdOf(run)}",
        }.Uri;
    }

    public static byte[] Write(Notification notification, NotificationText? text) => Encoding.UTF8.GetBytes(
        text is not null
            ? PlainText.Cut($"{text.Title}\n{PlainText.Write(text, MaxBody)}", MaxBody)
            : $"Run {notification.Started?.RunId} has begun.");

    /// <summary>A run's id as a UUID, the same for its start and its end.</summary>
    private static Guid IdOf(string run)
    {
        Span<byte> bytes = SHA256.HashData(Encoding.UTF8.GetBytes(run)).AsSpan(0, 16);
        (bytes[6], bytes[8]) = ((byte)((bytes[6] & 0x0F) | 0x80), (byte)((bytes[8] & 0x3F) | 0x80));
        return new Guid(bytes, bigEndian: true);
    }
}
