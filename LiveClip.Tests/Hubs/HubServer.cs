using System.Security.Claims;
using System.Text.Encodings.Web;
using LiveClip.Core;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Clips;
using LiveClip.Tests.Support;
using LiveClip.Web.Hubs;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace LiveClip.Tests.Hubs;

/// <summary>The hub on a real Kestrel over a catalog of its own, without the workers: what a clip becomes is not the hub's matter.</summary>
internal sealed class HubServer : IAsyncDisposable
{
    public const string StreamId = "0123456789abcdef0123456789abcdef";
    public const string PublicUrl = "https://clips.example";

    public static readonly Guid RecordingId = new("5f0c3a52-8a1e-4c55-9d07-0d4e2f6a7b11");

    private readonly TempFolder _data = new();
    private WebApplication _app = default!;

    public Uri Hub { get; private set; } = default!;

    public string Origin => Hub.GetLeftPart(UriPartial.Authority);

    public ChangeFeed Changes => _app.Services.GetRequiredService<ChangeFeed>();

    public ClipQueue Clips => _app.Services.GetRequiredService<ClipQueue>();

    public static async Task<HubServer> StartAsync()
    {
        var server = new HubServer();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([
            new("Urls", "http://127.0.0.1:0"),
            new("LiveClip:DataDirectory", server._data.FullPath),
            new("LiveClip:PublicUrl", PublicUrl),
        ]);
        builder.Services.AddLiveClip(builder.Configuration);
        foreach (var worker in builder.Services.Where(service => service.ImplementationType?.Assembly == typeof(LiveClipServices).Assembly
            && service.ServiceType == typeof(Microsoft.Extensions.Hosting.IHostedService)).ToList())
        {
            builder.Services.Remove(worker);
        }

        builder.Services.AddAuthentication(RoleAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, RoleAuthentication>(RoleAuthentication.SchemeName, null);
        builder.Services.AddSignalR();
        builder.Services.AddSingleton<LiveState>();
        builder.Services.AddSingleton<Studios>();
        builder.Services.AddHostedService<LiveHubBroadcaster>();
        server._app = builder.Build();
        server._app.UseSameOriginForHubs();
        server._app.UseAuthentication();
        server._app.UseAuthorization();
        server._app.MapHub<LiveHub>(LiveHub.Route);
        await server.FillAsync();
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        server.Hub = new Uri(new Uri(server._app.Urls.Single()), LiveHub.Route);
        return server;
    }

    public Task<JsonHubClient> ConnectAsync(string role) => JsonHubClient.ConnectAsync(Hub, role, Origin);

    public async Task<int> CountClipsAsync()
    {
        await using var context = await ContextAsync();
        return await context.Clips.CountAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _data.Dispose();
    }

    /// <summary>A stream with one recording that is over: run 0 for 4 s, a gap of 2 s, run 1 for 4 s; clips of at most 5 s.</summary>
    private async Task FillAsync()
    {
        await using var context = await ContextAsync();
        await context.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
        var started = new DateTimeOffset(2026, 5, 4, 19, 0, 0, TimeSpan.Zero);
        context.LiveStreams.Add(new LiveStream
        {
            Id = StreamId,
            Name = "Match A",
            StreamKeyHash = LiveStream.HashKey("key"),
            StreamKeyCipher = "",
            SrtSecretCipher = "",
            MaxResolution = "1080p",
            MediaPolicy = AccessPolicy.Public,
            MaxDurationSeconds = 43_200,
            ReconnectWindowSeconds = 60,
            MaxClipSeconds = 5,
            CreatedAt = started,
        });
        context.Recordings.Add(new Recording
        {
            Id = RecordingId,
            StreamId = StreamId,
            StartedAt = started,
            EndedAt = started.AddSeconds(10),
            FirstSegmentNumber = 0,
            FirstDiscontinuity = 0,
            Runs = [RunAt(0, 0, started), RunAt(1, 6, started)],
        });
        context.Segments.AddRange(SegmentAt(0, 0, 0), SegmentAt(1, 0, 2), SegmentAt(2, 1, 6), SegmentAt(3, 1, 8));
        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    private static Run RunAt(int number, int second, DateTimeOffset started) => new()
    {
        RecordingId = RecordingId,
        Number = number,
        TimelineStart = second * 90_000L,
        WallClock = started.AddSeconds(second),
        Init = [],
        Width = 1280,
        Height = 720,
        Codecs = "avc1.64001f",
    };

    private static RecordedSegment SegmentAt(long number, int run, int second) => new()
    {
        RecordingId = RecordingId,
        Number = number,
        Run = run,
        Start = second * 90_000L,
        Duration = 180_000,
        Length = 1,
        StartsWithSync = true,
    };

    private Task<CatalogDbContext> ContextAsync() =>
        _app.Services.GetRequiredService<IDbContextFactory<CatalogDbContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
}

/// <summary>Takes the caller's role from a header; without one nobody has called.</summary>
internal sealed class RoleAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Role";
    public const string Header = "X-Role";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header].ToString() is not { Length: > 0 } role)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var identity = new ClaimsIdentity([new(ClaimTypes.Name, "ana"), new(ClaimTypes.Role, role)], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }
}
