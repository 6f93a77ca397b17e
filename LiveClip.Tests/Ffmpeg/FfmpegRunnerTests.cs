using System.Diagnostics;
using LiveClip.Core.Ffmpeg;
using LiveClip.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveClip.Tests.Ffmpeg;

public class FfmpegRunnerTests
{
    /// <summary>The exit code of SIGKILL.</summary>
    private const int Killed = 128 + 9;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(30);

    /// <summary>Never ends by itself, and does not wait between pictures.</summary>
    private static readonly FfmpegArguments Endless = FfmpegArguments.Quiet.With("-f", "lavfi", "-i", "color=s=64x64", "-f", "null", "-");

    /// <summary>Writes 6 MB a picture to stdout without end.</summary>
    private static readonly FfmpegArguments EndlessOutput = FfmpegArguments.Quiet.With(
        "-f", "lavfi", "-i", "color=s=1920x1080,format=rgb24", "-f", "rawvideo", "pipe:1");

    /// <summary>Hands bytes through from stdin to stdout.</summary>
    private static readonly FfmpegArguments Echo = FfmpegArguments.Quiet.With(
        "-f", "data", "-i", "pipe:0", "-map", "0:d", "-c", "copy", "-f", "data", "pipe:1");

    private readonly FfmpegRunner _ffmpeg = new(NullLogger<FfmpegRunner>.Instance, TimeProvider.System);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_times_more_than_a_pipe_holds_goes_in_and_comes_out_unchanged()
    {
        var bytes = new byte[20_000_000];
        new Random(1).NextBytes(bytes);
        using var output = new MemoryStream();

        await _ffmpeg.RunAsync(Echo, Enough, new MemoryStream(bytes), output, TestEnd);

        Assert.True(output.GetBuffer().AsSpan(0, (int)output.Length).SequenceEqual(bytes));
    }

    [Fact]
    public async Task What_it_does_not_want_to_read_is_left_unread()
    {
        var arguments = FfmpegArguments.Quiet.With(
            "-f", "rawvideo", "-pix_fmt", "gray", "-s", "100x100", "-i", "pipe:0", "-frames:v", "1", "-f", "rawvideo", "pipe:1");
        using var output = new MemoryStream();

        await _ffmpeg.RunAsync(arguments, Enough, new MemoryStream(new byte[20_000_000]), output, TestEnd);

        Assert.Equal(10_000, output.Length);
    }

    [Fact]
    public async Task A_source_that_has_no_more_to_give_yet_does_not_hold_up_a_run_that_has_ended()
    {
        var arguments = FfmpegArguments.Quiet.With("-f", "lavfi", "-i", "color=s=64x64:d=1", "-f", "null", "-");

        await _ffmpeg.RunAsync(arguments, Enough, new SilentSource(), null, TestEnd);
    }

    [Theory]
    [InlineData("-vf")]
    [InlineData("'; touch /tmp/x; echo \"")]
    [InlineData("two\nlines\t%{pts} $HOME `id`")]
    [InlineData("")]
    [InlineData("ÆØÅ 字幕")]
    public async Task A_title_arrives_as_the_one_argument_that_it_is(string title)
    {
        using var folder = new TempFolder();
        var arguments = FfmpegArguments.Quiet
            .With("-f", "lavfi", "-i", "color=s=64x64:d=0.1", "-metadata", $"title=<{title}>")
            .Output(folder.File("titled.mp4"));

        await _ffmpeg.RunAsync(arguments, Enough, null, null, TestEnd);

        var probe = await ChildProcess.RunAsync(
            "ffprobe", ["-v", "error", "-show_entries", "format_tags=title", "-of", "default=nk=1:nw=1", folder.File("titled.mp4")], Enough);
        Assert.Equal($"<{title}>", probe.Transcript);
    }

