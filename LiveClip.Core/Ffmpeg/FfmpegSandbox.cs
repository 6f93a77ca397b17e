using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace LiveClip.Core.Ffmpeg;

/// <summary>
/// What ffmpeg is started through, so that it takes little from those who are on air, and a picture that was made to break it breaks
/// nothing else: programs of util-linux and coreutils, as far as this machine has them and lets us use them. What is missing is left out.
/// </summary>
internal sealed class FfmpegSandbox
{
    private const string Nobody = "65534";

    /// <summary>Of ffmpeg at work on 4K with a few threads, and twice that; a picture that wants more is made to hurt.</summary>
    private const string AddressSpace = "4294967296";

    /// <summary>No file that ffmpeg writes itself comes near.</summary>
    private const string FileSize = "2147483648";

    private static readonly Lazy<FfmpegSandbox> Probed = new(() => new FfmpegSandbox());

    private readonly string[] _network;
    private readonly string[] _privileges;
    private readonly string[] _user;
    private readonly string[] _priority;
    private readonly string[] _limits;

    private FfmpegSandbox()
    {
        _network = FirstThatWorks(["unshare", "--net", "--"], ["unshare", "--map-root-user", "--net", "--"]);
        _privileges = FirstThatWorks(
            ["setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--"], ["setpriv", "--pdeathsig", "KILL", "--"]);
        _user = Environment.IsPrivilegedProcess
            ? FirstThatWorks(["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--"])
            : [];
        _priority =
        [
            .. FirstThatWorks(["nice", "-n", "10"]),
            // The last of those who share, and not the idle class: a disk that is never idle would keep ffmpeg from even starting.
            .. FirstThatWorks(["ionice", "-c", "2", "-n", "7"]),
        ];
        _limits = FirstThatWorks(["prlimit", $"--as={AddressSpace}", $"--fsize={FileSize}", "--nofile=64", "--core=0"]);
    }

    /// <summary>Probed once, by starting each of its programs.</summary>
    public static FfmpegSandbox Instance => Probed.Value;

    /// <summary>What it keeps ffmpeg from, in words.</summary>
    public string Level => string.Join(", ",
    [
        _network.Length > 0 ? "no network" : "network not shut off",
        _privileges.Length > 0 ? "dies with the server" : "may outlive the server",
        .. _user.Length > 0 ? ["nobody where it needs no files"] : Array.Empty<string>(),
        _priority.Length > 0 ? "low priority" : "usual priority",
        _limits.Length > 0 ? "limits on memory, files and time" : "no limits",
    ]);

    /// <summary>What stands before ffmpeg on its command line.</summary>
    /// <param name="deadline">After which it is stopped anyway: so much time it may take of each processor.</param>
    /// <param name="usesFiles">Else it needs to be nobody.</param>
    public IReadOnlyList<string> CommandFor(TimeSpan deadline, bool usesFiles) =>
    [
        .. _network,
        .. usesFiles ? [] : _user,
        // Behind the change of user, which would take the death signal back (prctl(2), PR_SET_PDEATHSIG).
        .. _privileges,
        .. _priority,
        .. LimitsFor(deadline),
    ];

    internal static ProcessStartInfo Describe(IReadOnlyList<string> command) => new(command[0], command.Skip(1))
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private string[] LimitsFor(TimeSpan deadline) =>
        _limits.Length == 0 ? []
        : deadline == Timeout.InfiniteTimeSpan ? [.. _limits, "--"]
        : [.. _limits, Processor(deadline), "--"];

    private static string Processor(TimeSpan deadline) => string.Create(
        CultureInfo.InvariantCulture, $"--cpu={Math.Ceiling((deadline.TotalSeconds + 1) * Environment.ProcessorCount)}");

    private static string[] FirstThatWorks(params string[][] programs) => Array.Find(programs, Works) ?? [];

    private static bool Works(string[] program)
    {
        try
        {
            using var probe = Process.Start(Describe([.. program, "true"]))!;
            probe.WaitForExit();
            return probe.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
