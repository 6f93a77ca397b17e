namespace LiveClip.Core.Access;

/// <summary>
/// Section <c>LiveClip:Bootstrap</c>: the first admin and API token, for containers and tests. Each value may stand in a file instead,
/// named by the key with <c>File</c> at its end; then no secret stands in the environment.
/// </summary>
public sealed class BootstrapOptions
{
    public string? AdminEmail { get; init; }

    public string? AdminEmailFile { get; init; }

    public string? AdminPassword { get; init; }

    public string? AdminPasswordFile { get; init; }

    public string? TokenId { get; init; }

    public string? TokenIdFile { get; init; }

    public string? TokenSecret { get; init; }

    public string? TokenSecretFile { get; init; }

    /// <summary>E-mail and password; null unless both are there.</summary>
    public (string Email, string Password)? Admin() => Pair(AdminEmail, AdminEmailFile, AdminPassword, AdminPasswordFile);

    /// <summary>Id and secret; null unless both are there.</summary>
    public (string Id, string Secret)? Token() => Pair(TokenId, TokenIdFile, TokenSecret, TokenSecretFile);

    private static (string First, string Second)? Pair(string? first, string? firstFile, string? second, string? secondFile) =>
        Read(first, firstFile) is { } one && Read(second, secondFile) is { } two ? (one, two) : null;

    private static string? Read(string? value, string? file)
    {
        var read = string.IsNullOrEmpty(file) ? value : File.ReadAllText(file).Trim();
        return string.IsNullOrEmpty(read) ? null : read;
    }
}
