using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <inheritdoc cref="IChannelTest"/>
/// <param name="options">The settings.</param>
/// <param name="sender">Posts.</param>
/// <param name="time">The clock.</param>
internal sealed class ChannelTest(IOptions<RescanOptions> options, NotificationSender sender, TimeProvider time) : IChannelTest
{
    private readonly IReadOnlyList<Channel> channels = Channel.Of(options.Value.Notifications);

    /// <inheritdoc/>
    public IReadOnlyList<string> Channels => [.. channels.Select(c => c.Name)];

    /// <inheritdoc/>
    public async Task<DeliveryResult> SendAsync(string channel, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        string id = "test-" + Guid.NewGuid().ToString("N");
        Notification sample = new(id)
        {
            IsTest = true,
            Previous = Outcome.Succeeded,
            Rescan = new RescanOutcome
            {
                Id = "rescan-sample", Appliance = "sample-appliance",
                Repository = new RepositoryRef("00000000-0000-0000-0000-000000000000", "sample repository"),
                SessionId = "11111111-1111-1111-1111-111111111111", Outcome = Outcome.Failed,
                Reason = "No rescan has failed: this is what one would look like.",
                StartedAt = now.AddMinutes(-3), FinishedAt = now, DurationSeconds = 160, Polls = 9,
            },
        };
        try
        {
            return await sender.SendAsync(
                channels.First(c => c.Name == channel), sample, null, (_, _) => Task.CompletedTask, cancellationToken);
        }
        catch (DeliveryFailedException e)
        {
            return new DeliveryResult(channel, false, e.Detail);
        }
    }
}
