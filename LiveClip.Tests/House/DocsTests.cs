using System.Text.RegularExpressions;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.House;

/// <summary>What README and docs/ say of files is so.</summary>
public partial class DocsTests
{
    /// <summary>What a newcomer reads, in this order; README says it.</summary>
    private static readonly string[] ReadingList =
    [
        "LiveClip.Web/Program.cs",
        "LiveClip.Core/LiveClipServices.cs",
        "LiveClip.Core/Ingest/RtmpIngestHandler.cs",
        "LiveClip.Core/OnAir/Broadcast.cs",
        "LiveClip.Core/Recordings/Recorder.cs",
        "LiveClip.Core/Clips/CutPlanner.cs",
        "LiveClip.Web/Components/Pages/Studio.razor",
    ];

    private static readonly string[] MadeByRunning = ["data/", "./data", ".publish/"];

    public static TheoryData<string> Documents()
    {
        var docs = Path.Combine(Repository.Root, "docs");
        var pages = Directory.Exists(docs) ? Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories) : [];
        return ["README.md", .. pages.Select(page => Path.GetRelativePath(Repository.Root, page)).Order()];
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_file_that_a_document_names_exists(string document)
    {
        var text = Read(document);
        var folder = Path.GetDirectoryName(document)!;

        Offences.None(
            from path in NamedInBackticks(text)
            where !MadeByRunning.Contains(path)
            where !new[] { "", folder, "LiveClip.Core", "LiveClip.Web", "LiveClip.Tests" }.Any(start => Exists(start, path))
            select $"{document}: `{path}`");
        Offences.None(
            from path in Links(text)
            where !Exists(folder, path)
            select $"{document}: ({path})");
    }

    [Fact]
    public void README_tells_a_newcomer_what_to_read_and_in_which_order()
    {
        var text = Read("README.md");
        var places = ReadingList.Select(file => (File: file, At: Place(text, file))).ToList();

        Assert.All(places, place => Assert.True(place.At >= 0, $"README.md does not name {place.File}"));
        Assert.Equal(places.OrderBy(place => place.At), places);
    }

    [Theory]
    [InlineData("Start with `LiveClip.Web/Program.cs`.", "LiveClip.Web/Program.cs")]
    [InlineData("`./run --lan` listens", "./run")]
    [InlineData("`docs/house.md`", "docs/house.md")]
    [InlineData("`Clips/CutPlanner.cs`", "Clips/CutPlanner.cs")]
    [InlineData("`deploy/`", "deploy/")]
    [InlineData("the setting `LiveClip:DataDirectory`", null)]
    [InlineData("`GET /v1/live/streams`, `/hubs/live`", null)]
    [InlineData("`rtmp://localhost:1935/live`", null)]
    [InlineData("`recordings/{recordingId}/init.mp4`", null)]
    [InlineData("`application/json`", null)]
    public void A_path_is_known_from_other_words_in_backticks(string text, string? path) =>
        Assert.Equal(path is null ? [] : [path], NamedInBackticks(text));

    private static string Read(string document)
    {
        var file = Path.Combine(Repository.Root, document);
        Assert.True(File.Exists(file), $"{document} is missing");
        return File.ReadAllText(file);
    }

    private static bool Exists(string folder, string path) => Path.Exists(Path.Combine(Repository.Root, folder, path));

    private static int Place(string text, string file)
    {
        var shorter = file.Replace("LiveClip.Core/", "", StringComparison.Ordinal);
        return text.IndexOf(shorter, StringComparison.Ordinal);
    }

    private static IEnumerable<string> NamedInBackticks(string text) =>
        Backticks().Matches(WithoutBlocks(text)).Select(match => match.Groups["path"].Value).Distinct();

    private static IEnumerable<string> Links(string text) =>
        Link().Matches(WithoutBlocks(text)).Select(match => match.Groups["path"].Value).Distinct();

    /// <summary>Blocks show commands and answers, whose paths may be anywhere.</summary>
    private static string WithoutBlocks(string text) => Block().Replace(text, "");

    // A path of ours has a slash and ends in a slash or a file's extension, or begins with ./ ; what begins with a slash is an address.
    [GeneratedRegex(@"`(?<path>\./[\w.-]+|[\w.-]+(/[\w.-]+)*/|[\w.-]+(/[\w.-]+)*\.(cs|razor|md|json|sln|props|targets|ts|css|sh|yml|csproj))(?=[ `])")]
    private static partial Regex Backticks();

    [GeneratedRegex(@"\]\((?![a-z]+:|#|/)(?<path>[^)#\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
