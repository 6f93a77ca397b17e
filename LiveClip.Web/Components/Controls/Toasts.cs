namespace LiveClip.Web.Components.Controls;

/// <summary>Short messages of one browser tab, each with at most one action; <see cref="ToastHost"/> draws them and lets them go.</summary>
public sealed class Toasts(TimeProvider time)
{
    /// <summary>How long a message stays, and with it the chance to undo.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly List<Toast> _shown = [];

    public event Action? Changed;

    public IReadOnlyList<Toast> Shown => _shown;

    public void Show(string text, string? action = null, Func<Task>? run = null)
    {
        _shown.Add(new Toast(Guid.NewGuid(), text, action, run, time.GetUtcNow() + Lifetime));
        Changed?.Invoke();
    }

    public void Dismiss(Toast toast)
    {
        _shown.Remove(toast);
        Changed?.Invoke();
    }

    public void DismissExpired()
    {
        if (_shown.RemoveAll(toast => toast.Until <= time.GetUtcNow()) > 0)
        {
            Changed?.Invoke();
        }
    }
}

/// <summary>One message.</summary>
public sealed record Toast(Guid Id, string Text, string? Action, Func<Task>? Run, DateTimeOffset Until);
