using System.Net;
using LiveClip.Core.Ingest;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace LiveClip.Web.Hosting;

/// <summary>
/// The addresses that the server listens on: those of <c>Urls</c> for HTTP and one for RTMP. Kestrel ignores <c>Urls</c> as soon as one
/// endpoint is added in code, so all are added here.
/// </summary>
public sealed partial class Listeners(
    IConfiguration configuration, IOptions<IngestOptions> ingest, RtmpAddress rtmp, ILogger<Listeners> logger)
    : IConfigureOptions<KestrelServerOptions>
{
    private readonly List<(string Scheme, ListenOptions Endpoint)> _bound = [];

    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentUpgradedConnections = 500;
        foreach (var url in (configuration["Urls"] ?? "http://localhost:5000").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var address = BindingAddress.Parse(url.Trim());
            Listen(options, address.Scheme, address.Host, address.Port, endpoint =>
            {
                if (address.Scheme == Uri.UriSchemeHttps)
                {
                    endpoint.UseHttps();
                }
            });
        }

        Listen(options, "rtmp", ingest.Value.Address, ingest.Value.RtmpPort, endpoint => endpoint.UseConnectionHandler<RtmpIngestHandler>());
    }

    /// <summary>Says where the server listens, with the ports that the system chose, to people and to whom it concerns.</summary>
    public void Announce()
    {
        foreach (var (scheme, endpoint) in _bound)
        {
            LogListening(scheme, $"{endpoint.IPEndPoint}");
            if (scheme == "rtmp")
            {
                rtmp.Set(endpoint.IPEndPoint!);
            }
        }
    }

    /// <summary>What to change when an address is taken; null when it is no address of ours.</summary>
    public string? AdviceFor(IOException error)
    {
        if (error.InnerException is not AddressInUseException)
        {
            return null;
        }

        foreach (var (scheme, endpoint) in _bound)
        {
            var port = endpoint.IPEndPoint?.Port ?? 0;
            if (port != 0 && error.Message.Contains($":{port}", StringComparison.Ordinal))
            {
                return scheme == "rtmp"
                    ? $"Port {port} is taken by another program. Choose another one for RTMP: ./run --LiveClip:Ingest:RtmpPort={port + 1}"
                    : $"Port {port} is taken by another program. Choose another one for the dashboard: ./run --Urls=http://localhost:{port + 1}";
            }
        }

        return null;
    }

    private void Listen(KestrelServerOptions options, string scheme, string host, int port, Action<ListenOptions> configure)
    {
        void Bind(ListenOptions endpoint)
        {
            configure(endpoint);
            _bound.Add((scheme, endpoint));
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            options.Listen(address, port, Bind);
        }
        else if (!host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            options.ListenAnyIP(port, Bind);
        }
        else if (port == 0)
        {
            // The system can choose a port for one address at a time only.
            options.Listen(IPAddress.Loopback, port, Bind);
        }
        else
        {
            options.ListenLocalhost(port, Bind);
        }
    }

    [LoggerMessage(LogLevel.Information, "Now listening on: {Scheme}://{Address}")]
    private partial void LogListening(string scheme, string address);
}
