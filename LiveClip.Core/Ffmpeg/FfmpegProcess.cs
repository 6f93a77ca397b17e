using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LiveClip.Core.Ffmpeg;

/// <summary>One running ffmpeg with its three pipes, inside the sandbox; killed by the system should this process die first.</summary>
internal sealed class FfmpegProcess : IDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;

    private FfmpegProcess(Process process, Task<int> exited)
    {
        _process = process;
        Exited = exited;
    }

    /// <summary>Its exit code.</summary>
    public Task<int> Exited { get; }

    public int Id => _process.Id;

    public Stream StandardInput => _process.StandardInput.BaseStream;

    public Stream StandardOutput => _process.StandardOutput.BaseStream;

    public Stream StandardError => _process.StandardError.BaseStream;

    /// <exception cref="Win32Exception">There is no ffmpeg on the path.</exception>
    public static async Task<FfmpegProcess> StartAsync(FfmpegArguments arguments, TimeSpan deadline)
    {
        var sandbox = FfmpegSandbox.Instance.CommandFor(deadline, arguments.UsesFiles);
        var process = new Process { StartInfo = FfmpegSandbox.Describe([.. sandbox, "ffmpeg", .. arguments.List]) };
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The death signal comes when the thread that forked ends, not the process (prctl(2), PR_SET_PDEATHSIG), and pool threads come
        // and go. So a thread of its own starts ffmpeg and stays until it has ended.
        var exited = Task.Factory.StartNew(
            () => StartAndWait(process, started), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        // A start that fails is the fault of both; the wait below tells it.
        await Task.WhenAny(started.Task, exited);
        if (exited.IsFaulted)
        {
            process.Dispose();
            await exited;
        }
        return new FfmpegProcess(process, exited);
    }

    /// <summary>Asks it to finish: ffmpeg then writes its trailers and ends.</summary>
    public void Terminate()
    {
        if (!Exited.IsCompleted)
        {
            _ = SendSignal(_process.Id, SigTerm);
        }
    }

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();

    private static int StartAndWait(Process process, TaskCompletionSource started)
    {
        process.Start();
        started.SetResult();
        process.WaitForExit();
        return process.ExitCode;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
