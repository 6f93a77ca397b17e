using LiveClip.Core;
using LiveClip.Core.Upkeep;

namespace LiveClip.Web.Hosting;

/// <summary><c>check [--repair] DIRECTORY</c>: verifies a data directory and says what it finds, one line each.</summary>
internal static class CheckCommand
{
    private const int Clean = 0;
    private const int Found = 1;
    private const int Cannot = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var repair = arguments.Contains("--repair");
        if (arguments.Where(argument => argument != "--repair").ToList() is not [var name] || name.StartsWith('-'))
        {
            return await RefuseAsync("check [--repair] DIRECTORY");
        }

        var directory = Path.GetFullPath(name);
        if (!File.Exists(Path.Combine(directory, "liveclip.db")))
        {
            return await RefuseAsync($"{directory} is no data directory of LiveClip: there is no liveclip.db.");
        }

        await using var services = Build(directory);
        try
        {
            services.GetRequiredService<DataDirectoryLock>().Take();
            return await CheckAsync(services.GetRequiredService<DataCheck>(), repair);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return await RefuseAsync(error.Message);
        }
    }

    private static async Task<int> CheckAsync(DataCheck check, bool repair)
    {
        if (!await check.IsCurrentAsync(CancellationToken.None))
        {
            return await RefuseAsync("The data directory is of an older version. Start this version's server on it once.");
        }

        var report = await check.RunAsync(repair, CancellationToken.None);
        foreach (var finding in report.Findings)
        {
            Console.WriteLine(finding);
        }

        var found = report.Findings.Count == 0
            ? "nothing found"
            : $"{report.Findings.Count} findings, {report.Findings.Count(finding => finding.IsMended)} of them mended";
        Console.WriteLine($"{report.Recordings} recordings with {report.Segments} segments, {report.Clips} clips: {found}.");
        if (report.Refusal is { } refusal)
        {
            await Console.Error.WriteLineAsync($"{refusal}.");
        }

        return report.IsClean ? Clean : Found;
    }

    private static ServiceProvider Build(string directory)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("LiveClip:DataDirectory", directory)])
            .Build();
        return new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(configuration).AddLiveClip(configuration)
            .BuildServiceProvider();
    }

    private static async Task<int> RefuseAsync(string reason)
    {
        await Console.Error.WriteLineAsync(reason);
        return Cannot;
    }
}
