using LiveClip.Core;
using LiveClip.Core.Access;
using LiveClip.Core.Storage;
using LiveClip.Core.Upkeep;
using LiveClip.Web.Api;
using LiveClip.Web.Components;
using LiveClip.Web.Components.Controls;
using LiveClip.Web.Hosting;
using LiveClip.Web.Hubs;
using Radzen;

if (args is ["check", .. var rest])
{
    return await CheckCommand.RunAsync(rest);
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

// Published output holds its static files; build output only knows where they lie.
builder.WebHost.UseStaticWebAssets();

builder.WebHost.ConfigureKestrel(options =>
{
    options.AddServerHeader = false;
    options.Limits.MaxConcurrentUpgradedConnections = 500;
});

builder.Services.AddLiveClip(builder.Configuration);
builder.Services.AddAddresses();
builder.Services.AddPlayback();
builder.Services.AddShutdown();
builder.Services.AddSignIn();
builder.Services.AddPasswordLimit();
builder.Services.AddAntiforgery();
builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");
builder.Services.AddRazorComponents().AddInteractiveServerComponents(options => options.DisconnectedCircuitMaxRetained = 50);
builder.Services.AddSignalR(options => options.MaximumReceiveMessageSize = 32 * 1024);
builder.Services.AddSingleton<LiveState>();
builder.Services.AddSingleton<Studios>();
builder.Services.AddHostedService<LiveHubBroadcaster>();
builder.Services.AddScoped<DialogService>();
builder.Services.AddScoped<Toasts>();
builder.Services.AddScoped<PublicLinks>();

var (app, fault) = Settings.Build(builder);
if (app is null)
{
    await Console.Error.WriteLineAsync(fault);
    return 1;
}

app.UseTrustedProxies();
app.RefuseWhileStopping();
app.UseSecurityHeaders();
app.UseSameOriginForHubs();
app.UseErrorPages();
app.UseApiErrors();
app.UseRouting();
app.UseRateLimiter();
app.UseCors();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();

app.MapStaticAssets().AllowAnonymous();
app.MapHealthChecks("/healthz/live", new() { Predicate = _ => false }).AllowAnonymous();
app.MapHealthChecks("/healthz/ready", new() { ResponseWriter = Readiness.WriteAsync }).AllowAnonymous();
app.MapStreamKeyApi();
app.MapLiveStreams();
app.MapHealth();
app.MapClips();
app.MapClipReports();
app.MapStorage();
app.MapPlayback();
app.MapImages();
app.MapClipMedia();
app.MapApiErrors();
app.MapHub<LiveHub>(LiveHub.Route);

// The policy stands here for the circuit's own endpoints; pages add their own, the public ones say AllowAnonymous.
app.MapRazorComponents<App>()
    .AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null)
    .RequireAuthorization(Policies.Watch);
app.MapFallback("{**path}", () => Results.NotFound()).AllowAnonymous();

try
{
    app.Services.GetRequiredService<DataDirectoryLock>().Take();
    app.Services.GetRequiredService<Ballast>().LetGoIfFull();
    await app.StartAsync();
}
catch (DataDirectoryInUseException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
catch (IOException error) when (Listening.AdviceFor(error) is { } advice)
{
    await Console.Error.WriteLineAsync(advice);
    return 1;
}
catch (Exception error) when (DiskFull.Is(error))
{
    await Console.Error.WriteLineAsync("The disk with the data directory is full. Free some of its space, then start LiveClip again.");
    return 1;
}

app.AnnounceAddresses();
await app.WaitForShutdownAsync();
return 0;
