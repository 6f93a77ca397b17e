using System.ComponentModel.DataAnnotations;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Clips;
using LiveClip.Core.Demo;
using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Health;
using LiveClip.Core.Images;
using LiveClip.Core.Ingest;
using LiveClip.Core.Live;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Core.Rtmp;
using LiveClip.Core.Storage;
using LiveClip.Core.Upkeep;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

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
        services.AddSingleton<Playbacks>();
        services.AddSingleton<SetupLink>();
        services.AddSingleton<AccountSetup>();
        services.AddLiveClipOptions<BootstrapOptions>(configuration, "Bootstrap");
        services.AddHostedService<FirstStart>();

        services.AddLiveClipOptions<IngestOptions>(configuration, "Ingest");
        services.AddSingleton<StreamKeys>();
        services.AddSingleton<ConnectionBudget>();
        services.AddSingleton<RtmpAddress>();
        services.AddSingleton<WarningLimit>();
        services.AddSingleton<ReadPace>();
        services.AddSingleton<RtmpIngestHandler>();
        services.AddSingleton(provider => new BroadcastRegistry(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ChangeFeed>())
        {
            EndGrace = TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<IngestOptions>>().Value.EndGraceSeconds),
        });
        services.AddSingleton<LiveWindows>();
        services.AddLiveClipOptions<LiveOptions>(configuration, "Live");
        services.AddSingleton<LiveWaiting>();

        services.AddLiveClipOptions<StorageOptions>(configuration, "Storage").Configure(options => options.DataDirectory = data);
        services.AddSingleton<Ballast>();
        services.AddSingleton<DiskWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<DiskWatch>());

        services.AddLiveClipOptions<RecordingOptions>(configuration, "Recordings").Configure(options => options.DataDirectory = data);
        services.AddSingleton<SegmentStore>();
        services.AddSingleton<RecordingTimelines>();
        services.AddSingleton<Variants>();
        services.AddSingleton<PlaylistHolds>();
        services.AddSingleton<RecordingRecovery>();
        services.AddHostedService<LiveStreamStatusWriter>();
        services.AddHostedService<RecorderHost>();
        services.AddHostedService<RetentionCleaner>();

        services.AddSingleton<StreamHealths>();
        services.AddHostedService<HealthWatch>();

        services.AddLiveClipOptions<ClipOptions>(configuration, "Clips");
        services.AddSingleton<FfmpegRunner>();
        services.AddSingleton<PictureEncoder>();
        services.AddSingleton<SoundEncoder>();
        services.AddSingleton<ClipRenderer>();
        services.AddSingleton<ClipStore>();
        services.AddSingleton<ClipCutter>();
        services.AddSingleton<RangeFinder>();
        services.AddSingleton<ClipQueue>();
        services.AddSingleton<ClipRevisions>();
        services.AddSingleton<InstantClips>();
        services.AddHostedService<ClipWorker>();
        services.AddHostedService<ClipEndings>();
        services.AddHostedService<TrashCleaner>();

        services.AddSingleton<ImageCache>();
        services.AddSingleton<RecordingImages>();

        // Behind everything that a publisher needs: first to stop, last to start.
        services.AddHostedService<RtmpListener>();

        services.AddSingleton<DataDirectoryLock>();
        services.AddSingleton<DataCheck>();

        if (configuration.GetValue<bool>("LiveClip:Demo"))
        {
            services.AddSingleton<DemoStream>();
            services.AddHostedService<DemoPublisher>();
        }

        return services;
    }

    /// <summary>Bound to <c>LiveClip:{section}</c> and checked at start, so that a wrong value is named before anything runs.</summary>
    private static OptionsBuilder<TOptions> AddLiveClipOptions<TOptions>(
        this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class
    {
        services.AddSingleton<IValidateOptions<TOptions>>(new SectionAnnotations<TOptions>($"LiveClip:{section}"));
        return services.AddOptions<TOptions>().Bind(configuration.GetSection($"LiveClip:{section}")).ValidateOnStart();
    }

    /// <summary>The data annotations of a section's options; a fault names the key as it stands in the settings.</summary>
    private sealed class SectionAnnotations<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var faults = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    faults.SelectMany(fault => fault.MemberNames.Select(key => $"{section}:{key}: {fault.ErrorMessage}")));
        }
    }
}
