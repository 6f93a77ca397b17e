using System.Security.Cryptography;
using System.Text;

namespace LiveClip.Core.Access;

/// <summary>The one-time way in while no admin exists: a random code, new at each start, good for 24 hours and for one use.</summary>
public sealed class SetupLink(TimeProvider time)
{
    private readonly Lock _gate = new();
    private byte[]? _hash;
    private DateTimeOffset _expires;

    /// <summary>Makes the code that is printed once; any earlier one is void.</summary>
    public string Issue()
    {
        var code = Secrets.Slug();
        lock (_gate)
        {
            (_hash, _expires) = (Hash(code), time.GetUtcNow().AddHours(24));
        }

        return code;
    }

    public bool IsValid(string? code)
    {
        lock (_gate)
        {
            return _hash is not null && time.GetUtcNow() < _expires && CryptographicOperations.FixedTimeEquals(_hash, Hash(code ?? ""));
        }
    }

    /// <summary>True for the first caller with the right code only.</summary>
    public bool TryUse(string? code)
    {
        lock (_gate)
        {
            if (!IsValid(code))
            {
                return false;
            }

            _hash = null;
            return true;
        }
    }

    private static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
