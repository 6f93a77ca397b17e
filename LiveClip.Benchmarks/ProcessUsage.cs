using System.Globalization;

namespace LiveClip.Benchmarks;

/// <summary>What a process and its children have used, as Linux counts it (proc(5)).</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="Memory">Proportional set size, in bytes: pages that processes share are counted once.</param>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long Memory)
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on all machines that .NET runs on

    /// <summary>Of the process itself, without what it has started.</summary>
    public static long OwnMemory(int processId) => ProportionalSetSize(processId);

    public static ProcessUsage Read(int processId)
    {
        var usage = default(ProcessUsage);
        foreach (var id in Family(processId))
        {
            var fields = Stat(id);
            var cpu = TimeSpan.FromSeconds((Number(fields[11]) + Number(fields[12])) / TicksPerSecond);
            usage = new ProcessUsage(usage.Cpu + cpu, usage.Memory + ProportionalSetSize(id));
        }

        return usage;
    }

    private static IEnumerable<int> Family(int processId) =>
        from folder in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), out _)
        let id = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)
        where id == processId || (TryStat(id) is { } fields && Number(fields[1]) == processId)
        select id;

    private static long ProportionalSetSize(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/smaps_rollup").Single(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    /// <summary>The fields behind the name, which may hold spaces: state, parent, … user time is [11], system time [12].</summary>
    private static string[] Stat(int processId) => File.ReadAllText($"/proc/{processId}/stat").Split(") ").Last().Split(' ');

    private static string[]? TryStat(int processId)
    {
        try
        {
            return Stat(processId);
        }
        catch (IOException)
        {
            return null; // It has ended meanwhile.
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
