using System.Net;
using LiveClip.Core.Ingest;
using Microsoft.Extensions.Options;
using Xunit;

namespace LiveClip.Tests.Ingest;

public class ConnectionBudgetTests
{
    private static readonly IPAddress Far = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Other = IPAddress.Parse("192.0.2.2");

    [Fact]
    public void One_address_gets_half_of_the_room_for_those_without_a_key()
    {
        var budget = Budget(unauthenticated: 4, publishers: 9);
        var first = budget.TryEnter(Far);
        Assert.NotNull(first);
        Assert.NotNull(budget.TryEnter(Far));
        Assert.Null(budget.TryEnter(Far));
        Assert.NotNull(budget.TryEnter(Other));
        Assert.NotNull(budget.TryEnter(Other));
        Assert.Null(budget.TryEnter(IPAddress.Loopback));

        first.Dispose();
        Assert.NotNull(budget.TryEnter(IPAddress.Loopback));
    }

    [Fact]
    public void This_machine_may_take_it_all()
    {
        var budget = Budget(unauthenticated: 2, publishers: 9);
        Assert.NotNull(budget.TryEnter(IPAddress.IPv6Loopback));
        Assert.NotNull(budget.TryEnter(IPAddress.IPv6Loopback));
        Assert.Null(budget.TryEnter(IPAddress.IPv6Loopback));
    }

    [Fact]
    public void The_smallest_room_still_lets_one_in() => Assert.NotNull(Budget(unauthenticated: 1, publishers: 1).TryEnter(Far));

    [Fact]
    public void A_subscribers_whole_IPv6_network_is_one_address()
    {
        var budget = Budget(unauthenticated: 4, publishers: 9);
        Assert.NotNull(budget.TryEnter(IPAddress.Parse("2001:db8::1")));
        Assert.NotNull(budget.TryEnter(IPAddress.Parse("2001:db8::ffff:2")));
        Assert.Null(budget.TryEnter(IPAddress.Parse("2001:db8::3")));
        Assert.NotNull(budget.TryEnter(IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public void A_publisher_leaves_the_room_of_those_without_a_key()
    {
        var budget = Budget(unauthenticated: 2, publishers: 2);
        var first = budget.TryEnter(Far)!;
        Assert.True(first.TryPromote());
        var second = budget.TryEnter(Far)!;
        Assert.True(second.TryPromote());
        var third = budget.TryEnter(Far)!;
        Assert.False(third.TryPromote());

        first.Dispose();
        Assert.True(third.TryPromote());
        third.Dispose();
        second.Dispose();
        var all = Enumerable.Range(0, 2).Select(_ => budget.TryEnter(IPAddress.Loopback)).ToList();
        Assert.DoesNotContain(null, all);
    }

    private static ConnectionBudget Budget(int unauthenticated, int publishers) =>
        new(Options.Create(new IngestOptions { MaxUnauthenticated = unauthenticated, MaxPublishers = publishers }));
}
