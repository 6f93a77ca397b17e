namespace LiveClip.Core.Catalog;

/// <summary>What another program signs in with by HTTP Basic: an id and a secret, of which only the hash is kept.</summary>
public sealed class ApiToken
{
    public required string Id { get; init; }

    /// <summary>SHA-256 of the secret, which is itself 128 random bits or more.</summary>
    public required byte[] SecretHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