    [Fact]
    public async Task A_failing_run_tells_arguments_exit_code_and_what_ffmpeg_said()
    {
        var arguments = FfmpegArguments.Quiet.Mp4Input("/nowhere/clip.mp4").With("-f", "null", "-");

        var error = await Assert.ThrowsAsync<FfmpegException>(() => _ffmpeg.RunAsync(arguments, Enough, null, null, TestEnd));

        Assert.Same(arguments, error.Arguments);
        Assert.Equal(1, error.ExitCode);
        Assert.Equal("file:/nowhere/clip.mp4: No such file or directory", Assert.Single(error.ErrorLines));
        Assert.Contains("No such file or directory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_endless_complaints_the_last_64_KiB_are_kept()
    {
        var complaining = FfmpegArguments.Quiet.With("-v", "info", "-f", "lavfi", "-i", "color=s=64x64,showinfo", "-f", "null", "-");

        var error = await Assert.ThrowsAsync<FfmpegException>(
            () => _ffmpeg.RunAsync(complaining, TimeSpan.FromSeconds(2), null, null, TestEnd));

        Assert.InRange(error.ErrorLines.Sum(line => line.Length + 1), 60_000, 64 * 1024);
        Assert.DoesNotContain(error.ErrorLines, line => line.Contains(" n:   0 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_never_ends_is_stopped_at_its_deadline()
    {
        var error = await Assert.ThrowsAsync<FfmpegException>(
            () => _ffmpeg.RunAsync(Endless, TimeSpan.FromSeconds(1), null, null, TestEnd));

        Assert.Contains("had not ended after 00:00:01", error.Message, StringComparison.Ordinal);
        Assert.NotEqual(Killed, error.ExitCode);
    }

    [Fact]
    public async Task A_run_that_waits_for_its_input_does_not_have_to_be_killed()
    {
        var error = await Assert.ThrowsAsync<FfmpegException>(
            () => _ffmpeg.RunAsync(Echo, TimeSpan.FromSeconds(1), new SilentSource(), null, TestEnd));

        Assert.NotEqual(Killed, error.ExitCode);
    }

    [Fact]
    public async Task A_run_that_cannot_finish_is_killed_five_seconds_after_it_was_asked_to()
    {
        var started = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<FfmpegException>(
            () => _ffmpeg.RunAsync(EndlessOutput, TimeSpan.FromSeconds(1), null, new StuckTarget(), TestEnd));

        Assert.Equal(Killed, error.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(5.9));
    }

    [Fact]
    public async Task A_cancelled_run_finishes_what_it_writes()
    {
        using var folder = new TempFolder();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        var arguments = FfmpegArguments.Quiet
            .With("-re", "-f", "lavfi", "-i", "color=s=64x64:r=100", "-g", "1", "-bf", "0", "-flush_packets", "1")
            .Output(folder.File("cancelled.mp4"));
        var run = _ffmpeg.RunAsync(arguments, Timeout.InfiniteTimeSpan, null, null, cancel.Token);
        var file = new FileInfo(folder.File("cancelled.mp4"));
        await Eventually.TrueAsync(
            () =>
            {
                file.Refresh();
                return file.Exists && file.Length > 1000;
            },
            Enough,
            "the first pictures in the file");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await ChildProcess.RunAsync("ffprobe", ["-v", "error", folder.File("cancelled.mp4")], Enough);
    }

    [Fact]
    public async Task A_target_that_fails_ends_the_run_with_its_own_error()
    {
        await Assert.ThrowsAsync<FailingTarget.GoneException>(() => _ffmpeg.RunAsync(
            EndlessOutput, Timeout.InfiniteTimeSpan, null, new FailingTarget(bytes: 10_000_000), TestEnd));
    }

    [Fact]
    public async Task It_goes_on_when_the_thread_that_started_it_has_ended()
    {
        var steady = FfmpegArguments.Quiet.With("-re", "-f", "lavfi", "-i", "color=s=16x16", "-f", "rawvideo", "pipe:1");
        Task<FfmpegProcess>? start = null;
        var thread = new Thread(() => start = FfmpegProcess.StartAsync(steady, Timeout.InfiniteTimeSpan));
        thread.Start();
        thread.Join();
        using var process = await start!;

        await process.StandardOutput.ReadExactlyAsync(new byte[1], TestEnd);
        var nice = (await File.ReadAllTextAsync($"/proc/{process.Id}/stat", TestEnd)).Split(' ')[18]; // proc(5)
        process.Terminate();

        Assert.Equal(255, await Eventually.EndsAsync(process.Exited, Enough)); // its own answer to SIGTERM, not the end by a signal
        Assert.Equal("10", nice);
    }

    [Fact]
    public async Task It_is_held_to_limits_and_has_no_network()
    {
        var steady = FfmpegArguments.Quiet.With("-re", "-f", "lavfi", "-i", "color=s=16x16", "-f", "rawvideo", "pipe:1");
        using var process = await FfmpegProcess.StartAsync(steady, Enough);
        await process.StandardOutput.ReadExactlyAsync(new byte[1], TestEnd);

        var limits = await File.ReadAllLinesAsync($"/proc/{process.Id}/limits", TestEnd);
        var interfaces = await File.ReadAllLinesAsync($"/proc/{process.Id}/net/dev", TestEnd);
        var status = await File.ReadAllLinesAsync($"/proc/{process.Id}/status", TestEnd);
        process.Terminate();
        await Eventually.EndsAsync(process.Exited, Enough);

        Assert.Contains(limits, line => line.StartsWith("Max open files            64 ", StringComparison.Ordinal));
        var seconds = 31 * Environment.ProcessorCount;
        Assert.Contains(limits, line => line.StartsWith($"Max cpu time              {seconds} ", StringComparison.Ordinal));
        Assert.Contains(limits, line => line.StartsWith("Max address space         4294967296 ", StringComparison.Ordinal));
        Assert.Contains("NoNewPrivs:\t1", status);
        // Two lines of heading, and itself.
        Assert.StartsWith("lo:", Assert.Single(interfaces.Skip(2)).Trim(), StringComparison.Ordinal);
    }
}
