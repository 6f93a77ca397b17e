using LiveClip.Core;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Web.Api;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddLiveClip(builder.Configuration);
builder.Services.AddMediaCors();
builder.Services.AddSingleton<Listeners>();
builder.Services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(services => services.GetRequiredService<Listeners>());
var app = builder.Build();
await using (var catalog = await app.Services.GetRequiredService<IDbContextFactory<CatalogDbContext>>().CreateDbContextAsync())
{
    await catalog.Database.EnsureCreatedAsync();
}
var s = await app.Services.GetRequiredService<LiveStreamRegister>().CreateAsync(new LiveStreamSettings { MaxClipSeconds = 1200, EnableDvrMode = true }, default);
Console.WriteLine("KEY " + app.Services.GetRequiredService<LiveStreamRegister>().RevealKey(s));
Console.WriteLine("PLAY " + s.PlaybackIds[0].Id);
app.UseCors();
app.MapPlayback();
await app.StartAsync();
app.Services.GetRequiredService<Listeners>().Announce();
await app.WaitForShutdownAsync();
