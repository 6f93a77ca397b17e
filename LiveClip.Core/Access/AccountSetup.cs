using LiveClip.Core.Catalog;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveClip.Core.Access;

/// <summary>Makes the first admin and the first API token; afterwards it makes nothing any more.</summary>
public sealed class AccountSetup(
    IServiceScopeFactory scopes, IDbContextFactory<CatalogDbContext> contexts, ApiTokens tokens, SetupLink link) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);

    public async Task<bool> HasAdminAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await (from role in context.Roles
                      join member in context.UserRoles on role.Id equals member.RoleId
                      where role.Name == Roles.Admin
                      select member).AnyAsync(cancellationToken);
    }

    /// <summary>True while the setup form of this code may be shown.</summary>
    public async Task<bool> IsOpenAsync(string? code, CancellationToken cancellationToken) =>
        link.IsValid(code) && !await HasAdminAsync(cancellationToken);

    /// <summary>Uses the setup link up and makes the admin and a token; a wrong e-mail or password leaves the link good.</summary>
    public async Task<SetupAnswer> UseLinkAsync(string? code, string email, string password, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!await IsOpenAsync(code, cancellationToken))
            {
                return new SetupAnswer(null, null, []);
            }

            var (user, faults) = await CreateAdminAsync(email, password);
            if (user is null)
            {
                return new SetupAnswer(null, null, faults);
            }

            link.TryUse(code);
            return new SetupAnswer(user, await tokens.CreateAsync(cancellationToken), []);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes what the settings name, where there is none yet.</summary>
    /// <exception cref="InvalidOperationException">The e-mail or the password in the settings is not good enough.</exception>
    public async Task BootstrapAsync(BootstrapOptions options, CancellationToken cancellationToken)
    {
        if (options.Admin() is var (email, password) && !await HasAdminAsync(cancellationToken))
        {
            var (user, faults) = await CreateAdminAsync(email, password);
            if (user is null)
            {
                throw new InvalidOperationException($"LiveClip:Bootstrap:AdminEmail, AdminPassword: {string.Join(' ', faults)}");
            }
        }

        if (options.Token() is var (id, secret) && !await HasTokenAsync(cancellationToken))
        {
            await tokens.StoreAsync(id, secret, cancellationToken);
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<bool> HasTokenAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiTokens.AnyAsync(cancellationToken);
    }

    private async Task<(IdentityUser? User, IReadOnlyList<string> Faults)> CreateAdminAsync(string email, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var roles = scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole>>();
        foreach (var role in Roles.All)
        {
            if (!await roles.RoleExistsAsync(role))
            {
                await roles.CreateAsync(new IdentityRole(role));
            }
        }

        var users = scope.ServiceProvider.GetRequiredService<UserManager<IdentityUser>>();
        var user = new IdentityUser { UserName = email, Email = email, EmailConfirmed = true, LockoutEnabled = true };
        var created = await users.CreateAsync(user, password);
        if (created.Succeeded)
        {
            created = await users.AddToRoleAsync(user, Roles.Admin);
        }

        return created.Succeeded ? (user, []) : (null, [.. created.Errors.Select(error => error.Description).Distinct()]);
    }
}

/// <summary>What came of the setup form: an admin and a token, or faults to be mended, or neither where the link is no longer good.</summary>
public sealed record SetupAnswer(IdentityUser? User, (string Id, string Secret)? Token, IReadOnlyList<string> Faults);
