using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace LiveClip.Web.Hosting;

/// <summary>How the server is reached from outside: the address of its links, and the proxies that may say who is asking.</summary>
internal sealed class AddressOptions
{
    /// <summary>Empty: links begin with the origin that the browser itself uses.</summary>
    public string PublicUrl { get; init; } = "";

    public IReadOnlyList<string> TrustedProxies { get; init; } = [];
}

internal static class Addresses
{
    private const string Section = "LiveClip";

    public static IServiceCollection AddAddresses(this IServiceCollection services)
    {
        services.AddOptions<AddressOptions>().BindConfiguration(Section)
            .Validate(
                options => options.PublicUrl.Length == 0 || IsWebAddress(options.PublicUrl),
                $"{Section}:{nameof(AddressOptions.PublicUrl)}: must be an absolute address that begins with http:// or https://.")
            .Validate(
                options => options.TrustedProxies.All(proxy => IPAddress.TryParse(proxy, out _)),
                $"{Section}:{nameof(AddressOptions.TrustedProxies)}: must be IP addresses.")
            .ValidateOnStart();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<AddressOptions>>((headers, addresses) =>
        {
            headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            foreach (var proxy in addresses.Value.TrustedProxies)
            {
                headers.KnownProxies.Add(IPAddress.Parse(proxy));
            }
        });
        return services;
    }

    public static void UseTrustedProxies(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<AddressOptions>>().Value.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    private static bool IsWebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address is { Query: "", Fragment: "" };
}
