using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveClip.Core.Access;

/// <summary>HTTP Basic (RFC 7617) with an API token's id and secret. Answers 401 in the API's JSON, never a redirect.</summary>
public sealed class BasicAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Basic";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!AuthenticationHeaderValue.TryParse(Request.Headers.Authorization, out var header)
            || !string.Equals(header.Scheme, SchemeName, StringComparison.OrdinalIgnoreCase)
            || !TryDecode(header.Parameter, out var id, out var secret))
        {
            return AuthenticateResult.NoResult();
        }

        if (!await tokens.VerifyAsync(id, secret, Context.RequestAborted))
        {
            return AuthenticateResult.Fail("unauthorized");
        }

        // A token may do what an admin may; scopes narrow it later.
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, id), new Claim(ClaimTypes.Name, id), new Claim(ClaimTypes.Role, Roles.Admin)],
            SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Basic realm=\"LiveClip\", charset=\"UTF-8\"";
        return WriteErrorAsync(StatusCodes.Status401Unauthorized);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        WriteErrorAsync(StatusCodes.Status403Forbidden);

    private Task WriteErrorAsync(int status)
    {
        Response.StatusCode = status;
        return Response.WriteAsJsonAsync(new { success = false, error = new { code = status, message = "unauthorized" } });
    }

    private static bool TryDecode(string? parameter, out string id, out string secret)
    {
        var bytes = new byte[parameter?.Length ?? 0];
        if (Convert.TryFromBase64String(parameter ?? "", bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length) is var pair && pair.IndexOf(':') is > 0 and var colon)
        {
            (id, secret) = (pair[..colon], pair[(colon + 1)..]);
            return true;
        }

        (id, secret) = ("", "");
        return false;
    }
}
