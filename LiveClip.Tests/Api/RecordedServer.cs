using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>A server with two recordings: one of 36 s that is over, which is more than a clip may last, and one of 6 s on air.</summary>
public sealed class RecordedServer : IAsyncLifetime
{
    public const double Seconds = 36;

    private static readonly TestMedia Source = new() { Width = 320, Height = 180, Seconds = (int)Seconds, Gop = 30 };

    private SilentPublisher? _publisher;

    public LiveServer Server { get; } = new();

    public TestStream Over { get; private set; } = default!;

    public TestStream OnAir { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        Over = await TestStream.CreateAsync(Server.Process);
        await Over.RecordAsync(Source);
        OnAir = await TestStream.CreateAsync(Server.Process);
        _publisher = await SilentPublisher.StartAsync(await (Source with { Seconds = 6 }).FlvAsync(), OnAir.Ingest);
        await Eventually.TrueAsync(async () => await OnAir.NewestPictureAsync() > 5, TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }
        await Server.DisposeAsync();
    }
}
