using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Catalog;

/// <summary>
/// The one gate for writes of this process. SQLite has one writer anyway; waiting here is fair and costs no retries, where waiting in
/// the database polls and in the end fails with "database is locked".
/// </summary>
public sealed class CatalogWriter(IDbContextFactory<CatalogDbContext> contexts) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Runs one unit of work in a fresh context and saves it.</summary>
    public async Task<T> WriteAsync<T>(Func<CatalogDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var result = await work(context);
            await context.SaveChangesAsync(cancellationToken);
            return result;
        }
        finally
        {
            _gate.Release();
        }
    }

    public Task WriteAsync(Func<CatalogDbContext, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async context =>
            {
                await work(context);
                return true;
            },
            cancellationToken);

    public void Dispose() => _gate.Dispose();
}
