namespace LiveClip.Core.Health;

/// <summary>The last hour of readings, in a ring.</summary>
internal sealed class HealthHistory
{
    public const int Capacity = 3600;

    private readonly HealthReading[] _ring = new HealthReading[Capacity];
    private long _added;

    public int Count => (int)Math.Min(_added, Capacity);

    public void Add(HealthReading reading) => _ring[_added++ % Capacity] = reading;

    /// <summary>The newest ones, oldest first.</summary>
    public IEnumerable<HealthReading> Last(int count)
    {
        for (var i = _added - Math.Min(count, Count); i < _added; i++)
        {
            yield return _ring[i % Capacity];
        }
    }
}
