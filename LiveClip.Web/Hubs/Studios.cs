namespace LiveClip.Web.Hubs;

/// <summary>Which live streams a studio listens to now: of the others nothing needs to be read at each of their changes.</summary>
public sealed class Studios
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<string>> _connections = [];

    public bool ListenTo(string streamId)
    {
        lock (_gate)
        {
            return _connections.ContainsKey(streamId);
        }
    }

    /// <summary>To be told before the connection joins the stream's group: no event may come between.</summary>
    public void Join(string streamId, string connectionId)
    {
        lock (_gate)
        {
            if (!_connections.TryGetValue(streamId, out var connections))
            {
                _connections[streamId] = connections = [];
            }

            connections.Add(connectionId);
        }
    }

    public void Leave(string connectionId)
    {
        lock (_gate)
        {
            foreach (var (streamId, connections) in _connections)
            {
                if (connections.Remove(connectionId) && connections.Count == 0)
                {
                    _connections.Remove(streamId);
                }
            }
        }
    }
}
