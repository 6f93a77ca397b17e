using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>Waits until something has become true, for no longer than a bound; a failure says what was awaited.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(
        Func<bool> condition, TimeSpan timeout, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), timeout, what);

    public static async Task TrueAsync(
        Func<Task<bool>> condition, TimeSpan timeout, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < timeout, $"Not within {timeout}: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The first value that is not null.</summary>
    public static async Task<T> SomeAsync<T>(
        Func<Task<T?>> value, TimeSpan timeout, [CallerArgumentExpression(nameof(value))] string what = "")
        where T : class
    {
        T? found = null;
        await TrueAsync(async () => (found = await value()) is not null, timeout, what);
        return found!;
    }

    /// <summary>The task's own result, or a failure that says what did not happen in time.</summary>
    public static async Task<T> EndsAsync<T>(
        Task<T> task, TimeSpan timeout, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await EndsAsync((Task)task, timeout, what);
        return await task;
    }

    public static async Task EndsAsync(Task task, TimeSpan timeout, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            await task.WaitAsync(timeout, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"Not ended within {timeout}: {what}");
        }
    }
}
