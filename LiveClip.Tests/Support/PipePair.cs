using System.IO.Pipelines;

namespace LiveClip.Tests.Support;

/// <summary>A connection without a network: what one end writes, the other reads.</summary>
public sealed class PipePair
{
    public PipePair()
    {
        var toServer = new Pipe();
        var toClient = new Pipe();
        Server = new End(toServer.Reader, toClient.Writer);
        Client = new End(toClient.Reader, toServer.Writer);
    }

    public IDuplexPipe Server { get; }

    public IDuplexPipe Client { get; }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
