using LiveClip.Core;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>All of Core on a data directory, without a web server; started again on the same directory it is the next process.</summary>
public sealed class CoreServices : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<IHostedService> _running = [];

    private CoreServices(string dataDirectory, TimeProvider? time, Dictionary<string, string?>? settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                // A goodbye ends a recording at once: most tests have no second publish to wait for.
                ["LiveClip:Ingest:EndGraceSeconds"] = "0",
            })
            .AddInMemoryCollection(new Dictionary<string, string?>(settings ?? []) { ["LiveClip:DataDirectory"] = dataDirectory })
            .Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddLiveClip(configuration);
        _services = services.BuildServiceProvider();
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public IServiceProvider Provider => _services;

    public CatalogWriter Catalog => Get<CatalogWriter>();

    /// <param name="started">Which of Core's hosted services run; the catalog is always there.</param>
    public static async Task<CoreServices> StartAsync(
        TempFolder folder, TimeProvider? time = null, Dictionary<string, string?>? settings = null, params Type[] started)
    {
        var core = new CoreServices(folder.FullPath, time, settings);
        await using (var context = core.Read())
        {
            await context.Database.MigrateAsync(Token);
        }

        foreach (var type in started)
        {
            // FirstStart wants a web server; asking for all of them would make it.
            var service = (IHostedService)ActivatorUtilities.CreateInstance(core._services, type);
            core._running.Add(service);
            await service.StartAsync(Token);
        }

        return core;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public CatalogDbContext Read() => Get<IDbContextFactory<CatalogDbContext>>().CreateDbContext();

    public Task<LiveStream> CreateStreamAsync(LiveStreamSettings? settings = null) =>
        Get<LiveStreamRegister>().CreateAsync(settings ?? new LiveStreamSettings { MaxClipSeconds = 1_200 }, Token);

    /// <summary>As the host stops: last started, first stopped.</summary>
    public async Task StopAsync()
    {
        foreach (var service in Enumerable.Reverse(_running).ToList())
        {
            await service.StopAsync(CancellationToken.None);
        }

        _running.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
