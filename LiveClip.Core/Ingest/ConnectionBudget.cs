using System.Net;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Ingest;

/// <summary>
/// How many RTMP connections there may be: those without a valid key are few, so that idle sockets cannot keep a publisher out.
/// </summary>
public sealed class ConnectionBudget(IOptions<IngestOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _unauthenticatedFrom = [];
    private int _unauthenticated;
    private int _publishers;

    /// <summary>Null when there is no room; else to be disposed when the connection ends.</summary>
    public ConnectionSlot? TryEnter(IPAddress address)
    {
        // One IPv6 subscriber has a whole /64.
        var from = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
            ? new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]])
            : address;
        lock (_gate)
        {
            var here = _unauthenticatedFrom.GetValueOrDefault(from);
            if (_unauthenticated >= options.Value.MaxUnauthenticated
                || (here >= Math.Max(1, options.Value.MaxUnauthenticated / 2) && !IPAddress.IsLoopback(address)))
            {
                return null;
            }

            _unauthenticated++;
            _unauthenticatedFrom[from] = here + 1;
            return new ConnectionSlot(this, from);
        }
    }

    internal bool TryPromote(IPAddress from)
    {
        lock (_gate)
        {
            if (_publishers >= options.Value.MaxPublishers)
            {
                return false;
            }

            _publishers++;
            LeaveUnauthenticated(from);
            return true;
        }
    }

    internal void Leave(IPAddress from, bool publisher)
    {
        lock (_gate)
        {
            if (publisher)
            {
                _publishers--;
                return;
            }

            LeaveUnauthenticated(from);
        }
    }

    private void LeaveUnauthenticated(IPAddress from)
    {
        _unauthenticated--;
        if (--_unauthenticatedFrom[from] == 0)
        {
            _unauthenticatedFrom.Remove(from);
        }
    }
}

/// <summary>One connection's place in the budget.</summary>
public sealed class ConnectionSlot : IDisposable
{
    private readonly ConnectionBudget _budget;
    private readonly IPAddress _from;
    private bool _publisher;

    internal ConnectionSlot(ConnectionBudget budget, IPAddress from) => (_budget, _from) = (budget, from);

    /// <summary>Its key was valid: it counts as a publisher from now on. False when there are too many of those.</summary>
    public bool TryPromote() => _publisher = _budget.TryPromote(_from);

    public void Dispose() => _budget.Leave(_from, _publisher);
}
