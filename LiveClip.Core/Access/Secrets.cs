using System.Buffers.Text;
using System.Security.Cryptography;

namespace LiveClip.Core.Access;

/// <summary>Random names and secrets out of the system's generator.</summary>
public static class Secrets
{
    /// <summary>That many hexadecimal digits, four random bits each.</summary>
    public static string Hex(int digits) => RandomNumberGenerator.GetHexString(digits, lowercase: true);

    /// <summary>22 characters that are safe in an address: 128 random bits.</summary>
    public static string Slug() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
}
