using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace LiveClip.Core.Access;

/// <summary>Who may do what. Every page, endpoint and hub method names one of these or is anonymous on purpose; all else is denied.</summary>
public static class Policies
{
    public const string Watch = nameof(Watch);
    public const string Clip = nameof(Clip);
    public const string Review = nameof(Review);
    public const string ManageStreams = nameof(ManageStreams);
    public const string Admin = nameof(Admin);

    /// <summary>The doors of other programs: HTTP Basic with an API token, never a cookie.</summary>
    public const string Api = nameof(Api);

    public static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddAuthorizationBuilder()
            .AddPolicy(Watch, Needs(Roles.Viewer, Roles.Producer, Roles.Editor, Roles.Admin))
            .AddPolicy(Clip, Needs(Roles.Producer, Roles.Editor, Roles.Admin))
            .AddPolicy(Review, Needs(Roles.Editor, Roles.Admin))
            .AddPolicy(ManageStreams, Needs(Roles.Admin))
            .AddPolicy(Admin, Needs(Roles.Admin))
            .AddPolicy(Api, policy => policy.AddAuthenticationSchemes(BasicAuthentication.SchemeName).RequireAuthenticatedUser())
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build());
        return services;
    }

    private static Action<AuthorizationPolicyBuilder> Needs(params string[] roles) =>
        policy => policy.RequireAuthenticatedUser().RequireRole(roles);
}

/// <summary>The kinds of people; each may do all that the one before may.</summary>
public static class Roles
{
    public const string Viewer = nameof(Viewer);
    public const string Producer = nameof(Producer);
    public const string Editor = nameof(Editor);
    public const string Admin = nameof(Admin);

    public static readonly IReadOnlyList<string> All = [Viewer, Producer, Editor, Admin];
}
