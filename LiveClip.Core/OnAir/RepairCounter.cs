namespace LiveClip.Core.OnAir;

/// <summary>How often each kind of repair was made since the broadcast began.</summary>
public sealed class RepairCounter
{
    private readonly long[] _counts = new long[Enum.GetValues<Repair>().Length];

    public long this[Repair kind] => Interlocked.Read(ref _counts[(int)kind]);

    internal void Count(Repair kind) => Interlocked.Increment(ref _counts[(int)kind]);
}
