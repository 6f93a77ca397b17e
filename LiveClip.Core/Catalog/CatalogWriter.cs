using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveClip.Core.Catalog;

/// <summary>
/// The one gate for writes of this process. SQLite has one writer anyway; waiting here is fair and costs no retries, where waiting in
/// the database polls and in the end fails with "database is locked". Whatever waits is written in one transaction, and so shares the
/// wait for the disk.
/// </summary>
public sealed class CatalogWriter(IDbContextFactory<CatalogDbContext> contexts) : IDisposable
{
    private const string Savepoint = "unit";

    // SQLITE_CONSTRAINT
    private const int ConstraintViolation = 19;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly ConcurrentQueue<Unit> _waiting = new();

    /// <summary>Runs one unit of work and saves it: all of it or, when it fails, nothing, whatever else is in its transaction.</summary>
    public async Task<T> WriteAsync<T>(Func<CatalogDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        var unit = new Unit<T>(work);
        _waiting.Enqueue(unit);
        try
        {
            await _gate.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            unit.Cancel(cancellationToken);
            throw;
        }

        try
        {
            // Whoever had the gate before may have written it along.
            if (!unit.Completion.IsCompleted)
            {
                await WriteWaitingAsync();
            }
        }
        finally
        {
            _gate.Release();
        }

        return await unit.Completion;
    }

    public Task WriteAsync(Func<CatalogDbContext, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async context =>
            {
                await work(context);
                return true;
            },
            cancellationToken);

    /// <summary>Whether that is a row which breaks a rule of the schema: it will not be taken the next time either.</summary>
    public static bool IsRefusal(Exception error) =>
        error is SqliteException { SqliteErrorCode: ConstraintViolation }
        || (error is DbUpdateException { InnerException: { } cause } && IsRefusal(cause));

    public void Dispose() => _gate.Dispose();

    /// <summary>Never fails: each unit is told how it went.</summary>
    private async Task WriteWaitingAsync()
    {
        var units = new List<Unit>();
        while (_waiting.TryDequeue(out var unit))
        {
            if (!unit.IsOver)
            {
                units.Add(unit);
            }
        }

        try
        {
            await using var context = await contexts.CreateDbContextAsync();
            // The savepoint below covers also what a unit does without SaveChanges.
            context.Database.AutoSavepointsEnabled = false;
            await using var transaction = await context.Database.BeginTransactionAsync();
            foreach (var unit in units)
            {
                await RunAsync(unit, context, transaction);
            }

            await transaction.CommitAsync();
            units.ForEach(unit => unit.Succeed());
        }
#pragma warning disable CA1031 // Told to those who asked, each of whom throws it where it is awaited.
        catch (Exception error)
#pragma warning restore CA1031
        {
            units.ForEach(unit => unit.Fail(error));
        }
    }

    /// <summary>A unit's own failure costs the others nothing; one of the transaction ends it for all.</summary>
    private static async Task RunAsync(Unit unit, CatalogDbContext context, IDbContextTransaction transaction)
    {
        await transaction.CreateSavepointAsync(Savepoint);
        try
        {
            await unit.RunAsync(context);
            await context.SaveChangesAsync();
            await transaction.ReleaseSavepointAsync(Savepoint);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception error)
#pragma warning restore CA1031
        {
            unit.Fail(error);
            await transaction.RollbackToSavepointAsync(Savepoint);
        }

        context.ChangeTracker.Clear();
    }

    private abstract class Unit
    {
        public abstract bool IsOver { get; }

        public abstract Task RunAsync(CatalogDbContext context);

        public abstract void Succeed();

        public abstract void Fail(Exception error);
    }

    private sealed class Unit<T>(Func<CatalogDbContext, Task<T>> work) : Unit
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Completion => _completion.Task;

        public override bool IsOver => _completion.Task.IsCompleted;

        public override async Task RunAsync(CatalogDbContext context) => _result = await work(context);

        public override void Succeed() => _completion.TrySetResult(_result);

        public override void Fail(Exception error)
        {
            _completion.TrySetException(error);
            // Whoever was cancelled while waiting does not look.
            _ = _completion.Task.Exception;
        }

        public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
    }
}
