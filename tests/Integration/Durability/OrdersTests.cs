using Rescan.Crash.Orders;

namespace Rescan.Tests.Integration.Durability;

/// <summary>Orders of the events of a rescan in virtual time; <c>./test --orders N SEED</c> takes as many as wanted.</summary>
public sealed class OrdersTests
{
    [Fact]
    public async Task In_300_orders_of_events_every_request_ends_once_and_is_posted_once()
    {
        IReadOnlyList<OrderResult> failures = await new OrderExplorer().ExploreAsync(300, 1, _ => { });

        Assert.Equal("", string.Join('\n', failures.Select(OrderExplorer.Describe)));
    }
}
