using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace LiveClip.Core.Catalog;

/// <summary>Which database the catalog lives in: SQLite, in <c>liveclip.db</c> of the data directory.</summary>
public static class CatalogProviders
{
    public static IServiceCollection AddCatalog(this IServiceCollection services, string dataDirectory)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDirectory, "liveclip.db") };
        services.AddPooledDbContextFactory<CatalogDbContext>(options => options.UseCatalogSqlite(connection.ToString()));
        services.AddSingleton<CatalogWriter>();
        services.AddHostedService<CatalogMigration>();
        return services;
    }

    public static DbContextOptionsBuilder UseCatalogSqlite(this DbContextOptionsBuilder options, string connectionString) => options
        .UseSqlite(connectionString)
        .AddInterceptors(new Durability())
        // Migrations are written by hand, without the designer's snapshot; CatalogTests compares the migrated schema with the model.
        .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));

    /// <summary>Write-ahead log, flushed at every commit: what the catalog has acknowledged survives a power loss.</summary>
    private sealed class Durability : DbConnectionInterceptor
    {
        private const string Pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;";

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
