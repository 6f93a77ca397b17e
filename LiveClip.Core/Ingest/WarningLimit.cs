namespace LiveClip.Core.Ingest;

/// <summary>
/// Lets a warning through once in ten seconds for each kind and source, with the number of those left out since: what a stranger or a
/// broken encoder can cause at will must not fill the disk.
/// </summary>
public sealed class WarningLimit(TimeProvider time)
{
    /// <summary>Who has more addresses than that shares one line with everybody else.</summary>
    public const int MaxSources = 1_000;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const string EverybodyElse = "";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, string Source), Said> _said = [];

    /// <param name="leftOut">How many of its kind and source were not let through since the last one that was.</param>
    public bool Lets(string kind, string source, out int leftOut)
    {
        lock (_gate)
        {
            var key = (kind, source);
            if (!_said.TryGetValue(key, out var last))
            {
                key = (kind, HasRoom() ? source : EverybodyElse);
                last = _said.GetValueOrDefault(key);
            }

            if (last is not null && time.GetElapsedTime(last.At) < Interval)
            {
                leftOut = 0;
                last.LeftOut++;
                return false;
            }

            leftOut = last?.LeftOut ?? 0;
            _said[key] = new Said { At = time.GetTimestamp() };
            return true;
        }
    }

    private bool HasRoom()
    {
        if (_said.Count >= MaxSources)
        {
            foreach (var (key, _) in _said.Where(said => time.GetElapsedTime(said.Value.At) >= Interval).ToList())
            {
                _said.Remove(key);
            }
        }

        return _said.Count < MaxSources;
    }

    private sealed class Said
    {
        public required long At { get; init; }

        public int LeftOut { get; set; }
    }
}
