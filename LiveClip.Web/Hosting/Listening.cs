using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;

namespace LiveClip.Web.Hosting;

/// <summary>Says where the server listens, and what to change where it cannot.</summary>
internal static partial class Listening
{
    /// <summary>The addresses for HTTP, with the ports that the system chose; RTMP's listener tells its own.</summary>
    public static void AnnounceAddresses(this WebApplication app)
    {
        foreach (var address in app.Urls)
        {
            LogListening(app.Logger, address);
        }
    }

    /// <summary>Null when the fault is another one than a taken port.</summary>
    public static string? AdviceFor(IOException error)
    {
        if (error.InnerException is not AddressInUseException || TakenAddress().Match(error.Message) is not { Success: true } taken)
        {
            return null;
        }

        var port = int.Parse(taken.Groups["port"].ValueSpan, provider: null);
        return taken.Groups["scheme"].Value == "rtmp"
            ? $"Port {port} is taken by another program. Choose another one for RTMP: ./run --LiveClip:Ingest:RtmpPort={port + 1}"
            : $"Port {port} is taken by another program. Choose another one for the dashboard: ./run --Urls=http://localhost:{port + 1}";
    }

    [GeneratedRegex(@"(?<scheme>\w+)://\S+:(?<port>\d+): address already in use")]
    private static partial Regex TakenAddress();

    [LoggerMessage(LogLevel.Information, "Now listening on: {Address}")]
    private static partial void LogListening(ILogger logger, string address);
}
