using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace LiveClip.Tests.Support;

/// <summary>The whole program inside the test's process, to look at what it is made of; RTMP has a port that the system chose.</summary>
public sealed class LiveClipApp : WebApplicationFactory<Program>
{
    private readonly TempFolder _data = new();

    protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
        .UseEnvironment("Production")
        .UseSetting("LiveClip:DataDirectory", _data.FullPath)
        .UseSetting("LiveClip:Ingest:RtmpPort", "0")
        .UseSetting("LiveClip:Bootstrap:AdminEmail", ServerProcess.AdminEmail)
        .UseSetting("LiveClip:Bootstrap:AdminPassword", ServerProcess.AdminPassword)
        .UseSetting("LiveClip:Bootstrap:TokenId", ServerProcess.TokenId)
        .UseSetting("LiveClip:Bootstrap:TokenSecret", ServerProcess.TokenSecret);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _data.Dispose();
        }
    }
}
