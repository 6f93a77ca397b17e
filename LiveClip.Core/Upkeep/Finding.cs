using LiveClip.Core.Catalog;

namespace LiveClip.Core.Upkeep;

/// <summary>One thing in a data directory that is not as it should be.</summary>
/// <param name="File">Relative to the data directory.</param>
/// <param name="Byte">Where in the file; null when it is about the whole of it.</param>
public sealed record Finding(string File, long? Byte, string What)
{
    /// <summary>A repair has set it right.</summary>
    public bool IsMended { get; internal set; }

    /// <summary>What sets it right, files first; null when nothing safe does.</summary>
    internal Func<CatalogDbContext, Task>? Mend { get; init; }

    /// <summary>Mending it takes a row out of the catalog.</summary>
    internal bool TakesRow { get; init; }

    /// <summary>Mending it takes a file away from its name.</summary>
    internal bool TakesFile { get; init; }

    public override string ToString() => $"{File}{(Byte is { } place ? $" at byte {place}" : "")}: {What}{(IsMended ? " (mended)" : "")}";
}

/// <summary>What a check has looked at, and what it has found.</summary>
/// <param name="Refusal">Why nothing was mended although that was asked for; null when there was no reason.</param>
public sealed record CheckReport(int Recordings, int Segments, int Clips, IReadOnlyList<Finding> Findings, string? Refusal)
{
    public bool IsClean => Findings.All(finding => finding.IsMended);
}
