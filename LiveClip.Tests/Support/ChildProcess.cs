using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>A program that a test starts. It is killed at the latest with the test process itself, also when that is killed.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ChildProcess(Process process, Task<int> ended, Func<Stream, Task>? readOutput)
    {
        _process = process;
        Exited = ExitedAsync(ended, readOutput ?? KeepLinesAsync);
    }

    /// <summary>Its exit code, once it has ended and all of its output was read.</summary>
    public Task<int> Exited { get; }

    public int Id => _process.Id;

    /// <summary>What it has said so far on stderr, and on stdout if no one else reads that.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public string Transcript => string.Join('\n', _lines);

    public static async Task<ChildProcess> StartAsync(
        string program,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string?>>? environment = null,
        Func<Stream, Task>? readOutput = null)
    {
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }
        var process = new Process { StartInfo = start };
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The death signal is tied to the thread that forks (prctl(2)), so that thread has to outlive the child.
        var ended = Task.Factory.StartNew(
            () => StartAndWait(process, started), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await await Task.WhenAny(started.Task, ended);
        process.StandardInput.Close();
        return new ChildProcess(process, ended, readOutput);
    }

    /// <summary>Runs a program to its end; a bad exit code fails the test.</summary>
    public static async Task<ChildProcess> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan timeout, Func<Stream, Task>? readOutput = null)
    {
        await using var process = await StartAsync(program, arguments, readOutput: readOutput);
        var exitCode = await Eventually.EndsAsync(process.Exited, timeout, program);
        Assert.True(exitCode == 0, $"{program} ended with {exitCode}: {process.Transcript}");
        return process;
    }

    /// <summary>SIGINT, the Ctrl+C of a terminal.</summary>
    public void Interrupt() => Signal(2);

    /// <summary>SIGTERM, what a service manager sends.</summary>
    public void Terminate() => Signal(15);

    /// <summary>SIGSTOP: it does nothing more, and its connections stay open.</summary>
    public void Freeze() => Signal(19);

    /// <summary>SIGCONT: it goes on where it was frozen, and finds that time has passed.</summary>
    public void Continue() => Signal(18);

    /// <summary>SIGKILL, which it cannot know of.</summary>
    public void Kill() => Signal(9);

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Eventually.EndsAsync(Exited, EndTimeout, $"{_process.StartInfo.FileName} {Id} after SIGKILL");
        _process.Dispose();
    }

    private static int StartAndWait(Process process, TaskCompletionSource started)
    {
        process.Start();
        started.SetResult();
        process.WaitForExit();
        return process.ExitCode;
    }

    private async Task<int> ExitedAsync(Task<int> ended, Func<Stream, Task> readOutput)
    {
        await Task.WhenAll(readOutput(_process.StandardOutput.BaseStream), KeepLinesAsync(_process.StandardError.BaseStream), ended);
        return await ended;
    }

    private async Task KeepLinesAsync(Stream output)
    {
        using var reader = new StreamReader(output);
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
        }
    }

    private void Signal(int signal)
    {
        if (!Exited.IsCompleted && SendSignal(_process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill -{signal} {_process.Id}");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
