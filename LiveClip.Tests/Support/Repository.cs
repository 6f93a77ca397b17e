namespace LiveClip.Tests.Support;

/// <summary>Where the sources and the built server are, seen from the built tests.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The server in its own output folder: what the test's output has of it is only a copy, without the list of static web assets.
    /// </summary>
    public static string WebProgram
    {
        get
        {
            var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            var built = Path.Combine(Root, "LiveClip.Web", "bin", framework.Parent!.Name, framework.Name, "LiveClip.Web.dll");
            return File.Exists(built) ? built : Path.Combine(AppContext.BaseDirectory, "LiveClip.Web.dll");
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LiveClip.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException($"No LiveClip.sln above {AppContext.BaseDirectory}");
    }
}
