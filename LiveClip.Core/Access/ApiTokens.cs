using System.Security.Cryptography;
using System.Text;
using LiveClip.Core.Catalog;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Access;

/// <summary>Makes and checks API tokens. A secret is shown once and kept as a hash only.</summary>
public sealed class ApiTokens(IDbContextFactory<CatalogDbContext> contexts, CatalogWriter catalog, TimeProvider time)
{
    private static readonly byte[] NoSecret = SHA256.HashData([]);

    public async Task<(string Id, string Secret)> CreateAsync(CancellationToken cancellationToken)
    {
        var (id, secret) = (Guid.NewGuid().ToString(), Secrets.Hex(32));
        await StoreAsync(id, secret, cancellationToken);
        return (id, secret);
    }

    public Task StoreAsync(string id, string secret, CancellationToken cancellationToken) => catalog.WriteAsync(
        context =>
        {
            context.ApiTokens.Add(new ApiToken { Id = id, SecretHash = Hash(secret), CreatedAt = time.GetUtcNow() });
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>True when the secret is the token's; takes as long for an unknown id as for a wrong secret.</summary>
    public async Task<bool> VerifyAsync(string id, string secret, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var token = await context.ApiTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, cancellationToken);
        var matches = CryptographicOperations.FixedTimeEquals(token?.SecretHash ?? NoSecret, Hash(secret));
        return matches && token is not null;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
