namespace LiveClip.Tests.Support;

/// <summary>A folder of its own for one test, gone with it.</summary>
public sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("liveclip-test-");

    public string FullPath => _folder.FullName;

    public string File(string name) => Path.Combine(FullPath, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
