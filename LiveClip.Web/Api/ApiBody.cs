using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveClip.Web.Api;

/// <summary>Reads a request's JSON so that what is wrong with it is answered in the API's shape, with the field named.</summary>
internal static class ApiBody
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>The body, or the answer that says what is wrong with it.</summary>
    public static async Task<(T? Body, IResult? Error)> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class
    {
        // A form of another site can send anything but this type, with the credentials that a browser may have been asked for.
        if (!request.HasJsonContentType())
        {
            return (null, ApiResults.Error(StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/json"));
        }

        try
        {
            var body = await JsonSerializer.DeserializeAsync<T>(request.Body, Strict, cancellationToken);
            return body is null ? (null, ApiResults.Invalid(new ApiFieldError("body", "must be a JSON object"))) : (body, null);
        }
        catch (JsonException error)
        {
            // The reader's own fault inside: the text is broken, whatever field it broke in.
            if (error.InnerException is JsonException)
            {
                return (null, ApiResults.Invalid(new ApiFieldError("body", "must be a JSON object")));
            }

            var field = error.Path is { Length: > 2 } path ? path[2..] : "body";
            return (null, ApiResults.Invalid(new ApiFieldError(field, "is not of the type that this field has")));
        }
        catch (BadHttpRequestException error)
        {
            return (null, ApiResults.Error(error.StatusCode, error.Message));
        }
    }
}
