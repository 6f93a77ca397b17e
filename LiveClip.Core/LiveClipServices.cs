using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Clips;
using LiveClip.Core.OnAir;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LiveClip.Core;

/// <summary>The table of contents of Core: every part, in the order in which media flows.</summary>
public static class LiveClipServices
{
    public static IServiceCollection AddLiveClip(this IServiceCollection services, IConfiguration configuration)
    {
        var data = Path.GetFullPath(configuration["LiveClip:DataDirectory"] ?? "data");
        Directory.CreateDirectory(data);

        services.TryAddSingleton(TimeProvider.System);
        services.AddDataProtection().SetApplicationName("liveclip").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(data, "keys")));
        services.AddCatalog(data);
        services.AddSingleton<ChangeFeed>();

        services.AddPolicies();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<LiveStreamRegister>();
        services.AddSingleton<SetupLink>();
        services.AddSingleton<AccountSetup>();
        services.AddOptions<BootstrapOptions>().Bind(configuration.GetSection("LiveClip:Bootstrap"));
        services.AddHostedService<FirstStart>();

        services.AddSingleton<BroadcastRegistry>();

        services.AddOptions<ClipOptions>().Bind(configuration.GetSection("LiveClip:Clips")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ClipQueue>();
        return services;
    }
}
