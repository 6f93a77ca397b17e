using System.Text.RegularExpressions;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.House;

/// <summary>
/// Who may use whom: each folder knows only the steps below it. The table of docs/house.md, which the compiler does not keep.
/// A folder that is not there yet costs nothing.
/// </summary>
public partial class FolderRulesTests
{
    private const string Core = "LiveClip.Core";
    private const string Web = "LiveClip.Web";

    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Samples"] = [],
        ["Ffmpeg"] = [],
        ["Changes"] = [],
        ["Catalog"] = [],
        ["Hls"] = [],
        ["Mp4"] = ["Samples"],
        ["Rtmp"] = ["Samples"],
        ["OnAir"] = ["Samples", "Changes"],
        ["Ingest"] = ["Rtmp", "OnAir", "Catalog", "Samples"],
        ["Live"] = ["OnAir", "Mp4", "Samples", "Hls", "Catalog"],
        ["Storage"] = ["Live", "Changes"],
        ["Recordings"] = ["Storage", "Live", "OnAir", "Mp4", "Samples", "Catalog", "Changes", "Hls"],
        ["Health"] = ["Live", "OnAir", "Catalog"],
        ["Clips"] = ["Recordings", "Storage", "Live", "Mp4", "Samples", "Ffmpeg", "Catalog", "Changes", "Hls"],
        ["Images"] = ["Clips", "Recordings", "Samples", "Ffmpeg"],
        ["Upkeep"] = ["Clips", "Recordings", "Mp4", "Samples", "Catalog"],
        ["Access"] = ["Catalog", "Changes"],
        ["Demo"] = ["Ingest", "Rtmp", "Ffmpeg", "Access", "Catalog"],
    };

    private static readonly string[] WebMayUse =
        ["Catalog", "Access", "Ingest", "OnAir", "Live", "Storage", "Recordings", "Health", "Clips", "Images", "Changes", "Demo", "Upkeep"];

    /// <summary>Three doors to the same services, none of which goes through another.</summary>
    private static readonly string[] WebDoors = ["Components/Pages", "Api", "Hubs"];

    public static TheoryData<string> CoreFolders() => [.. Folders(Core)];

    [Theory]
    [MemberData(nameof(CoreFolders))]
    public void A_folder_of_Core_uses_only_the_steps_below_it(string folder)
    {
        Assert.True(MayUse.ContainsKey(folder), $"{Core}/{folder} is not in the table of who may use whom");

        Offences.None(
            from file in Sources($"{Core}/{folder}")
            from used in UsedFolders(file.Text, Core)
            where used != folder && !MayUse[folder].Contains(used)
            select $"{file.Path} uses {used}");
    }

    [Fact]
    public void Web_uses_Core_from_the_top_of_the_stair_only() => Offences.None(
        from file in Sources(Web)
        from used in UsedFolders(file.Text, Core)
        where !WebMayUse.Contains(used)
        select $"{file.Path} uses {used}");

    [Fact]
    public void Pages_Api_and_Hubs_do_not_use_each_other() => Offences.None(
        from door in WebDoors
        from file in Sources($"{Web}/{door}")
        from other in WebDoors
        where other != door && Mentions(file.Text, $"{Web}.{other.Replace('/', '.')}")
        select $"{file.Path} uses {other}");

    [Fact]
    public void Core_uses_nothing_of_Web() => Offences.None(
        from file in Sources(Core)
        where Mentions(file.Text, Web)
        select file.Path);

    [Theory]
    [InlineData(Core)]
    [InlineData(Web)]
    [InlineData("LiveClip.Tests")]
    public void A_namespace_is_a_folder(string project) => Offences.None(
        from file in Sources(project)
        where file.Path.EndsWith(".cs", StringComparison.Ordinal)
        let declared = Namespace().Match(file.Text)
        where declared.Success && declared.Groups["name"].Value != Path.GetDirectoryName(file.Path)!.Replace('/', '.')
        select $"{file.Path} declares {declared.Groups["name"].Value}");

    [Fact]
    public void No_using_of_our_own_is_global_but_for_those_of_the_components() => Offences.None(
        from project in new[] { Core, Web }
        from file in Sources(project)
        where GlobalUsing().IsMatch(file.Text)
        select file.Path);

    [Theory]
    [InlineData("using LiveClip.Core.Mp4;", "Mp4")]
    [InlineData("using static LiveClip.Core.Mp4.BoxType;", "Mp4")]
    [InlineData("using Box = LiveClip.Core.Mp4.BoxType;", "Mp4")]
    [InlineData("@using LiveClip.Core.Hls", "Hls")]
    [InlineData("@inject LiveClip.Core.Clips.ClipQueue Queue", "Clips")]
    [InlineData("var type = global::LiveClip.Core.Rtmp.RtmpMessage.Empty;", "Rtmp")]
    [InlineData("var type = Core.Rtmp.RtmpMessage.Empty;", "Rtmp")]
    [InlineData("namespace LiveClip.Core.Mp4;", null)]
    [InlineData("using LiveClip.Core;", null)]
    public void A_use_is_seen_however_it_is_written(string line, string? folder) =>
        Assert.Equal(folder is null ? [] : [folder], UsedFolders(line, Core));

    private static IEnumerable<string> Folders(string project) =>
        Directory.EnumerateDirectories(Path.Combine(Repository.Root, project))
            .Select(folder => Path.GetFileName(folder))
            .Where(folder => folder is not ("bin" or "obj"))
            .Order();

    private static IEnumerable<(string Path, string Text)> Sources(string folder)
    {
        var root = Path.Combine(Repository.Root, folder);
        return Directory.Exists(root)
            ? from file in Directory.EnumerateFiles(root, "*.*", SearchOption.AllDirectories)
              let path = Path.GetRelativePath(Repository.Root, file)
              where Path.GetExtension(path) is ".cs" or ".razor" && !BuildOutput().IsMatch(path)
              select (path, File.ReadAllText(file))
            : [];
    }

    /// <summary>Namespaces directly below one of ours, also where a type is named in full; but not the file's own declaration.</summary>
    private static IEnumerable<string> UsedFolders(string text, string project) =>
        (from match in Use().Matches(Namespace().Replace(text, ""))
         where $"LiveClip.{match.Groups["project"].Value}" == project
         select match.Groups["folder"].Value).Distinct();

    private static bool Mentions(string text, string name) =>
        Regex.IsMatch(Namespace().Replace(text, ""), $@"(?<![\w.]){Regex.Escape(name)}\b");

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // Below LiveClip's own namespaces, Core.Mp4.BoxType means LiveClip.Core.Mp4.BoxType.
    [GeneratedRegex(@"(?<![\w.])(global::)?(LiveClip\.)?(?<project>Core|Web)\.(?<folder>[A-Z]\w+)")]
    private static partial Regex Use();

    [GeneratedRegex(@"^\s*global\s+using\s+(static\s+)?LiveClip", RegexOptions.Multiline)]
    private static partial Regex GlobalUsing();

    [GeneratedRegex(@"/(bin|obj|node_modules)/")]
    private static partial Regex BuildOutput();
}
