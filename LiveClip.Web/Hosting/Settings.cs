using Microsoft.Extensions.Options;

namespace LiveClip.Web.Hosting;

/// <summary>Looks at all settings before anything runs.</summary>
internal static class Settings
{
    private const string Binder = "Microsoft.Extensions.Configuration.Binder";

    /// <summary>The program; or none, and what is wrong with the settings, with the key named.</summary>
    public static (WebApplication? App, string? Fault) Build(WebApplicationBuilder builder)
    {
        try
        {
            var app = builder.Build();
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            return (app, null);
        }
        catch (AggregateException several) when (several.InnerExceptions.All(IsFault))
        {
            return (null, string.Join(Environment.NewLine, several.InnerExceptions.Select(error => error.Message)));
        }
        catch (Exception error) when (IsFault(error))
        {
            return (null, error.Message);
        }
    }

    /// <summary>A value outside of its range, or one that is no such value at all.</summary>
    private static bool IsFault(Exception error) => error is OptionsValidationException or InvalidOperationException { Source: Binder };
}
