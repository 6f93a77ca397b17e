using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LiveClip.Web.Api;

/// <summary>The envelope of every answer that worked.</summary>
public sealed record ApiResponse<T>(
    T? Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ApiPagination? Pagination = null)
{
    [JsonPropertyOrder(-1)]
    public bool Success => true;
}

public sealed record ApiPagination(int TotalRecords, int CurrentOffset, int OffsetCount);

/// <summary>The envelope of every answer that did not.</summary>
public sealed record ApiErrorResponse(ApiError Error)
{
    [JsonPropertyOrder(-1)]
    public bool Success => false;
}

public sealed record ApiError(
    int Code,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ApiFieldError>? Fields = null);

public sealed record ApiFieldError(string Field, string Message);

/// <summary>Answers in the API's shapes.</summary>
internal static class ApiResults
{
    public static JsonHttpResult<ApiResponse<T>> Ok<T>(T data, ApiPagination? pagination = null) =>
        TypedResults.Json(new ApiResponse<T>(data, pagination));

    public static JsonHttpResult<ApiResponse<T>> Created<T>(T data) =>
        TypedResults.Json(new ApiResponse<T>(data), statusCode: StatusCodes.Status201Created);

    public static JsonHttpResult<ApiErrorResponse> Error(
        int status, string message, string? description = null, params IReadOnlyList<ApiFieldError> fields) =>
        TypedResults.Json(
            new ApiErrorResponse(new ApiError(status, message, description, fields.Count > 0 ? fields : null)), statusCode: status);

    public static JsonHttpResult<ApiErrorResponse> NotFound(string message) => Error(StatusCodes.Status404NotFound, message);

    public static JsonHttpResult<ApiErrorResponse> Invalid(params IReadOnlyList<ApiFieldError> fields) =>
        Error(StatusCodes.Status422UnprocessableEntity, "payload validation failed", null, fields);
}
