using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Access;

/// <summary>
/// At each start while no admin exists: makes the one of the settings, else prints the setup link. It goes to standard output and not
/// to the log, because logs are kept and shipped, and whoever reads the link first owns the server.
/// </summary>
public sealed class FirstStart(
    AccountSetup setup, SetupLink link, IOptions<BootstrapOptions> options, IServer server, IConfiguration configuration)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => setup.BootstrapAsync(options.Value, cancellationToken);

    /// <summary>The server listens by now: its addresses are known, also where the system chose the port.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!await setup.HasAdminAsync(cancellationToken))
        {
            await Console.Out.WriteLineAsync($"Set up LiveClip: {Address().TrimEnd('/')}/setup?code={link.Issue()}");
        }
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private string Address()
    {
        if (configuration["LiveClip:PublicUrl"] is { Length: > 0 } configured)
        {
            return configured;
        }

        var listening = BindingAddress.Parse(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var isAny = listening.Host is "[::]" or "0.0.0.0" or "*" or "+";
        return $"{listening.Scheme}://{(isAny ? "localhost" : listening.Host)}:{listening.Port}";
    }
}
