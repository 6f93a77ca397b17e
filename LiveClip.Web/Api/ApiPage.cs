using System.Globalization;

namespace LiveClip.Web.Api;

/// <summary>Which part of a list is asked for: pages count from 1, the newest come first.</summary>
internal readonly record struct ApiPage(int Limit, int Offset, bool Descending)
{
    private const int DefaultLimit = 10;
    private const int MaxLimit = 50;

    public int Skip => (Offset - 1) * Limit;

    /// <returns>The answer that names what is wrong; null when all is well.</returns>
    public static IResult? Parse(string? limit, string? offset, string? orderBy, out ApiPage page)
    {
        var faults = new List<ApiFieldError>();
        if (!TryRead(limit, DefaultLimit, out var size) || size > MaxLimit)
        {
            faults.Add(new ApiFieldError("limit", $"must be a number from 1 to {MaxLimit}"));
        }

        if (!TryRead(offset, 1, out var number) || number > int.MaxValue / MaxLimit)
        {
            faults.Add(new ApiFieldError("offset", "must be the number of a page, from 1"));
        }

        if (orderBy is not (null or "asc" or "desc"))
        {
            faults.Add(new ApiFieldError("orderBy", "must be asc or desc"));
        }

        page = new ApiPage(size, number, orderBy != "asc");
        return faults.Count == 0 ? null : ApiResults.Invalid(faults);
    }

    private static bool TryRead(string? text, int byDefault, out int number)
    {
        number = byDefault;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1);
    }
}
