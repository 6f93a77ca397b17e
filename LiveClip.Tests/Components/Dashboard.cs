using System.Reflection;
using System.Security.Claims;
using Bunit;
using LiveClip.Core;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Tests.Support;
using LiveClip.Web.Components.Controls;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Radzen;

namespace LiveClip.Tests.Components;

/// <summary>Pages on the real services of Core and a catalog of their own, seen by somebody with a role.</summary>
public abstract class Dashboard : BunitContext
{
    /// <summary>avcC of 1920×1080 High profile, as libx264 writes it.</summary>
    protected static readonly byte[] FullHd = Convert.FromHexString(
        "0142c028ffe100196742c028da01e0089f970110000003001000000303c0f1832a01000468ce0fc8");

    private readonly TempFolder _folder = new();
    private readonly Person _person = new();

    protected Dashboard()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["LiveClip:DataDirectory"] = _folder.FullPath,
                ["LiveClip:Ingest:EndGraceSeconds"] = "0",
            })
            .Build();
        // In place of bunit's own: the real policies, and somebody with a role.
        Services.RemoveAll<IAuthorizationService>();
        Services.AddSingleton<AuthenticationStateProvider>(_person);
        Services.AddCascadingAuthenticationState();
        Services.AddSingleton<IConfiguration>(configuration);
        Services.AddLogging();
        Services.AddLiveClip(configuration);
        Services.AddScoped<DialogService>();
        Services.AddScoped<Toasts>();
        Services.AddScoped<PublicLinks>();
        JSInterop.Mode = JSRuntimeMode.Loose;
        using var context = Contexts.CreateDbContext();
        context.Database.EnsureCreated();
    }

    protected static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    protected LiveStreamRegister Register => Services.GetRequiredService<LiveStreamRegister>();

    protected BroadcastRegistry OnAir => Services.GetRequiredService<BroadcastRegistry>();

    protected ChangeFeed Changes => Services.GetRequiredService<ChangeFeed>();

    protected Toasts Toasts => Services.GetRequiredService<Toasts>();

    /// <summary>How many listen to the feed: a page that stays subscribed after it was left would never be collected.</summary>
    protected int Subscribers => ((Array)typeof(ChangeFeed)
        .GetField("_subscriptions", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(Changes)!).Length;

    private IDbContextFactory<CatalogDbContext> Contexts => Services.GetRequiredService<IDbContextFactory<CatalogDbContext>>();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            _folder.Dispose();
        }
    }

    protected void MayOnlyWatch() => _person.Role = Roles.Viewer;

    protected Task<LiveStream> CreateStreamAsync(string? name, string maxResolution = "1080p", string? givenName = null) =>
        Register.CreateAsync(
            new LiveStreamSettings
            {
                Name = name,
                MaxClipSeconds = LiveStreamSettings.DashboardMaxClip,
                MaxResolution = maxResolution,
                Metadata = givenName is null ? [] : new Dictionary<string, string> { ["livestream_name"] = givenName },
            },
            Token);

    /// <summary>Two seconds of 1080p at 30 frames a second, each of 20,000 bytes.</summary>
    protected Publication Publish(LiveStream stream)
    {
        var publication = OnAir.Begin(stream.Id, TimeSpan.FromSeconds(60), "203.0.113.24", "OBS 30");
        var track = new VideoTrack(AvcConfiguration.Parse(FullHd));
        for (var picture = 0; picture <= 60; picture++)
        {
            publication.Publish(new Sample { Track = track, DecodeTime = picture * 3000, IsSync = picture % 30 == 0, Data = new byte[20_000] });
        }

        return publication;
    }

    protected Clip AddClip(
        LiveStream stream, string? title, ClipStatus status = ClipStatus.Ready, Action<Clip>? change = null, int age = 0, Guid? clientId = null)
    {
        var clip = new Clip
        {
            Id = Guid.NewGuid(),
            StreamId = stream.Id,
            RecordingId = Guid.NewGuid(),
            ClientId = clientId,
            Slug = Secrets.Slug(),
            Title = title,
            Status = status,
            RequestedStart = 5 * 90_000,
            RequestedEnd = 12 * 90_000,
            Start = 5 * 90_000,
            End = 12 * 90_000,
            Trimmed = false,
            TrimmableUntil = DateTimeOffset.UnixEpoch,
            CreatedBy = "ana@example.org",
            CreatedAt = DateTimeOffset.UtcNow.AddMinutes(-age),
        };
        if (status == ClipStatus.Ready)
        {
            (clip.DeliveredStart, clip.DeliveredEnd, clip.DeliveredFrames, clip.Duration) = (4 * 90_000, 12 * 90_000, 240, 8 * 90_000);
        }

        change?.Invoke(clip);
        using var context = Contexts.CreateDbContext();
        context.Clips.Add(clip);
        context.SaveChanges();
        return clip;
    }

    protected Clip Stored(Clip clip)
    {
        using var context = Contexts.CreateDbContext();
        return context.Clips.AsNoTracking().Single(stored => stored.Id == clip.Id);
    }

    private sealed class Person : AuthenticationStateProvider
    {
        public string Role { get; set; } = Roles.Admin;

        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ana@example.org"), new Claim(ClaimTypes.Role, Role)], "test"))));
    }
}
