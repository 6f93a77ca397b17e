using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>The time of day as a server sees it that libfaketime is loaded into: a step away from the true one. Its monotonic clock goes on.</summary>
internal sealed class FakeClock
{
    private readonly string _file;

    public FakeClock(TempFolder folder)
    {
        var library = Directory.Exists("/usr/lib")
            ? Directory.GetDirectories("/usr/lib").Select(of => Path.Combine(of, "faketime", "libfaketime.so.1")).FirstOrDefault(File.Exists)
            : null;
        Assert.SkipWhen(library is null, "libfaketime is not installed: apt-get install faketime");
        _file = folder.File("clock");
        Set(TimeSpan.Zero);
        Environment = new Dictionary<string, string?>
        {
            ["LD_PRELOAD"] = library,
            ["FAKETIME_TIMESTAMP_FILE"] = _file,
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["NO_FAKE_STAT"] = "1",
            // With it, waits on conditions end at once: every idle thread of the server would spin.
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        };
    }

    /// <summary>For the server to be started in.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>What is added to the true time.</summary>
    public TimeSpan Offset { get; private set; }

    public DateTimeOffset Now => DateTimeOffset.UtcNow + Offset;

    public void Set(TimeSpan offset)
    {
        Offset = offset;
        // Read at any moment, it is never half a file.
        File.WriteAllText(_file + ".new", $"{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs((int)offset.TotalSeconds)}");
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
