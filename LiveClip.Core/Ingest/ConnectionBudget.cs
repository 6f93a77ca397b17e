using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Ingest;

/// <summary>
/// How many RTMP connections there may be. Those without a valid key are few; when there is no room for another one, the oldest of those
/// from the same address, or else from the busiest one, has to go: idle sockets cannot keep a publisher out, who needs a moment only.
/// </summary>
public sealed class ConnectionBudget(IOptions<IngestOptions> options)
{
    private readonly Lock _gate = new();

    // In order of arrival; few enough to be counted when it matters.
    private readonly List<ConnectionSlot> _unauthenticated = [];
    private int _publishers;

    /// <summary>To be disposed when the connection ends.</summary>
    public ConnectionSlot Enter(IPAddress address)
    {
        var slot = new ConnectionSlot(this, NetworkOf(address));
        ConnectionSlot? displaced;
        lock (_gate)
        {
            displaced = Displaced(slot.From);
            if (displaced is not null)
            {
                _unauthenticated.Remove(displaced);
            }

            _unauthenticated.Add(slot);
        }

        displaced?.Displace();
        return slot;
    }

    internal bool TryPromote(ConnectionSlot slot, bool replacesPublisher)
    {
        lock (_gate)
        {
            if ((_publishers >= options.Value.MaxPublishers && !replacesPublisher) || !_unauthenticated.Remove(slot))
            {
                return false;
            }

            _publishers++;
            return true;
        }
    }

    internal void Leave(ConnectionSlot slot, bool publisher)
    {
        lock (_gate)
        {
            if (publisher)
            {
                _publishers--;
                return;
            }

            _unauthenticated.Remove(slot);
        }
    }

    private ConnectionSlot? Displaced(IPAddress from)
    {
        var perNetwork = Math.Max(1, options.Value.MaxUnauthenticated / 2);
        if (!IPAddress.IsLoopback(from) && _unauthenticated.Count(slot => slot.From.Equals(from)) >= perNetwork)
        {
            return _unauthenticated.First(slot => slot.From.Equals(from));
        }

        return _unauthenticated.Count >= options.Value.MaxUnauthenticated
            ? _unauthenticated.GroupBy(slot => slot.From).MaxBy(slots => slots.Count())!.First()
            : null;
    }

    /// <summary>One IPv6 subscriber has a whole /64.</summary>
    private static IPAddress NetworkOf(IPAddress address) =>
        address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6 || IPAddress.IsLoopback(address)
            ? address
            : new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]]);
}

/// <summary>One connection's place in the budget.</summary>
public sealed class ConnectionSlot : IDisposable
{
    private readonly ConnectionBudget _budget;
    private readonly CancellationTokenSource _displaced = new();
    private bool _publisher;

    internal ConnectionSlot(ConnectionBudget budget, IPAddress from) => (_budget, From) = (budget, from);

    /// <summary>The address, or the network of one subscriber, that it counts for.</summary>
    public IPAddress From { get; }

    /// <summary>Cancelled when it has to go, to make room for another one; never once it is a publisher.</summary>
    public CancellationToken Displaced => _displaced.Token;

    /// <summary>Its key was valid: it counts as a publisher from now on. False when there are too many of those.</summary>
    /// <param name="replacesPublisher">It takes over from another one, which is about to leave.</param>
    public bool TryPromote(bool replacesPublisher = false) => _publisher = _budget.TryPromote(this, replacesPublisher);

    public void Dispose() => _budget.Leave(this, _publisher);

    internal void Displace() => _displaced.Cancel();
}
