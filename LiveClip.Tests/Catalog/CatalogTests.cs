using LiveClip.Core.Catalog;
using LiveClip.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Catalog;

public sealed class CatalogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task Migrations_make_the_schema_of_the_model()
    {
        await using var migrated = Open("migrated.db");
        await migrated.Database.MigrateAsync(Token);
        await using var created = Open("created.db");
        await created.Database.EnsureCreatedAsync(Token);

        var expected = await SchemaAsync(created);
        Assert.True(expected.Count > 40, $"{expected.Count} lines of schema");
        Assert.Equal(expected, await SchemaAsync(migrated));
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await using (var first = Open("c.db"))
        {
            await first.Database.MigrateAsync(Token);
        }

        await using var second = Open("c.db");
        Assert.Empty(await second.Database.GetPendingMigrationsAsync(Token));
        await second.Database.MigrateAsync(Token);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // it was killed in the middle of a migration
    public async Task A_start_that_was_killed_while_it_migrated_keeps_no_other_from_starting(bool isUnfinished)
    {
        await using var core = await CoreServices.StartAsync(_folder);
        await using var context = core.Read();
        await context.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsLock VALUES (1, '2026-11-22 13:00:00')", Token);
        if (isUnfinished)
        {
            await context.Database.ExecuteSqlRawAsync(
                "DROP TABLE HealthMinutes; DELETE FROM __EFMigrationsHistory WHERE MigrationId LIKE '%HealthMinutes'", Token);
        }

        var migration = ActivatorUtilities.CreateInstance<CatalogMigration>(core.Provider);
        await Eventually.EndsAsync(migration.StartingAsync(Token), TimeSpan.FromSeconds(10));

        Assert.Equal(0, await context.HealthMinutes.CountAsync(Token));
    }

    [Fact]
    public async Task The_model_asks_for_nothing_that_the_migrations_lack()
    {
        // The comparison above reads SQLite's text; this one would also see what SQLite does not write down.
        await using var context = Open("c.db");
        var tables = context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables.Select(table => table.Name).Order();
        await context.Database.MigrateAsync(Token);
        var made = await context.Database.SqlQueryRaw<string>(
            "SELECT name AS Value FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 4) <> '__EF' AND substr(name, 1, 7) <> 'sqlite_'")
            .ToListAsync(Token);
        Assert.Equal(tables, made.Order());
        Assert.NotEmpty(context.GetService<IMigrationsAssembly>().Migrations);
    }

    [Fact]
    public async Task What_is_committed_survives_a_power_loss()
    {
        await using var context = Open("c.db");
        await context.Database.MigrateAsync(Token);
        await context.Database.OpenConnectionAsync(Token);
        Assert.Equal("wal", await PragmaAsync(context, "journal_mode"));
        Assert.Equal("2", await PragmaAsync(context, "synchronous")); // FULL
        Assert.Equal("1", await PragmaAsync(context, "foreign_keys"));
    }

    [Fact]
    public async Task A_clip_outlives_its_recording_and_a_stream_does_not_go_before_its_recordings()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var stream = await core.CreateStreamAsync();
        var recording = NewRecording(stream.Id);
        var clip = NewClip(stream.Id, recording.Id);
        await core.Catalog.WriteAsync(
            async context =>
            {
                await context.AddRangeAsync(recording, clip);
                context.Segments.Add(new RecordedSegment
                {
                    RecordingId = recording.Id,
                    Number = 0,
                    Run = 0,
                    Start = 0,
                    Duration = 1,
                    Length = 1,
                    StartsWithSync = true,
                });
            },
            Token);

        await using var context = core.Read();
        await Assert.ThrowsAsync<SqliteException>(() => context.LiveStreams.ExecuteDeleteAsync(Token));
        await context.Recordings.ExecuteDeleteAsync(Token);
        Assert.Equal((0, 1), (await context.Segments.CountAsync(Token), await context.Clips.CountAsync(Token)));
        await context.LiveStreams.ExecuteDeleteAsync(Token);
        Assert.Equal(0, await context.PlaybackIds.CountAsync(Token));
    }

    [Fact]
    public async Task A_clients_id_makes_one_clip_a_stream()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var (first, second) = (await core.CreateStreamAsync(), await core.CreateStreamAsync());
        var id = Guid.NewGuid();
        await AddAsync(NewClip(first.Id, Guid.NewGuid(), id));
        await AddAsync(NewClip(second.Id, Guid.NewGuid(), id));
        await AddAsync(NewClip(first.Id, Guid.NewGuid()));
        await AddAsync(NewClip(first.Id, Guid.NewGuid()));
        await Assert.ThrowsAsync<DbUpdateException>(() => AddAsync(NewClip(first.Id, Guid.NewGuid(), id)));

        Task AddAsync(Clip clip) => core.Catalog.WriteAsync(context => context.AddAsync(clip, Token).AsTask(), Token);
    }

    [Fact]
    public async Task Times_are_kept_to_the_tick_in_UTC_and_can_be_sorted_by()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var stream = await core.CreateStreamAsync();
        var moment = new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.FromHours(2)).AddTicks(1);
        await core.Catalog.WriteAsync(
            async context =>
            {
                foreach (var offset in new[] { 1, 0, 2 })
                {
                    await context.AddAsync(NewRecording(stream.Id, moment.AddTicks(offset)), Token);
                }
            },
            Token);
        await using var context = core.Read();
        var times = await context.Recordings.Select(recording => recording.StartedAt).OrderBy(time => time).ToListAsync(Token);
        Assert.Equal([moment, moment.AddTicks(1), moment.AddTicks(2)], times);
        Assert.All(times, time => Assert.Equal(TimeSpan.Zero, time.Offset));
    }

    [Fact]
    public async Task Writers_wait_for_each_other_and_one_that_fails_leaves_nothing_behind()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var stream = await core.CreateStreamAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => core.Catalog.WriteAsync(
            async context =>
            {
                await context.AddAsync(NewRecording(stream.Id), Token);
                throw new InvalidOperationException();
            },
            Token));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => core.Catalog.WriteAsync(
            async context =>
            {
                var counted = await context.LiveStreams.SingleAsync(Token);
                counted.NextSegmentNumber++;
            },
            Token)));
        await using var context = core.Read();
        Assert.Equal(50, (await context.LiveStreams.SingleAsync(Token)).NextSegmentNumber);
        Assert.Equal(0, await context.Recordings.CountAsync(Token));
    }

    internal static Clip NewClip(string streamId, Guid recordingId, Guid? clientId = null) => new()
    {
        Id = Guid.NewGuid(),
        StreamId = streamId,
        RecordingId = recordingId,
        ClientId = clientId,
        Slug = Clip.NewSlug(),
        RequestedStart = 0,
        RequestedEnd = 90_000,
        Start = 0,
        End = 90_000,
        Trimmed = false,
        TrimmableUntil = DateTimeOffset.UnixEpoch,
        CreatedBy = "test",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    internal static Recording NewRecording(string streamId, DateTimeOffset startedAt = default) => new()
    {
        Id = Guid.NewGuid(),
        StreamId = streamId,
        StartedAt = startedAt,
        FirstSegmentNumber = 0,
        FirstDiscontinuity = 0,
    };

    private CatalogDbContext Open(string file)
    {
        var options = new DbContextOptionsBuilder<CatalogDbContext>();
        options.UseCatalogSqlite($"Data Source={_folder.File(file)}");
        return new CatalogDbContext(options.Options);
    }

    /// <summary>
    /// Tables with their columns and keys, and indexes: as SQLite understood them, a line each. The text of a table is left out: a column
    /// that was added later stands at its end.
    /// </summary>
    private static async Task<List<string>> SchemaAsync(CatalogDbContext context) => await context.Database.SqlQueryRaw<string>(
        """
        SELECT m.name || ' ' || m.sql AS Value FROM sqlite_master m WHERE m.type <> 'table' AND m.sql IS NOT NULL AND m.name NOT LIKE '\_\_EF%' ESCAPE '\'
        UNION ALL
        SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk || ' ' || coalesce(c.dflt_value, '')
        FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\_\_EF%' ESCAPE '\'
        UNION ALL
        SELECT m.name || ' -> ' || f."table" || ' ' || f."from" || ' ' || f.on_delete
        FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
        UNION ALL
        SELECT m.name || ' ' || i.name || ' ' || i."unique" FROM sqlite_master m, pragma_index_list(m.name) i
        WHERE m.type = 'table' AND m.name NOT LIKE '\_\_EF%' ESCAPE '\'
        ORDER BY 1
        """).ToListAsync(TestContext.Current.CancellationToken);

    private static async Task<string> PragmaAsync(CatalogDbContext context, string name)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return $"{await command.ExecuteScalarAsync(Token)}";
    }
}
