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
    public void One_address_has_half_of_the_room_for_those_without_a_key_and_then_displaces_its_own_oldest()
    {
        var budget = Budget(unauthenticated: 6, publishers: 9);
        var other = budget.Enter(Other);
        var far = Enter(budget, Far, 3);
        Assert.Empty(Displaced([other, .. far]));

        far.AddRange(Enter(budget, Far, 2));
        Assert.Equal(far[..2], Displaced([other, .. far]));
    }

    [Fact]
    public void When_all_room_is_taken_the_busiest_address_has_to_give_way()
    {
        var budget = Budget(unauthenticated: 4, publishers: 9);
        var other = budget.Enter(Other);
        var here = Enter(budget, IPAddress.Loopback, 3);
        var far = budget.Enter(Far);
        Assert.Equal([here[0]], Displaced([other, .. here, far]));
    }

    [Fact]
    public void This_machine_may_take_it_all_and_then_displaces_its_own_oldest()
    {
        var budget = Budget(unauthenticated: 2, publishers: 9);
        var slots = Enter(budget, IPAddress.IPv6Loopback, 2);
        Assert.Empty(Displaced(slots));
        slots.AddRange(Enter(budget, IPAddress.IPv6Loopback, 1));
        Assert.Equal([slots[0]], Displaced(slots));
    }

    [Fact]
    public void Who_has_left_makes_room_and_who_had_to_go_may_leave_too()
    {
        var budget = Budget(unauthenticated: 2, publishers: 9);
        var slots = Enter(budget, IPAddress.Loopback, 3);
        slots[0].Dispose();
        slots[1].Dispose();
        slots.AddRange(Enter(budget, IPAddress.Loopback, 1));
        Assert.Equal([slots[0]], Displaced(slots));
    }

    [Fact]
    public void The_smallest_room_still_lets_one_in()
    {
        var budget = Budget(unauthenticated: 1, publishers: 1);
        Assert.True(budget.Enter(Far).TryPromote());
    }

    [Fact]
    public void A_subscribers_whole_IPv6_network_is_one_address()
    {
        var budget = Budget(unauthenticated: 4, publishers: 9);
        var slots = Enter(budget, IPAddress.Parse("2001:db8::1"), 1);
        slots.AddRange(Enter(budget, IPAddress.Parse("2001:db8::ffff:2"), 1));
        slots.AddRange(Enter(budget, IPAddress.Parse("2001:db8:0:1::1"), 1));
        Assert.Empty(Displaced(slots));
        slots.AddRange(Enter(budget, IPAddress.Parse("2001:db8::3"), 1));
        Assert.Equal([slots[0]], Displaced(slots));
    }

    [Fact]
    public void A_publisher_leaves_the_room_of_those_without_a_key_and_is_displaced_no_more()
    {
        var budget = Budget(unauthenticated: 2, publishers: 2);
        var first = budget.Enter(Far);
        Assert.True(first.TryPromote());
        var second = budget.Enter(Far);
        Assert.True(second.TryPromote());
        var third = budget.Enter(Far);
        Assert.False(third.TryPromote());

        first.Dispose();
        Assert.True(third.TryPromote());
        third.Dispose();
        var all = Enter(budget, IPAddress.Loopback, 2);
        Assert.Empty(Displaced([first, second, third, .. all]));
    }

    [Fact]
    public void Who_had_to_go_is_no_publisher_any_more()
    {
        var budget = Budget(unauthenticated: 1, publishers: 1);
        var late = budget.Enter(Far);
        var next = budget.Enter(Other);
        Assert.False(late.TryPromote());
        Assert.True(next.TryPromote());
    }

    [Fact]
    public void A_publisher_that_takes_over_needs_no_room_of_its_own()
    {
        var budget = Budget(unauthenticated: 2, publishers: 1);
        var old = budget.Enter(Far);
        Assert.True(old.TryPromote());
        var returning = budget.Enter(Far);
        Assert.True(returning.TryPromote(replacesPublisher: true));
        old.Dispose();
        Assert.False(budget.Enter(Far).TryPromote());
    }

    private static List<ConnectionSlot> Enter(ConnectionBudget budget, IPAddress address, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => budget.Enter(address))];

    private static List<ConnectionSlot> Displaced(List<ConnectionSlot> slots) =>
        [.. slots.Where(slot => slot.Displaced.IsCancellationRequested)];

    private static ConnectionBudget Budget(int unauthenticated, int publishers) =>
        new(Options.Create(new IngestOptions { MaxUnauthenticated = unauthenticated, MaxPublishers = publishers }));
}
